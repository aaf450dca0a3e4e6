"""What an answer does to a card: whether it counts, and when the word comes again.

One answer a day moves a word that is learnt: five times "easy" within a minute would send it away
for 43 days in place of 8. Steps of minutes are worked through when they are due. Any other answer
is early: it is kept, and moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.learning.calendar import Days
from bot.learning.ports.reviews import Card, Rating, Review, State
from bot.learning.review import scheduling

LEECH = 8  # lapses: such a word costs more time than ten others


def counts(card: Card, at: datetime, days: Days) -> bool:
    """Whether an answer to a card moves it: it is new, its step is due, or its day is there and
    it was not asked on that day yet."""
    if card.last_review is None:
        return True
    if card.state is not State.REVIEW:
        return card.due <= at
    today = days.day(at)
    return days.day(card.last_review) < today and days.day(card.due) <= today


def reviewed(card: Card, rating: Rating, at: datetime, days: Days) -> tuple[Review, Card]:
    """An answer, and the card after it. Raises AnsweredEarlier."""
    counted = counts(card, at, days)
    if counted:
        after = scheduling.answered(card, rating, at, _between(card, at, days))
    elif card.last_review is not None and at < card.last_review:
        raise scheduling.AnsweredEarlier
    else:
        after = card
    review = Review(card.turn, rating, card.state, counted, days.day(at), at)
    return review, replace(after, turn=card.turn + 1)


def prospects(card: Card, at: datetime, days: Days) -> Mapping[Rating, datetime]:
    """When a card is due after each answer that could be given now."""
    return {rating: reviewed(card, rating, at, days)[1].due for rating in Rating}


def is_leech(card: Card) -> bool:
    """Whether a word was forgotten so often that something else should be tried."""
    return card.lapses >= LEECH


def _between(card: Card, at: datetime, days: Days) -> int | None:
    """How many of the person's days lie between the last answer and this one."""
    if card.last_review is None:
        return None
    return max(0, (days.day(at) - days.day(card.last_review)).days)
