"""When a channel is given what."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotError
from bot.learning.day.plan import LATE, Plan, read

BERLIN, TOKYO, NEW_YORK = "Europe/Berlin", "Asia/Tokyo", "America/New_York"


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("08:30 Asia/Tokyo n4 word", Plan(time(8, 30), TOKYO, "n4", "word")),
        ("8:30 sentence N2 asia/tokyo", Plan(time(8, 30), TOKYO, "n2", "sentence")),
        ("0:00", Plan(time(0, 0), BERLIN, "n3", "word")),
        ("23:59 topic", Plan(time(23, 59), BERLIN, "n3", "topic")),
    ],
)
def test_what_is_typed_after_the_time_may_stand_in_any_order(text: str, plan: Plan) -> None:
    """And be left out; it is stored as it would be typed."""
    assert read(text, level="n3", zone_name=BERLIN) == plan
    assert read(str(plan)) == plan


@pytest.mark.parametrize("text", ["24:00", "8", "n4 08:30", "08:30 Asia/Tokio", "08:30 n6"])
def test_what_is_no_plan_is_answered_with_what_to_write(text: str) -> None:
    """Naming what is wrong."""
    with pytest.raises(BotError, match=r"Asia/Tokyo"):
        read(text)


def moment(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("plan", "day", "due"),
    [
        (Plan(time(8, 30), TOKYO, "n5", "word"), "2026-11-28", "2026-11-27T23:30"),
        (Plan(time(8, 30), BERLIN, "n5", "word"), "2026-03-28", "2026-03-28T07:30"),
        # The clocks go from 2:00 to 3:00: half past two is as long after midnight as ever.
        (Plan(time(2, 30), BERLIN, "n5", "word"), "2026-03-29", "2026-03-29T01:30"),
        (Plan(time(8, 30), BERLIN, "n5", "word"), "2026-03-29", "2026-03-29T06:30"),
        # They go from 3:00 back to 2:00: the first half past two.
        (Plan(time(2, 30), BERLIN, "n5", "word"), "2026-10-25", "2026-10-25T00:30"),
        (Plan(time(1, 30), NEW_YORK, "n5", "word"), "2026-11-01", "2026-11-01T05:30"),
    ],
)
def test_it_is_due_when_the_clocks_of_the_channel_say_so(plan: Plan, day: str, due: str) -> None:
    """Once a day, whatever the clocks do."""
    assert plan.moment(date.fromisoformat(day)) == moment(due)


def test_it_is_due_for_a_while_and_then_missed() -> None:
    """Also over midnight."""
    plan = Plan(time(23, 55), TOKYO, "n5", "word")
    day = date(2026, 11, 28)
    at = plan.moment(day)
    assert plan.due(at - timedelta(seconds=1)) is None
    assert plan.due(at) == plan.due(at + LATE) == day
    assert plan.today(at + LATE) == day + timedelta(days=1)
    assert plan.due(at + LATE + timedelta(seconds=1)) is None


@given(
    st.sampled_from([BERLIN, TOKYO, NEW_YORK, "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.dates(date(2000, 1, 3), date(2037, 1, 1)),
)
def test_each_day_has_one_moment_and_they_follow_each_other(zone: str, at: time, day: date) -> None:
    """In every zone, at every time; and the next one is always later than now."""
    plan = Plan(at, zone, "n5", "word")
    today, tomorrow = plan.moment(day), plan.moment(day + timedelta(days=1))
    assert timedelta(hours=0) < tomorrow - today <= timedelta(hours=49)
    assert plan.due(today) == day or plan.moment(day - timedelta(days=1)) >= today - LATE
    assert plan.following(today - timedelta(seconds=1), given=False) <= today
    assert plan.following(today, given=True) > today
