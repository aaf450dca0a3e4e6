"""A person's days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.learning.calendar import DEFAULT_ZONE, ZONE, Days, days_of, zone_named

BERLIN = Days(ZoneInfo("Europe/Berlin"))


def test_a_day_changes_at_four_in_the_morning_there() -> None:
    """To the microsecond."""
    begins = datetime(2026, 7, 2, 2, tzinfo=UTC)  # 4 o'clock in Berlin's summer
    assert BERLIN.day(begins - timedelta(microseconds=1)) == date(2026, 7, 1)
    assert BERLIN.day(begins) == date(2026, 7, 2)
    assert BERLIN.begins(date(2026, 7, 2)) == begins
    assert BERLIN.ends(date(2026, 7, 1)) == begins


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25)])
def test_a_day_may_have_an_hour_less_or_more(day: date, hours: int) -> None:
    """When clocks change in its night; no moment is lost between two days."""
    assert BERLIN.ends(day) - BERLIN.begins(day) == timedelta(hours=hours)
    moment = BERLIN.begins(day)
    while moment < BERLIN.ends(day):
        assert BERLIN.day(moment) == day
        moment += timedelta(minutes=20)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("tokyo", "Asia/Tokyo"),
        ("New York", "America/New_York"),
        ("UTC", "UTC"),
        ("Atlantis", None),
        ("../../etc/passwd", None),
        ("", None),
    ],
)
def test_a_zone_is_known_by_its_name_or_its_city(text: str, name: str | None) -> None:
    """And nothing else is one."""
    assert zone_named(text) == name


def test_who_says_nothing_is_where_most_are() -> None:
    """Also where the zone that was kept is none any more."""
    assert days_of({}).zone.key == DEFAULT_ZONE
    assert days_of({ZONE: "Europe/Berlin"}) == BERLIN
    assert days_of({ZONE: "Nowhere/City"}).zone.key == DEFAULT_ZONE
