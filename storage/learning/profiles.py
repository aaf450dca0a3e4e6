"""`SqlProfiles`: the port ProfileStore: what people say of themselves."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import OptedOut
from storage.database import Database
from storage.learning.schema import MemberSettingRow
from storage.members import is_member
from storage.schema import MemberRow
from storage.writes import upsert


class SqlProfiles:
    """Settings of members. See bot.learning.ports.profiles for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def member_settings(self, platform: str, user_id: str) -> Mapping[str, str]:
        """All of a person's."""
        found = select(MemberSettingRow.key, MemberSettingRow.value).where(
            MemberSettingRow.platform == platform, MemberSettingRow.user_id == user_id
        )
        async with self._database.read() as connection:
            return {row.key: row.value for row in await connection.execute(found)}

    async def set_member_setting(
        self, platform: str, user_id: str, key: str, value: str | None
    ) -> None:
        """Keep it, or forget it; raises OptedOut."""
        async with self._database.write() as connection:
            if value is None:
                await connection.execute(
                    delete(MemberSettingRow).where(
                        and_(
                            MemberSettingRow.platform == platform,
                            MemberSettingRow.user_id == user_id,
                            MemberSettingRow.key == key,
                        )
                    )
                )
                return
            await refuse_opted_out(connection, platform, user_id)
            await connection.execute(
                upsert(connection, MemberSettingRow)
                .values(platform=platform, user_id=user_id, key=key, value=value)
                .on_conflict_do_update(
                    index_elements=["platform", "user_id", "key"], set_={"value": value}
                )
            )


async def refuse_opted_out(connection: AsyncConnection, platform: str, user_id: str) -> None:
    """Raise OptedOut where nothing of this person may be kept; in the transaction that would."""
    wish = select(MemberRow.opted_out_at).where(is_member(platform, user_id))
    if await connection.scalar(wish) is not None:
        raise OptedOut
