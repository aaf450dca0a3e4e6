"""`SqlDays`: the port DayStore: what a group is given each day, and what it looked up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, delete, desc, func, select, update

from bot.messages import ConversationKey
from storage.database import Database
from storage.learning.schema import DailyPostRow, LookedUpRow
from storage.schema import ChannelSettingRow
from storage.writes import upsert


class SqlDays:
    """See bot.learning.ports.days for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def channels_with(
        self, platform: str, setting: str
    ) -> Sequence[tuple[ConversationKey, str]]:
        """The channels that have a setting."""
        row = ChannelSettingRow
        found = (
            select(row.platform, row.workspace, row.channel, row.value)
            .where(row.platform == platform, row.key == setting)
            .order_by(row.workspace, row.channel)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return [(ConversationKey(*row[:3]), row.value) for row in rows]

    async def claim_day(
        self, conversation: ConversationKey, kind: str, day: date, moment: datetime
    ) -> bool:
        """Note it, unless it is noted."""
        async with self._database.write() as connection:
            claimed = await connection.execute(
                upsert(connection, DailyPostRow)
                .values(
                    platform=conversation.platform,
                    workspace=conversation.workspace,
                    channel=conversation.channel,
                    kind=kind,
                    day=day.isoformat(),
                    what="",
                    claimed_at=moment,
                )
                .on_conflict_do_nothing()
            )
            return claimed.rowcount == 1

    async def given(self, conversation: ConversationKey, kind: str, day: date, what: str) -> None:
        """Note what it was."""
        async with self._database.write() as connection:
            await connection.execute(
                update(DailyPostRow)
                .where(_in(conversation, kind), DailyPostRow.day == day.isoformat())
                .values(what=what)
            )

    async def give_back_day(self, conversation: ConversationKey, kind: str, day: date) -> None:
        """Take the note back."""
        async with self._database.write() as connection:
            await connection.execute(
                delete(DailyPostRow).where(
                    _in(conversation, kind), DailyPostRow.day == day.isoformat()
                )
            )

    async def was_given(self, conversation: ConversationKey, kind: str, day: date) -> bool:
        """Whether it is noted."""
        noted = select(DailyPostRow.day).where(
            _in(conversation, kind), DailyPostRow.day == day.isoformat()
        )
        async with self._database.read() as connection:
            return await connection.scalar(noted) is not None

    async def given_before(
        self, conversation: ConversationKey, kind: str, limit: int
    ) -> Sequence[str]:
        """What was given, the newest first."""
        found = (
            select(DailyPostRow.what)
            .where(_in(conversation, kind), DailyPostRow.what != "")
            .order_by(desc(DailyPostRow.day))
            .limit(limit)
        )
        async with self._database.read() as connection:
            return (await connection.scalars(found)).all()

    async def note_looked_up(self, platform: str, group: str, word: str, day: date) -> None:
        """One more time."""
        async with self._database.write() as connection:
            await connection.execute(
                upsert(connection, LookedUpRow)
                .values(platform=platform, group_id=group, day=day.isoformat(), word=word, times=1)
                .on_conflict_do_update(
                    index_elements=["platform", "group_id", "day", "word"],
                    set_={"times": LookedUpRow.times + 1},
                )
            )

    async def looked_up_since(
        self, platform: str, group: str, day: date, limit: int
    ) -> Sequence[tuple[str, int]]:
        """The words with the sums of their days."""
        times = func.sum(LookedUpRow.times)
        found = (
            select(LookedUpRow.word, times)
            .where(
                LookedUpRow.platform == platform,
                LookedUpRow.group_id == group,
                LookedUpRow.day >= day.isoformat(),
            )
            .group_by(LookedUpRow.word)
            .order_by(desc(times), LookedUpRow.word)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [(word, int(count)) for word, count in await connection.execute(found)]


def _in(conversation: ConversationKey, kind: str) -> ColumnElement[bool]:
    return and_(
        DailyPostRow.platform == conversation.platform,
        DailyPostRow.workspace == conversation.workspace,
        DailyPostRow.channel == conversation.channel,
        DailyPostRow.kind == kind,
    )
