"""When a card comes again: FSRS, as the package fsrs has it, with its default parameters.

Knows cards and moments; no words, no people, no store. The library's fuzz is off: it is drawn from
the global `random`, so that the date on a button would not be the date that comes; and what it is
for, to part cards that were learnt together, takes decks of another size than a group's.

The library counts full 24 hours from one review to the next, so that who reviews each evening,
five minutes earlier than yesterday, has spent no day for it, and their words hardly move on.
`days` says how many of their own days it was; all else is the library's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from bot.errors import BotError
from bot.learning.ports.reviews import Card, Rating, State
from bot.study.study import NoStudy

if TYPE_CHECKING:
    import fsrs


class AnsweredEarlier(BotError):
    """An answer is dated before the one that is there."""

    private = True

    def __init__(self) -> None:
        super().__init__(
            "That answer is older than the last one to this word, so I do not count it.",
            "この回答は、この言葉への前回の回答より前の日時なので、数えません。",
        )


def prepare() -> None:
    """Import the library, which takes 30 ms the first time, and so is done in a thread. Raises
    NoStudy."""
    try:
        _scheduler()
    except ModuleNotFoundError as error:
        raise NoStudy("pip install 'kaiwa[study]'") from error


def answered(card: Card, rating: Rating, at: datetime, days: int | None = None) -> Card:
    """A card after an answer that counts. `at` is aware; `days`: how many of the person's days
    lie between the last answer and this one, None: full 24 hours. Raises AnsweredEarlier."""
    if at.tzinfo is None:
        raise ValueError("a naive moment is no moment: its time zone is not known")
    at = at.astimezone(UTC)  # the library takes no other zone, also where it is the same
    if card.last_review is not None and at < card.last_review:
        raise AnsweredEarlier
    import fsrs

    given = as_library(card)
    if days is not None and given.last_review is not None:
        given.last_review = at - timedelta(days=days)
    after, _ = _scheduler().review_card(given, fsrs.Rating(rating), at)
    forgotten = card.state is State.REVIEW and rating is Rating.AGAIN
    return replace(
        card,
        due=after.due,
        state=State(after.state),
        step=after.step,
        stability=after.stability,
        difficulty=after.difficulty,
        last_review=at,
        introduced_at=card.introduced_at or at,
        lapses=card.lapses + forgotten,
    )


def prospects(card: Card, at: datetime, days: int | None = None) -> Mapping[Rating, Card]:
    """The card after each answer that could be given now."""
    return {rating: answered(card, rating, at, days) for rating in Rating}


def as_library(card: Card) -> fsrs.Card:
    """A card as the library has it. It wants an id of its own, else it sleeps for one."""
    import fsrs

    state = fsrs.State.Learning if card.state is State.NEW else fsrs.State(card.state)
    last = card.last_review
    return fsrs.Card(
        card_id=1,
        state=state,
        step=card.step,
        stability=card.stability,
        difficulty=card.difficulty,
        due=card.due.astimezone(UTC),
        last_review=None if last is None else last.astimezone(UTC),
    )


@cache
def _scheduler() -> fsrs.Scheduler:
    import fsrs

    return fsrs.Scheduler(enable_fuzzing=False)
