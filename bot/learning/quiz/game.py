"""The rules: what comes next in a quiz, from what is kept of it and the time. Pure; no clock, no
store.

A question closes when its time is up, or earlier: where one person alone plays, once they have
answered; in a group shortly after all who answered the one before have answered, and where answers
are typed, for all to read, shortly after the first right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.learning.ports.quizzes import Given, Posed, Standing
from bot.learning.quiz.question import Question

AFTER_ALL = timedelta(seconds=3)  # for who is new
AFTER_RIGHT = timedelta(seconds=5)  # for who was typing
IDLE = 3  # questions that nobody answers, after which nobody plays
MOST_AGAIN = 10  # questions that are asked once more at the end


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a question."""

    position: int


@dataclass(frozen=True, slots=True)
class Extend:
    """It was asked, or was being asked when the process ended: give it its time."""

    position: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happens before this moment, unless somebody answers."""

    position: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Close:
    """Take no more answers."""

    position: int


@dataclass(frozen=True, slots=True)
class Tell:
    """Say what was right, and who was."""

    position: int


@dataclass(frozen=True, slots=True)
class Again:
    """Put what was wrong at the end, once."""

    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class End:
    """Say how it went."""


Next = Ask | Extend | Wait | Close | Tell | Again | End


def next_step(
    standing: Standing, questions: Sequence[Question], now: datetime, *, alone: bool
) -> Next | None:
    """What is to be done; None where the quiz has ended. `alone`: one person plays."""
    if standing.quiz.ended_at is not None:
        return None
    for posed in standing.questions:
        if posed.told_at is not None:
            continue
        if posed.closed_at is not None:
            return Tell(posed.position)
        if posed.asked_at is not None:
            return _open(standing, posed, questions[posed.position], now, alone)
        return End() if _idle(standing, posed.position) else Ask(posed.position)
    wrong = missed(standing, questions)
    if wrong and not any(question.again for question in questions):
        return Again(tuple(wrong[:MOST_AGAIN]))
    return End()


def _open(standing: Standing, posed: Posed, question: Question, now: datetime, alone: bool) -> Next:
    if posed.closes_at is None:
        return Extend(posed.position)
    early = _early(standing, posed.position, question, alone)
    until = posed.closes_at if early is None else min(early, posed.closes_at)
    return Close(posed.position) if now >= until else Wait(posed.position, until)


def _early(standing: Standing, position: int, question: Question, alone: bool) -> datetime | None:
    """When it closes before its time."""
    given = answers_to(standing, position)
    done = [each for each in given if each.right or not question.typed or not each.answer]
    if not done:
        return None
    if alone:
        return max(each.at for each in done)
    if question.typed:
        right = [each.at for each in done if each.right]
        return min(right) + AFTER_RIGHT if right else None
    before = {each.user_id for each in answers_to(standing, position - 1)}
    if before and before <= {each.user_id for each in done}:
        return max(each.at for each in done) + AFTER_ALL
    return None


def _idle(standing: Standing, position: int) -> bool:
    """Whether the last questions before this one were answered by nobody."""
    last = range(position - IDLE, position)
    return position >= IDLE and not any(each.position in last for each in standing.answers)


def answers_to(standing: Standing, position: int) -> list[Given]:
    """The answers to one question, in the order in which they came in."""
    return [each for each in standing.answers if each.position == position]


def missed(standing: Standing, questions: Sequence[Question]) -> list[int]:
    """The questions that somebody got wrong when they were first asked."""
    wrong = {each.position for each in standing.answers if not each.right}
    return [place for place in sorted(wrong) if not questions[place].again]
