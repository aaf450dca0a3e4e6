"""What is kept of one person who learns or votes, over all tables: handed over, counted, forgotten.

A table belongs to a person by its columns `platform` and `user_id`, or hangs on one that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.learning.schema import (
    CardRow,
    DailyPostRow,
    MemberSettingRow,
    MistakeRow,
    QuizAnswerRow,
    QuizRow,
    ReviewRow,
    SavedWordRow,
    WebSessionRow,
)
from storage.schema import Base, ChannelSettingRow, ComparisonRow, ComparisonVoteRow

# What goes with a person, in the order in which it is deleted: what hangs on words before them.
_HANGS_ON_WORDS: tuple[type[Any], ...] = (ReviewRow, CardRow)
_PERSONAL: tuple[type[Any], ...] = (
    *_HANGS_ON_WORDS,
    SavedWordRow,
    QuizAnswerRow,
    MistakeRow,
    MemberSettingRow,
    WebSessionRow,
    ComparisonVoteRow,
)
# A quiz is its group's: who began it is taken off.
_UNNAMED: tuple[type[Any], ...] = (QuizRow,)
# What takes place in a conversation that bears a person's name, as on the web page, is theirs.
_PLACES: tuple[type[Any], ...] = (QuizRow, ChannelSettingRow, DailyPostRow, ComparisonRow)
TABLES = frozenset(row.__tablename__ for row in (*_PERSONAL, *_UNNAMED))
_NOT_HANDED_OVER = {"platform", "user_id", "secret"}  # what logs in stays here


class SqlPersonal:
    """See bot.learning.ports.personal for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def learning_of(
        self, platform: str, user_id: str
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The rows of each table, oldest first."""
        found: dict[str, list[dict[str, Any]]] = {}
        async with self._database.read() as connection:
            for row in (*_PERSONAL, *_UNNAMED):
                columns = [c for c in row.__table__.columns if c.name not in _NOT_HANDED_OVER]
                rows = await connection.execute(
                    select(*columns).where(_whose(row, platform, user_id)).order_by(*_key(row))
                )
                found[row.__tablename__] = [
                    {name: _plain(value) for name, value in each._mapping.items()} for each in rows
                ]
        return {name: rows for name, rows in found.items() if rows}

    async def learning_counts(self, platform: str, user_id: str) -> Mapping[str, int]:
        """How many rows of each table, where there are any."""
        async with self._database.read() as connection:
            return await _counts(connection, platform, user_id)

    async def forget_learning(self, platform: str, user_id: str) -> Mapping[str, int]:
        """Delete all of it in one transaction, and count it there."""
        async with self._database.write() as connection:
            counts = await _counts(connection, platform, user_id)
            for row in _PERSONAL:
                await connection.execute(delete(row).where(_whose(row, platform, user_id)))
            own = 0
            for row in _PLACES:
                gone = await connection.execute(
                    delete(row).where(row.platform == platform, row.channel == user_id)
                )
                own += gone.rowcount
            unnamed = 0
            for row in _UNNAMED:
                taken_off = await connection.execute(
                    update(row).where(_whose(row, platform, user_id)).values(user_id="")
                )
                unnamed += taken_off.rowcount
        if counts or own or unnamed:
            await self._database.scrub(whole=True)
        return counts


async def _counts(connection: AsyncConnection, platform: str, user_id: str) -> dict[str, int]:
    found = {
        row.__tablename__: await connection.scalar(
            select(func.count()).select_from(row).where(_whose(row, platform, user_id))
        )
        for row in _PERSONAL
    }
    return {name: count for name, count in found.items() if count}


def _whose(row: type[Any], platform: str, user_id: str) -> ColumnElement[bool]:
    if row in _HANGS_ON_WORDS:
        return row.word_id.in_(_words(platform, user_id))  # type: ignore[no-any-return]  # any row
    return and_(row.platform == platform, row.user_id == user_id)


def _words(platform: str, user_id: str) -> Select[int]:
    return select(SavedWordRow.id).where(
        SavedWordRow.platform == platform, SavedWordRow.user_id == user_id
    )


def _key(row: type[Base]) -> list[Any]:
    return list(row.__table__.primary_key)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, datetime) else value
