"""What an answer does: one a day moves a word that is learnt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.learning.calendar import Days
from bot.learning.ports.reviews import Card, Rating, Review, State
from bot.learning.review.reviewing import counts, is_leech, prospects, reviewed
from bot.learning.review.scheduling import AnsweredEarlier

TOKYO = Days(ZoneInfo("Asia/Tokyo"))
EVENING = datetime(2026, 4, 1, 21, tzinfo=TOKYO.zone).astimezone(UTC)
MINUTE, HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def give(card: Card, rating: Rating, at: datetime) -> Card:
    """The card after an answer."""
    return reviewed(card, rating, at, TOKYO)[1]


def test_five_times_easy_within_a_minute_count_once() -> None:
    """8 days, not 60; the others are kept as not counted."""
    card, counted = Card(EVENING), []
    for number in range(5):
        review, card = reviewed(card, Rating.EASY, EVENING + number * timedelta(seconds=10), TOKYO)
        counted.append(review.counted)
    assert counted == [True, False, False, False, False]
    assert card.due - EVENING == 8 * A_DAY
    assert card.turn == 5


def test_steps_are_worked_through_on_the_same_day() -> None:
    """Each when it is due; before that an answer is early."""
    card = give(Card(EVENING), Rating.GOOD, EVENING)
    early, same = reviewed(card, Rating.GOOD, EVENING + 9 * MINUTE, TOKYO)
    assert not early.counted and same == replace(card, turn=2)
    later = give(card, Rating.GOOD, EVENING + 10 * MINUTE)
    assert later.state is State.REVIEW


def test_a_learnt_word_counts_from_the_morning_of_its_day() -> None:
    """Once, whether it is remembered or not; the steps after a lapse count as they come due."""
    card = give(give(Card(EVENING), Rating.GOOD, EVENING), Rating.GOOD, EVENING + 10 * MINUTE)
    assert card.due == EVENING + 2 * A_DAY + 10 * MINUTE
    assert not counts(card, EVENING + A_DAY, TOKYO)
    morning = EVENING + 2 * A_DAY - 14 * HOUR
    assert counts(card, morning, TOKYO)
    remembered = give(card, Rating.GOOD, morning)
    assert not counts(remembered, morning + 10 * HOUR, TOKYO)
    lapsed = give(card, Rating.AGAIN, morning)
    assert not counts(lapsed, morning + 9 * MINUTE, TOKYO)
    assert counts(lapsed, morning + 10 * MINUTE, TOKYO)
    assert not counts(give(lapsed, Rating.GOOD, morning + HOUR), morning + 2 * HOUR, TOKYO)


def test_the_morning_after_an_evening_is_a_day_later() -> None:
    """Though it is not 24 hours: it grows as it would at the same hour."""
    card = give(give(Card(EVENING), Rating.AGAIN, EVENING), Rating.EASY, EVENING + MINUTE)
    due = EVENING + MINUTE + (card.due - EVENING - MINUTE)
    assert (
        give(card, Rating.GOOD, due - 12 * HOUR).stability == give(card, Rating.GOOD, due).stability
    )


def test_a_button_says_when_a_word_comes_though_its_answer_would_be_early() -> None:
    """All four dates are the one that it has then."""
    card = give(Card(EVENING), Rating.EASY, EVENING)
    assert set(prospects(card, EVENING + MINUTE, TOKYO).values()) == {card.due}
    due = prospects(card, card.due, TOKYO)
    assert due == {rating: give(card, rating, card.due).due for rating in Rating}
    assert due[Rating.AGAIN] < due[Rating.HARD] < due[Rating.GOOD] < due[Rating.EASY]


def test_an_answer_is_kept_with_what_was_answered() -> None:
    """The turn, the state before, and the person's own day."""
    midnight = EVENING + 4 * HOUR  # one o'clock there
    review, card = reviewed(Card(EVENING, turn=3), Rating.HARD, midnight, TOKYO)
    day = EVENING.astimezone(TOKYO.zone).date()
    assert review == Review(3, Rating.HARD, State.NEW, True, day, midnight)
    assert card.turn == 4


def test_an_answer_before_the_last_one_is_refused() -> None:
    """Also where it would not count."""
    card = give(Card(EVENING), Rating.EASY, EVENING)
    with pytest.raises(AnsweredEarlier):
        reviewed(card, Rating.GOOD, EVENING - MINUTE, TOKYO)


def test_a_leech_is_a_word_that_was_forgotten_eight_times() -> None:
    """By lapses, not by first steps."""
    assert not is_leech(Card(EVENING, lapses=7))
    assert is_leech(Card(EVENING, lapses=8))
