"""`SqlQuizzes`: the port QuizStore. Answers and mistakes are in quiz_answers.py.

A step is claimed by an UPDATE of a column that is NULL: of two that try, one changes a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.learning.ports.quizzes import Given, Posed, Quiz, Standing, Step
from bot.messages import ConversationKey
from storage.learning.profiles import refuse_opted_out
from storage.learning.quiz_answers import AS_GIVEN, SqlQuizAnswers
from storage.learning.schema import QuizAnswerRow, QuizQuestionRow, QuizRow
from storage.writes import upsert

_QUIZ = (
    *(QuizRow.id, QuizRow.platform, QuizRow.workspace, QuizRow.channel, QuizRow.thread),
    *(QuizRow.group_id, QuizRow.user_id, QuizRow.settings, QuizRow.started_at, QuizRow.ended_at),
)
_POSED = (
    *(QuizQuestionRow.position, QuizQuestionRow.entry_id, QuizQuestionRow.question),
    *(QuizQuestionRow.asked_at, QuizQuestionRow.closes_at, QuizQuestionRow.closed_at),
    *(QuizQuestionRow.told_at, QuizQuestionRow.platform_id),
)
_GIVEN = (
    *(QuizAnswerRow.position, QuizAnswerRow.user_id, QuizAnswerRow.name),
    *(QuizAnswerRow.answer, QuizAnswerRow.right, QuizAnswerRow.points),
    QuizAnswerRow.answered_at,
)
_CLAIMED = {Step.ASK: QuizQuestionRow.asked_at, Step.TELL: QuizQuestionRow.told_at}


class SqlQuizzes(SqlQuizAnswers):
    """See bot.learning.ports.quizzes for what the methods promise."""

    async def begin_quiz(
        self,
        conversation: ConversationKey,
        group: str,
        user_id: str,
        settings: str,
        questions: Sequence[tuple[int | None, str]],
        at: datetime,
    ) -> Quiz | None:
        """Keep it with its questions, or nothing."""
        try:
            async with self._database.write() as connection:
                await refuse_opted_out(connection, conversation.platform, user_id)
                added = (
                    insert(QuizRow)
                    .values(
                        **asdict(conversation),
                        group_id=group,
                        user_id=user_id,
                        settings=settings,
                        started_at=at,
                    )
                    .returning(QuizRow.id)
                )
                id = (await connection.execute(added)).scalar_one()
                await _add(connection, id, 0, questions)
        except IntegrityError:  # the index of those that go on
            return None
        return Quiz(id, conversation, group, user_id, settings, at)

    async def open_quizzes(self, platform: str) -> Sequence[Quiz]:
        """By the index of those that go on."""
        return await self._quizzes(
            select(*_QUIZ)
            .where(QuizRow.platform == platform, QuizRow.ended_at.is_(None))
            .order_by(QuizRow.id)
        )

    async def last_quiz(self, conversation: ConversationKey) -> Quiz | None:
        """The newest in a conversation."""
        newest = select(*_QUIZ).where(_here(conversation)).order_by(QuizRow.id.desc()).limit(1)
        return next(iter(await self._quizzes(newest)), None)

    async def _quizzes(self, found: Any) -> Sequence[Quiz]:
        async with self._database.read() as connection:
            return [_quiz(row) for row in await connection.execute(found)]

    async def standing(self, quiz: int) -> Standing | None:
        """In three queries."""
        questions = (
            select(*_POSED)
            .where(QuizQuestionRow.quiz_id == quiz)
            .order_by(QuizQuestionRow.position)
        )
        answers = select(*_GIVEN).where(QuizAnswerRow.quiz_id == quiz).order_by(*AS_GIVEN)
        async with self._database.read() as connection:
            row = (await connection.execute(select(*_QUIZ).where(QuizRow.id == quiz))).first()
            if row is None:
                return None
            return Standing(
                _quiz(row),
                [Posed(*each) for each in await connection.execute(questions)],
                [Given(*each) for each in await connection.execute(answers)],
            )

    async def posed_at(self, conversation: ConversationKey, moment: datetime) -> Posed | None:
        """The newest question that was asked by then, and not closed."""
        found = (
            select(*_POSED)
            .join(QuizRow, QuizRow.id == QuizQuestionRow.quiz_id)
            .where(
                _here(conversation),
                QuizQuestionRow.asked_at <= moment,
                or_(QuizQuestionRow.closed_at.is_(None), QuizQuestionRow.closed_at >= moment),
                or_(QuizRow.ended_at.is_(None), QuizRow.ended_at >= moment),
            )
            .order_by(QuizQuestionRow.asked_at.desc())
            .limit(1)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(found)).first()
        return None if row is None else Posed(*row)

    async def add_questions(
        self, quiz: int, position: int, questions: Sequence[tuple[int | None, str]]
    ) -> bool:
        """All of them or none."""
        there = select(QuizQuestionRow.position).where(
            QuizQuestionRow.quiz_id == quiz, QuizQuestionRow.position >= position
        )
        async with self._database.write() as connection:
            if (await connection.execute(there.limit(1))).first() is not None:
                return False
            await _add(connection, quiz, position, questions)
        return True

    async def claim(self, quiz: int, position: int, step: Step, at: datetime) -> bool:
        """Whether this changed the column."""
        column = _CLAIMED[step]
        change = (
            update(QuizQuestionRow)
            .where(_question(quiz, position), column.is_(None))
            .values({column: at})
        )
        async with self._database.write() as connection:
            return (await connection.execute(change)).rowcount == 1

    async def release(self, quiz: int, position: int, step: Step) -> None:
        """As if nobody had."""
        await self._change(quiz, position, {_CLAIMED[step].key: None})

    async def asked(
        self, quiz: int, position: int, closes_at: datetime, platform_id: str | None = None
    ) -> None:
        """Note it."""
        told = {} if platform_id is None else {"platform_id": platform_id}
        await self._change(quiz, position, {"closes_at": closes_at, **told})

    async def _change(self, quiz: int, position: int, values: dict[str, Any]) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(QuizQuestionRow).where(_question(quiz, position)).values(**values)
            )

    async def end_quiz(self, quiz: int, at: datetime) -> bool:
        """Whether this ended it."""
        ended = update(QuizRow).where(QuizRow.id == quiz, QuizRow.ended_at.is_(None))
        async with self._database.write() as connection:
            return (await connection.execute(ended.values(ended_at=at))).rowcount == 1

    async def reopen_quiz(self, quiz: int) -> None:
        """Where no other has begun there since."""
        try:
            async with self._database.write() as connection:
                await connection.execute(
                    update(QuizRow).where(QuizRow.id == quiz).values(ended_at=None)
                )
        except IntegrityError:
            return


async def _add(
    connection: AsyncConnection,
    quiz: int,
    position: int,
    questions: Sequence[tuple[int | None, str]],
) -> None:
    rows = [
        {"quiz_id": quiz, "position": position + number, "entry_id": entry, "question": text}
        for number, (entry, text) in enumerate(questions)
    ]
    if rows:
        await connection.execute(upsert(connection, QuizQuestionRow), rows)


def _here(key: ConversationKey) -> ColumnElement[bool]:
    return and_(
        QuizRow.platform == key.platform,
        QuizRow.workspace == key.workspace,
        QuizRow.channel == key.channel,
        QuizRow.thread == key.thread,
    )


def _question(quiz: int, position: int) -> ColumnElement[bool]:
    return and_(QuizQuestionRow.quiz_id == quiz, QuizQuestionRow.position == position)


def _quiz(row: Any) -> Quiz:
    id, platform, workspace, channel, thread, *rest = tuple(row)
    return Quiz(id, ConversationKey(platform, workspace, channel, thread), *rest)
