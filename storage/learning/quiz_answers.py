"""What people answered in quizzes, who is best at it, and their mistakes: the rest of the port
QuizStore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.learning.ports.quizzes import LATER, POINTS, Attempt, Mistake, Outcome, Score
from bot.messages import ConversationKey
from storage.database import Database
from storage.learning.schema import MistakeRow, QuizAnswerRow, QuizQuestionRow, QuizRow
from storage.schema import MemberRow
from storage.writes import upsert

AS_GIVEN = (func.coalesce(QuizAnswerRow.sent_at, QuizAnswerRow.answered_at), QuizAnswerRow.id)


class SqlQuizAnswers:
    """See bot.learning.ports.quizzes for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer(self, attempts: Sequence[Attempt]) -> Sequence[Outcome]:
        """All in one transaction."""
        async with self._database.write() as connection:
            return [await _keep(connection, attempt) for attempt in attempts]

    async def close_question(self, quiz: int, position: int, kind: str, at: datetime) -> bool:
        """Closed, and its mistakes written down, at once."""
        here = and_(QuizQuestionRow.quiz_id == quiz, QuizQuestionRow.position == position)
        closing = (
            update(QuizQuestionRow)
            .where(here, QuizQuestionRow.closed_at.is_(None))
            .values(closed_at=at)
            .returning(QuizQuestionRow.entry_id, QuizQuestionRow.question)
        )
        answers = select(QuizAnswerRow).where(
            QuizAnswerRow.quiz_id == quiz, QuizAnswerRow.position == position
        )
        async with self._database.write() as connection:
            closed = (await connection.execute(closing)).first()
            if closed is None:
                return False
            await _settle_points(connection, quiz, position)
            if closed.entry_id is not None:
                group = await connection.scalar(select(QuizRow.group_id).where(QuizRow.id == quiz))
                for row in (await connection.execute(answers)).all():
                    who = (row.platform, row.user_id, closed.entry_id, kind)
                    if row.right:
                        await _mended(connection, who, at)
                    elif not await _opted_out(connection, row.platform, row.user_id):
                        await _mistaken(connection, who, group or "", closed.question, at)
        return True

    async def scores(
        self, conversation: ConversationKey, since: datetime, limit: int
    ) -> Sequence[Score]:
        """By points, then by right answers. The name is the one of the newest answer."""
        points = func.sum(QuizAnswerRow.points)
        right = func.count().filter(QuizAnswerRow.points > 0)
        found = (
            select(QuizAnswerRow.user_id, points, right, func.max(QuizAnswerRow.id))
            .join(QuizRow, QuizRow.id == QuizAnswerRow.quiz_id)
            .where(
                QuizRow.platform == conversation.platform,
                QuizRow.workspace == conversation.workspace,
                QuizRow.channel == conversation.channel,
                QuizAnswerRow.answered_at >= since,
            )
            .group_by(QuizAnswerRow.user_id)
            .order_by(points.desc(), right.desc(), QuizAnswerRow.user_id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
            newest = select(QuizAnswerRow.id, QuizAnswerRow.name).where(
                QuizAnswerRow.id.in_([row[3] for row in rows])
            )
            names = {row.id: row.name for row in await connection.execute(newest)}
        return [Score(row[0], names[row[3]], row[1], row[2]) for row in rows]

    async def quizzes_since(
        self, conversation: ConversationKey, since: datetime
    ) -> Sequence[datetime]:
        """Of the channel and its threads."""
        found = (
            select(QuizRow.started_at)
            .where(
                QuizRow.platform == conversation.platform,
                QuizRow.workspace == conversation.workspace,
                QuizRow.channel == conversation.channel,
                QuizRow.started_at >= since,
            )
            .order_by(QuizRow.started_at)
        )
        async with self._database.read() as connection:
            return (await connection.scalars(found)).all()

    async def mistakes(
        self, platform: str, user_id: str, due: datetime, limit: int
    ) -> Sequence[Mistake]:
        """Those that are due, the oldest first."""
        columns: tuple[Any, ...] = (
            *(MistakeRow.entry_id, MistakeRow.kind, MistakeRow.question),
            *(MistakeRow.times, MistakeRow.due),
        )
        found = (
            select(*columns)
            .where(
                MistakeRow.platform == platform,
                MistakeRow.user_id == user_id,
                MistakeRow.due <= due,
            )
            .order_by(MistakeRow.due, MistakeRow.entry_id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [Mistake(*row) for row in await connection.execute(found)]


async def _keep(connection: AsyncConnection, attempt: Attempt) -> Outcome:
    """What becomes of one answer, behind those that came in before it."""
    if await _opted_out(connection, attempt.platform, attempt.user_id):
        return Outcome.REFUSED
    here = and_(QuizAnswerRow.quiz_id == attempt.quiz, QuizAnswerRow.position == attempt.position)
    mine = and_(here, QuizAnswerRow.user_id == attempt.user_id)
    before = (await connection.execute(select(QuizAnswerRow.right).where(mine))).first()
    if before is not None and (before.right or attempt.final):
        return Outcome.ALREADY
    question = (
        await connection.execute(
            select(QuizQuestionRow.closes_at, QuizQuestionRow.closed_at, QuizQuestionRow.asked_at)
            .where(_of(attempt))
            .with_for_update()
        )
    ).first()
    if question is None or question.asked_at is None or question.closed_at is not None:
        return Outcome.LATE
    if question.closes_at is not None and attempt.at > question.closes_at:
        return Outcome.LATE
    points = 0
    if attempt.right and not attempt.practice:
        others = select(func.count()).where(here, QuizAnswerRow.right)
        place = await connection.scalar(others) or 0
        points = POINTS[min(place, len(POINTS) - 1)]
    if before is not None:  # it takes its place behind those that came in meanwhile
        await connection.execute(delete(QuizAnswerRow).where(mine))
    await connection.execute(
        insert(QuizAnswerRow).values(
            quiz_id=attempt.quiz,
            position=attempt.position,
            platform=attempt.platform,
            user_id=attempt.user_id,
            name=attempt.name,
            answer=attempt.answer,
            right=attempt.right,
            points=points,
            answered_at=attempt.at,
            sent_at=attempt.sent_at,
        )
    )
    return Outcome.COUNTED if attempt.right or attempt.final else Outcome.TRIED


async def _settle_points(connection: AsyncConnection, quiz: int, position: int) -> None:
    """Who was right first is known only now: answers may have overtaken each other on their way.
    What was for practice had no points, and gets none."""
    earning = (
        select(QuizAnswerRow.id)
        .where(
            QuizAnswerRow.quiz_id == quiz,
            QuizAnswerRow.position == position,
            QuizAnswerRow.points > 0,
        )
        .order_by(*AS_GIVEN)
    )
    for place, id in enumerate((await connection.scalars(earning)).all()):
        points = POINTS[min(place, len(POINTS) - 1)]
        await connection.execute(
            update(QuizAnswerRow).where(QuizAnswerRow.id == id).values(points=points)
        )


def _of(attempt: Attempt) -> ColumnElement[bool]:
    return and_(
        QuizQuestionRow.quiz_id == attempt.quiz, QuizQuestionRow.position == attempt.position
    )


async def _opted_out(connection: AsyncConnection, platform: str, user_id: str) -> bool:
    wish = select(MemberRow.opted_out_at).where(
        MemberRow.platform == platform, MemberRow.user_id == user_id
    )
    return await connection.scalar(wish) is not None


Who = tuple[str, str, int, str]  # platform, person, entry, kind


def _is(who: Who) -> ColumnElement[bool]:
    platform, user_id, entry, kind = who
    return and_(
        MistakeRow.platform == platform,
        MistakeRow.user_id == user_id,
        MistakeRow.entry_id == entry,
        MistakeRow.kind == kind,
    )


async def _mended(connection: AsyncConnection, who: Who, at: datetime) -> None:
    await connection.execute(delete(MistakeRow).where(_is(who), MistakeRow.due <= at))


async def _mistaken(
    connection: AsyncConnection, who: Who, group: str, question: str, at: datetime
) -> None:
    platform, user_id, entry, kind = who
    again = {"question": question, "wrong_at": at, "due": at + LATER}
    await connection.execute(
        upsert(connection, MistakeRow)
        .values(
            platform=platform,
            user_id=user_id,
            entry_id=entry,
            kind=kind,
            group_id=group,
            times=1,
            **again,
        )
        .on_conflict_do_update(
            index_elements=["platform", "user_id", "entry_id", "kind"],
            set_={**again, "times": MistakeRow.times + 1},
        )
    )
