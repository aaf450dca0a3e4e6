"""`SqlComparisons`: the port ComparisonStore: settings that were compared, and the votes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, insert, select

from bot.messages import ConversationKey
from bot.ports import Choice, Compared, Tried, Voted
from storage.database import Database
from storage.schema import ComparisonRow, ComparisonVoteRow
from storage.statements import now
from storage.writes import insert_or


class SqlComparisons:
    """Comparisons in a database. See bot.ports.ComparisonStore for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_comparison(
        self, conversation: ConversationKey, first: Tried, second: Tried
    ) -> int:
        """Its id."""
        adding = (
            insert(ComparisonRow)
            .values(
                platform=conversation.platform,
                workspace=conversation.workspace,
                channel=conversation.channel,
                thread=conversation.thread,
                first=json.dumps(dict(first)),
                second=json.dumps(dict(second)),
                compared_at=now(),
            )
            .returning(ComparisonRow.id)
        )
        async with self._database.write() as connection:
            return (await connection.execute(adding)).scalar_one()

    async def vote(
        self,
        conversation: ConversationKey,
        comparison: int,
        platform: str,
        user_id: str,
        choice: Choice,
    ) -> Voted | None:
        """The first vote stays."""
        whose = (
            ComparisonVoteRow.comparison_id == comparison,
            ComparisonVoteRow.platform == platform,
            ComparisonVoteRow.user_id == user_id,
        )
        async with self._database.write() as connection:
            here = select(ComparisonRow.id).where(
                ComparisonRow.id == comparison, _in_channel(conversation)
            )
            if await connection.scalar(here) is None:
                return None
            added = await connection.execute(
                insert_or(connection.dialect.name, ComparisonVoteRow)
                .values(
                    comparison_id=comparison,
                    platform=platform,
                    user_id=user_id,
                    choice=choice,
                    voted_at=now(),
                )
                .on_conflict_do_nothing()
            )
            stored = await connection.scalar(select(ComparisonVoteRow.choice).where(*whose))
        (compared,) = await self._compared(ComparisonRow.id == comparison)
        return Voted(compared, Choice(stored or choice), is_new=bool(added.rowcount))

    async def comparisons(self, conversation: ConversationKey, limit: int) -> Sequence[Compared]:
        """The channel's, with its threads'; the newest first."""
        return await self._compared(_in_channel(conversation), limit)

    async def _compared(self, which: ColumnElement[bool], limit: int = 1) -> Sequence[Compared]:
        newest = (
            select(ComparisonRow.id, ComparisonRow.first, ComparisonRow.second)
            .where(which)
            .order_by(ComparisonRow.id.desc())
            .limit(limit)
        )
        kept = newest.subquery()
        counting = (
            select(ComparisonVoteRow.comparison_id, ComparisonVoteRow.choice, func.count())
            .where(ComparisonVoteRow.comparison_id.in_(select(kept.c.id)))
            .group_by(ComparisonVoteRow.comparison_id, ComparisonVoteRow.choice)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(newest)).all()
            votes: dict[int, Counter[Choice]] = {}
            for id, choice, count in await connection.execute(counting):
                votes.setdefault(id, Counter())[Choice(choice)] = count
        return [
            Compared(json.loads(row.first), json.loads(row.second), votes.get(row.id, Counter()))
            for row in rows
        ]


def _in_channel(conversation: ConversationKey) -> ColumnElement[bool]:
    return and_(
        ComparisonRow.platform == conversation.platform,
        ComparisonRow.workspace == conversation.workspace,
        ComparisonRow.channel == conversation.channel,
    )
