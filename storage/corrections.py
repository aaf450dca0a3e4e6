"""`SqlCorrections`: the port CorrectionStore: how a group reads words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BotError
from bot.ports import Correction
from storage.database import Database
from storage.members import corrected_by, is_member
from storage.schema import MemberRow, ReadingCorrectionRow
from storage.statements import now
from storage.writes import upsert

MOST_CORRECTIONS = 2_000  # of a group: all of them are read for each text

_COLUMNS: tuple[Any, ...] = (
    ReadingCorrectionRow.surface,
    ReadingCorrectionRow.reading,
    ReadingCorrectionRow.user_id,
    ReadingCorrectionRow.created_at,
)


class TooManyCorrections(BotError):
    """A group has as many corrections as are kept of one."""

    def __init__(self) -> None:
        super().__init__(
            f"This group has corrected {MOST_CORRECTIONS:,} readings, and I keep no more. "
            "Undo one that is not needed.",
            f"訂正された読みは{MOST_CORRECTIONS:,}件までです。不要な訂正を取り消してください。",
        )


class SqlCorrections:
    """Corrections in a database. See bot.ports.CorrectionStore for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def corrections(self, platform: str, group: str) -> Mapping[str, Correction]:
        """All of a group's, in one query."""
        found = select(*_COLUMNS).where(_is_in(platform, group))
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return {row.surface: Correction(*row) for row in rows}

    async def correct(
        self, platform: str, group: str, surface: str, reading: str, user_id: str
    ) -> None:
        """Keep it, in place of the one before; raises TooManyCorrections."""
        async with self._database.write() as connection:
            if await _is_full(connection, platform, group, surface):
                raise TooManyCorrections
            wish = exists().where(is_member(platform, user_id), MemberRow.opted_out_at.is_not(None))
            opted_out = await connection.scalar(select(wish))
            values = {
                "reading": reading,
                "user_id": "" if opted_out else user_id,
                "created_at": now(),
            }
            await connection.execute(
                upsert(connection, ReadingCorrectionRow)
                .values(platform=platform, group_id=group, surface=surface, **values)
                .on_conflict_do_update(
                    index_elements=["platform", "group_id", "surface"], set_=values
                )
            )

    async def undo_correction(self, platform: str, group: str, surface: str) -> bool:
        """Forget it, and who set it."""
        here = (_is_in(platform, group), ReadingCorrectionRow.surface == surface)
        async with self._database.write() as connection:
            gone = await connection.execute(delete(ReadingCorrectionRow).where(*here))
        if gone.rowcount:
            await self._database.scrub()
        return bool(gone.rowcount)

    async def corrections_of(self, platform: str, user_id: str) -> Sequence[tuple[str, Correction]]:
        """What a person corrected, oldest first."""
        found = (
            select(ReadingCorrectionRow.group_id, *_COLUMNS)
            .where(corrected_by(platform, user_id))
            .order_by(ReadingCorrectionRow.created_at, ReadingCorrectionRow.surface)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return [(row.group_id, Correction(*row[1:])) for row in rows]


async def _is_full(connection: AsyncConnection, platform: str, group: str, surface: str) -> bool:
    """Whether a correction of this word would be one too many."""
    here = _is_in(platform, group)
    known = exists().where(here, ReadingCorrectionRow.surface == surface)
    if await connection.scalar(select(known)):
        return False
    count = select(func.count()).select_from(ReadingCorrectionRow).where(here)
    return (await connection.scalar(count) or 0) >= MOST_CORRECTIONS


def _is_in(platform: str, group: str) -> ColumnElement[bool]:
    """Which corrections: a group's."""
    here = ReadingCorrectionRow.platform == platform
    return and_(here, ReadingCorrectionRow.group_id == group)
