"""Reviews of saved words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Protocol

from bot.learning.ports.words import SavedWord


class State(IntEnum):
    """How far a word is learnt: FSRS's numbers, and one for what was never asked."""

    NEW = 0
    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


class Rating(IntEnum):
    """How somebody remembered a word: FSRS's numbers."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


@dataclass(frozen=True, slots=True)
class Card:
    """When a word is due, and what FSRS knows of it. `stability` is in days. `introduced_at`: its
    first review; `lapses`: how often it was forgotten. `turn` grows with each answer, and each that
    is undone."""

    due: datetime
    state: State = State.NEW
    step: int | None = 0
    stability: float | None = None
    difficulty: float | None = None
    last_review: datetime | None = None
    introduced_at: datetime | None = None
    lapses: int = 0
    suspended: bool = False
    turn: int = 0


@dataclass(frozen=True, slots=True)
class WordCard:
    """A saved word and its card."""

    word: SavedWord
    card: Card


@dataclass(frozen=True, slots=True)
class Review:
    """An answer. `turn`: the card's that it answers; `state`: the card's before; `counted`: it
    moved the card; `day`: the person's own, see bot.learning.calendar."""

    turn: int
    rating: Rating
    state: State
    counted: bool
    day: date
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How many words wait: `new` ones of which none was asked, those with `learning` steps until
    the day's end, and those `due`; `introduced`: how many were asked for the first time that
    day."""

    new: int
    learning: int
    due: int
    introduced: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one of a person's words stands."""

    entry: int | None
    state: State
    due: datetime
    stability: float | None
    suspended: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a person answered so on a day, where it counted. `state`: the cards' before."""

    day: date
    state: State
    rating: Rating
    times: int


class ReviewStore(Protocol):
    """Cards of saved words and the answers to them. `until` is the end of the person's day: words
    that are learnt are due from the beginning of the day on which they are, steps of minutes from
    the moment `now`. What is suspended is not asked for."""

    async def word_card(self, platform: str, user_id: str, id: int) -> WordCard | None:
        """One of a person's words with its card."""

    async def next_card(
        self, platform: str, user_id: str, *, now: datetime, until: datetime, new: bool
    ) -> WordCard | None:
        """What is to be asked now: steps, then what is due, then, where `new`, a new word."""

    async def next_due(self, platform: str, user_id: str) -> datetime | None:
        """When the first is due of all that was ever asked."""

    async def count_cards(
        self, platform: str, user_id: str, *, until: datetime, day: date
    ) -> Counts:
        """How many wait until the day's end."""

    async def answer_card(
        self, platform: str, user_id: str, id: int, review: Review, after: Card
    ) -> bool:
        """Keep an answer, and the card as it is after it; False where that turn was answered
        already, or the word is gone: nothing is kept then. Raises OptedOut."""

    async def review_of(self, platform: str, user_id: str, id: int, turn: int) -> Review | None:
        """How a turn was answered."""

    async def undo_review(self, platform: str, user_id: str) -> WordCard | None:
        """Take back a person's newest answer; its word, with the card as it was before."""

    async def suspend_card(
        self, platform: str, user_id: str, id: int, suspended: bool
    ) -> WordCard | None:
        """Ask for a word no more, or again."""

    async def troublesome(self, platform: str, user_id: str, lapses: int) -> Sequence[WordCard]:
        """What was forgotten so often or is suspended; the worst first."""

    async def standings(self, platform: str, user_id: str) -> Sequence[Standing]:
        """Where all of a person's words stand."""

    async def tallies(self, platform: str, user_id: str) -> Sequence[Tally]:
        """What a person answered, day by day."""
