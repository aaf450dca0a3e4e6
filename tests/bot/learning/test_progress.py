"""Figures of somebody's words and answers, and the picture of them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bot.learning.calendar import Days
from bot.learning.ports.reviews import Rating, Standing, State, Tally
from bot.learning.progress import AHEAD, BACK, Progress, Stage, progress
from bot.learning.progress_picture import HEIGHT, WIDTH, progress_picture
from bot.study.levels import Level

TOKYO = Days(ZoneInfo("Asia/Tokyo"))
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
TODAY = date(2026, 4, 1)
A_DAY = timedelta(days=1)


def word(
    state: State = State.REVIEW,
    due: datetime = NOW,
    stability: float | None = 5.0,
    *,
    entry: int | None = None,
    suspended: bool = False,
) -> Standing:
    """One of somebody's words."""
    return Standing(entry, state, due, stability, suspended)


def tally(
    ago: int, times: int = 1, rating: Rating = Rating.GOOD, state: State = State.REVIEW
) -> Tally:
    """Answers of some days ago."""
    return Tally(TODAY - ago * A_DAY, state, rating, times)


def of(*standings: Standing, tallies: list[Tally] | None = None) -> Progress:
    """The figures of these."""
    return progress(standings, tallies or [], {1: Level.N5, 2: Level.N1}, NOW, TOKYO)


def test_who_has_nothing_has_figures_too() -> None:
    """All of them nothing."""
    none = of()
    assert (none.words, none.streak, none.retention) == (0, 0, None)
    assert none.due == (0,) * AHEAD and none.answers == (0,) * BACK


def test_words_are_told_apart_by_how_well_they_are_known() -> None:
    """What rests is nothing else; a lapse is learnt anew."""
    found = of(
        word(State.NEW, stability=None),
        word(State.LEARNING),
        word(State.RELEARNING, stability=90.0),
        word(stability=20.9),
        word(stability=21.0),
        word(stability=90.0, suspended=True),
    )
    assert found.words == 6
    assert found.stages == {
        Stage.NEW: 1,
        Stage.LEARNING: 2,
        Stage.REVIEW: 1,
        Stage.KNOWN: 1,
        Stage.SUSPENDED: 1,
    }


def test_words_have_the_levels_of_their_entries() -> None:
    """On no list, or of one's own: none."""
    found = of(word(entry=1), word(entry=1), word(entry=2), word(entry=3), word())
    assert found.levels == {Level.N5: 2, Level.N1: 1, None: 2}


def test_what_is_due_is_counted_by_the_persons_days() -> None:
    """What is overdue comes today; new and resting words, and what comes later, do not count."""
    four = TOKYO.begins(TODAY + A_DAY)
    found = of(
        word(due=NOW - 300 * A_DAY),
        word(State.LEARNING, four - timedelta(seconds=1)),
        word(due=four),
        word(due=four + (AHEAD - 1) * A_DAY - timedelta(seconds=1)),
        word(due=four + (AHEAD - 1) * A_DAY),
        word(State.NEW),
        word(suspended=True),
    )
    assert (found.due[0], found.due[1], found.due[-1]) == (2, 1, 1)
    assert sum(found.due) == 4


def test_retention_is_of_what_was_learnt_and_of_the_last_days() -> None:
    """Steps do not count, nor what is long ago."""
    found = of(
        tallies=[
            tally(0, 3),
            tally(1, 1, Rating.AGAIN),
            tally(1, 9, Rating.AGAIN, State.LEARNING),
            tally(BACK, 9, Rating.AGAIN),
        ]
    )
    assert found.retention == pytest.approx(0.75)
    assert found.answers[-2:] == (10, 3)
    assert sum(found.answers) == 13


@pytest.mark.parametrize(
    ("ago", "streak"),
    [([0], 1), ([1], 1), ([0, 1, 2], 3), ([1, 2], 2), ([0, 2, 3], 1), ([2, 3], 0), ([], 0)],
)
def test_a_streak_goes_to_today_or_yesterday(ago: list[int], streak: int) -> None:
    """Today may still come."""
    assert of(tallies=[tally(each) for each in ago]).streak == streak


@pytest.mark.parametrize("japanese", [False, True])
@pytest.mark.parametrize("words", [0, 1, 9_999])
def test_the_picture_is_as_wide_as_a_phone_and_light(words: int, japanese: bool) -> None:
    """Whatever it shows, nothing is drawn on its edge."""
    some = [
        word(list(State)[number % 4], NOW + number % 40 * A_DAY, float(number), entry=number % 4)
        for number in range(words)
    ]
    picture = progress_picture(of(*some, tallies=[tally(0, 5)]), japanese=japanese)
    image = Image.open(io.BytesIO(picture))
    assert image.size == (WIDTH, HEIGHT)
    edges = [image.crop((0, 0, 16, HEIGHT)), image.crop((WIDTH - 16, 0, WIDTH, HEIGHT))]
    assert all(edge.getcolors() == [(16 * HEIGHT, (255, 255, 255))] for edge in edges)


def test_the_picture_is_in_one_language() -> None:
    """The reader's."""
    some = of(word())
    assert progress_picture(some, japanese=True) != progress_picture(some, japanese=False)
