"""`SqlExpiry`: the port RetentionStore: messages that are older than their channel keeps them.

What that means for each table:

- messages: their rows go, a person's as well as the bot's.
- deleted_messages: gets the bare id of each that was a person's, as of one that was deleted on the
  platform: an edit of it there does not make it a new question.
- replies: the ledger's entry stays, without whose question it was. ratings: go with their reply.
- sent_messages: stay, bare numbers by which a button below an old reply is understood.
- conversations, channel_settings, members, reading_corrections, installations, processes: hold no
  messages, and stay.
- comparisons, comparison_votes: which settings, and who preferred which; they hold no messages,
  and stay.
- what people learn (saved words and their reviews, answers in quizzes, what /me was told): theirs,
  kept until they delete it.

Rows are looked through by id, oldest first, and no further than to the first batch in which none
is too old: that is cheap, and what came in late by catching up goes with its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey, Role
from bot.retention import RETENTION
from storage.database import Database
from storage.schema import (
    ChannelSettingRow,
    ConversationRow,
    DeletedMessageRow,
    MessageRow,
    RatingRow,
    ReplyRow,
    ReplyStatus,
)
from storage.writes import hold_id, insert_or

BATCH = 200  # rows in one transaction


class SqlExpiry:
    """See bot.ports.RetentionStore for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def retentions(self, *, every: bool) -> Sequence[tuple[ConversationKey, str | None]]:
        """Channels and what they set."""
        here = (ConversationRow.platform, ConversationRow.workspace, ConversationRow.channel)
        setting = (ChannelSettingRow.platform, ChannelSettingRow.workspace)
        wishes = select(*setting, ChannelSettingRow.channel, ChannelSettingRow.value).where(
            ChannelSettingRow.key == RETENTION
        )
        async with self._database.read() as connection:
            found: dict[tuple[str, str, str], str | None] = {}
            if every:
                for place in await connection.execute(select(*here).distinct()):
                    found[place[0], place[1], place[2]] = None
            for row in await connection.execute(wishes):
                found[row[0], row[1], row[2]] = row[3]
        return [(ConversationKey(*channel), wish) for channel, wish in found.items()]

    async def expire(self, channel: ConversationKey, before: datetime) -> int:
        """Delete in one conversation of the channel after the other."""
        places = select(ConversationRow.id).where(
            ConversationRow.platform == channel.platform,
            ConversationRow.workspace == channel.workspace,
            ConversationRow.channel == channel.channel,
        )
        async with self._database.read() as connection:
            conversations = (await connection.scalars(places)).all()
        return sum([await self._expire_in(each, before) for each in conversations])

    async def _expire_in(self, conversation: int, before: datetime) -> int:
        count, after = 0, 0
        batch = (
            select(MessageRow.id, MessageRow.created_at)
            .where(MessageRow.conversation_id == conversation)
            .order_by(MessageRow.id)
            .limit(BATCH)
        )
        while True:
            async with self._database.read() as connection:
                rows = (await connection.execute(batch.where(MessageRow.id > after))).all()
            old = [row.id for row in rows if row.created_at < before]
            if not old:
                return count
            async with self._database.write() as connection:
                await hold_id(connection, conversation)
                count += await _delete(connection, old)
            after = rows[-1].id

    async def scrub(self) -> None:
        """Leave nothing of what was deleted in the files."""
        await self._database.scrub(whole=True)


async def _delete(connection: AsyncConnection, ids: Sequence[int]) -> int:
    """Delete those of the messages that nobody is just answering, with what concerns them."""
    writing = select(ReplyRow.trigger_message_id).where(
        ReplyRow.trigger_message_id.in_(ids), ReplyRow.status == ReplyStatus.WRITING
    )
    busy = set((await connection.scalars(writing)).all())
    gone = [each for each in ids if each not in busy]
    theirs = and_(MessageRow.id.in_(gone), MessageRow.role == Role.USER)
    noted = select(MessageRow.conversation_id, MessageRow.platform_id).where(
        theirs, MessageRow.platform_id.is_not(None)
    )
    await connection.execute(
        insert_or(connection.dialect.name, DeletedMessageRow)
        .from_select(["conversation_id", "platform_id"], noted)
        .on_conflict_do_nothing()
    )
    shown = select(ReplyRow.id).where(ReplyRow.message_id.in_(gone))
    replies = (await connection.scalars(shown)).all()
    await connection.execute(delete(RatingRow).where(RatingRow.reply_id.in_(replies)))
    await connection.execute(delete(MessageRow).where(MessageRow.id.in_(gone)))
    nameless = or_(
        ReplyRow.id.in_(replies),
        and_(ReplyRow.trigger_message_id.in_(gone), ReplyRow.message_id.is_(None)),
    )
    await connection.execute(update(ReplyRow).where(nameless).values(asker_id=None))
    return len(gone)
