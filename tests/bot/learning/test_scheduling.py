"""When a card comes again: as the library says, through cards of our own."""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import fsrs
import pytest

from bot.learning.ports.reviews import Card, Rating, State
from bot.learning.review import scheduling
from bot.learning.review.scheduling import AnsweredEarlier, answered, prospects
from bot.study.study import NoStudy

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
A_DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def learnt(*ratings: Rating, at: datetime = NOON) -> Card:
    """A card that was answered whenever it was due."""
    card = Card(at)
    for rating in ratings:
        card = answered(card, rating, card.due)
    return card


def test_dates_are_the_librarys_own() -> None:
    """Whatever is answered whenever."""
    chance = random.Random(1)
    library = fsrs.Scheduler(enable_fuzzing=False)
    for _ in range(50):
        theirs, ours, at = fsrs.Card(card_id=1, due=NOON), Card(NOON), NOON
        for _ in range(12):
            rating = Rating(chance.randint(1, 4))
            theirs, _log = library.review_card(theirs, fsrs.Rating(rating), at)
            ours = answered(ours, rating, at)
            assert (ours.due, ours.stability, ours.difficulty, ours.step, int(ours.state)) == (
                *(theirs.due, theirs.stability, theirs.difficulty, theirs.step),
                int(theirs.state),
            )
            at = theirs.due + chance.choice([0, 1, 5]) * A_DAY * chance.random()


def test_a_buttons_date_is_the_one_that_comes() -> None:
    """However often it is asked: nothing is drawn by chance."""
    card = learnt(Rating.GOOD, Rating.GOOD, Rating.GOOD)
    for rating, after in prospects(card, card.due).items():
        assert answered(card, rating, card.due) == after
        assert answered(card, rating, card.due) == after


def test_a_new_card_has_steps_of_one_and_ten_minutes() -> None:
    """And "easy" is learnt at once."""
    after = prospects(Card(NOON), NOON)
    assert [after[rating].due - NOON for rating in (Rating.AGAIN, Rating.GOOD)] == [
        MINUTE,
        10 * MINUTE,
    ]
    assert after[Rating.EASY].state is State.REVIEW
    assert after[Rating.EASY].due - NOON == 8 * A_DAY
    assert {each.introduced_at for each in after.values()} == {NOON}


def test_a_lapse_is_counted_where_a_word_was_learnt() -> None:
    """Not in its first steps."""
    card = learnt(Rating.AGAIN, Rating.AGAIN, Rating.EASY)
    assert card.lapses == 0
    forgotten = answered(card, Rating.AGAIN, card.due)
    assert (forgotten.lapses, forgotten.state) == (1, State.RELEARNING)
    assert answered(forgotten, Rating.AGAIN, forgotten.due).lapses == 1


def test_a_day_is_a_persons_day_though_it_has_less_than_24_hours() -> None:
    """Who comes five minutes earlier each evening learns as who comes on time."""
    card = learnt(Rating.GOOD, Rating.GOOD)
    early = card.due - 5 * MINUTE
    on_time = answered(card, Rating.GOOD, card.due)
    assert answered(card, Rating.GOOD, early).stability != on_time.stability
    counted = answered(card, Rating.GOOD, early, days=2)
    assert counted.stability == on_time.stability
    assert counted.due == on_time.due - 5 * MINUTE
    assert counted.last_review == early


def test_an_answer_before_the_last_one_is_refused() -> None:
    """The library would take it, and move the date back."""
    card = learnt(Rating.GOOD, Rating.GOOD)
    assert card.last_review is not None
    with pytest.raises(AnsweredEarlier):
        answered(card, Rating.GOOD, card.last_review - timedelta(microseconds=1))
    assert answered(card, Rating.GOOD, card.last_review).last_review == card.last_review


@pytest.mark.parametrize("zone", [ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo"), timezone(timedelta(0))])
def test_a_moment_may_be_of_any_zone(zone: ZoneInfo) -> None:
    """The library takes one object for UTC alone; what is kept is UTC."""
    after = answered(Card(NOON.astimezone(zone)), Rating.GOOD, NOON.astimezone(zone))
    assert after == answered(Card(NOON), Rating.GOOD, NOON)
    assert after.last_review is not None and after.last_review.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused() -> None:
    """It is a mistake of the program's."""
    with pytest.raises(ValueError, match="naive"):
        answered(Card(NOON), Rating.GOOD, NOON.replace(tzinfo=None))


def test_where_the_library_is_missing_it_is_said_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As for all that studying takes."""
    scheduling._scheduler.cache_clear()
    monkeypatch.setitem(sys.modules, "fsrs", None)
    with pytest.raises(NoStudy, match=r"kaiwa\[study\]"):
        scheduling.prepare()
