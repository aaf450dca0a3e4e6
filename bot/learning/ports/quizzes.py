"""Quizzes, their questions and answers, and mistakes.

A quiz is kept so that it can go on after the process ended at any moment: what is about to be said
is claimed before, by one caller alone, and so never said twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.messages import ConversationKey

POINTS = (3, 2, 1)  # of who is right first, second, and after that
# A mistake is asked again from so much later on: another day, at about the same hour or before it.
LATER = timedelta(hours=18)


@dataclass(frozen=True, slots=True)
class Quiz:
    """A quiz in a conversation. `settings`: how it was asked for, as text."""

    id: int
    conversation: ConversationKey
    group: str
    user_id: str
    settings: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody answered to a question, and when it came in; in the order in which they were
    given, by the platform's clock. Points are settled when the question closes. A wrong
    one that may be mended stands until then; an empty one gave up."""

    position: int
    user_id: str
    name: str
    answer: str
    right: bool
    points: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Posed:
    """A question of a quiz as it is kept. `asked_at`: it was claimed to be asked, `platform_id`:
    the message that asks it. No answer counts after `closes_at`, nor from `closed_at` on.
    `told_at`: its result was claimed to be said."""

    position: int
    entry: int | None
    question: str
    asked_at: datetime | None = None
    closes_at: datetime | None = None
    closed_at: datetime | None = None
    told_at: datetime | None = None
    platform_id: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is kept of a quiz."""

    quiz: Quiz
    questions: Sequence[Posed]
    answers: Sequence[Given]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An answer that came in at a moment. `sent_at`: when it was given, as the platform says, which
    decides who was first; None where it does not say. `final`: a person has no other; otherwise a
    wrong one is taken for nothing but the last that they tried. `practice`: it earns no points."""

    quiz: int
    position: int
    platform: str
    user_id: str
    name: str
    answer: str
    right: bool
    final: bool
    at: datetime
    practice: bool = False
    sent_at: datetime | None = None


class Outcome(StrEnum):
    """What becomes of an answer."""

    COUNTED = "counted"
    TRIED = "tried"  # wrong, and there may be another
    ALREADY = "already"  # this person's answer counted before
    LATE = "late"
    REFUSED = "refused"  # of this person nothing may be kept


@dataclass(frozen=True, slots=True)
class Score:
    """How somebody did. `right`: answers that earned points."""

    user_id: str
    name: str
    points: int
    right: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """A question that somebody got wrong. `question` as in `Posed`; `due`: from when it is asked
    again."""

    entry: int
    kind: str
    question: str
    times: int
    due: datetime


class Step(StrEnum):
    """What is said of a question, once."""

    ASK = "ask"
    TELL = "tell"


class QuizStore(Protocol):
    """Quizzes, their questions and answers, and mistakes. In a conversation there is one at a
    time."""

    async def begin_quiz(
        self,
        conversation: ConversationKey,
        group: str,
        user_id: str,
        settings: str,
        questions: Sequence[tuple[int | None, str]],
        at: datetime,
    ) -> Quiz | None:
        """Keep a new quiz; None where another is going on. Raises OptedOut."""

    async def open_quizzes(self, platform: str) -> Sequence[Quiz]:
        """Those that go on, oldest first."""

    async def last_quiz(self, conversation: ConversationKey) -> Quiz | None:
        """The newest in a conversation, whether or not it goes on."""

    async def standing(self, quiz: int) -> Standing | None:
        """All that is kept of a quiz."""

    async def posed_at(self, conversation: ConversationKey, moment: datetime) -> Posed | None:
        """The question that was open in a conversation at a moment."""

    async def add_questions(
        self, quiz: int, position: int, questions: Sequence[tuple[int | None, str]]
    ) -> bool:
        """Put questions at the end, from this position on; False where there are such already."""

    async def claim(self, quiz: int, position: int, step: Step, at: datetime) -> bool:
        """Take it upon oneself to say something; False where somebody did before."""

    async def release(self, quiz: int, position: int, step: Step) -> None:
        """It could not be said after all."""

    async def asked(
        self, quiz: int, position: int, closes_at: datetime, platform_id: str | None = None
    ) -> None:
        """A question was asked, in that message (None: as before); until when answers count."""

    async def answer(self, attempts: Sequence[Attempt]) -> Sequence[Outcome]:
        """Keep what people answered, in the order in which it came in; what becomes of each."""

    async def close_question(self, quiz: int, position: int, kind: str, at: datetime) -> bool:
        """Take no more answers; what was wrong becomes a mistake, and a mistake that was got right
        on a later day goes. False where it was closed before."""

    async def end_quiz(self, quiz: int, at: datetime) -> bool:
        """End a quiz; False where it had ended."""

    async def reopen_quiz(self, quiz: int) -> None:
        """Its end could not be said."""

    async def scores(
        self, conversation: ConversationKey, since: datetime, limit: int
    ) -> Sequence[Score]:
        """Who did best in a channel and its threads since a moment, the best first."""

    async def quizzes_since(
        self, conversation: ConversationKey, since: datetime
    ) -> Sequence[datetime]:
        """When quizzes began in a channel and its threads since a moment, the oldest first."""

    async def mistakes(
        self, platform: str, user_id: str, due: datetime, limit: int
    ) -> Sequence[Mistake]:
        """A person's that are due by then, the oldest first."""
