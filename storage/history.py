"""`SqlHistory`: the port HistoryStore on SQLite or PostgreSQL. See also ledger.py.

It knows SQL and nothing of platforms, prompts or models. Every method is one transaction. A
transaction that writes to a conversation holds it first: on SQLite as the only writer, on
PostgreSQL by the lock on the conversation's row. So look-then-write needs no further guard,
and ids within a conversation grow in the order of its commits.

Of a message that was taken back its bare id stays, by which one that is delivered once more is
known. `add_message` does not look there: whether something is taken in is decided by `known`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey, IncomingMessage, Message, Role
from bot.ports import Known, Stored
from storage.database import Database, last
from storage.exporting import rows_of_conversation
from storage.knowledge import known
from storage.schema import (
    ChannelSettingRow,
    ConversationRow,
    DeletedMessageRow,
    MessageRow,
    ReplyRow,
    ReplyStatus,
    SentMessageRow,
)
from storage.statements import (
    HERE,
    KEY,
    as_history,
    is_at,
    keeps_nothing,
    key_parameters,
    message_at,
    newest,
    newest_said,
    now,
    remembered,
    sent_at,
    settings_of,
    shown_nowhere,
)
from storage.writes import append_here, hold, insert_message, insert_or, upsert

_FIND = select(ConversationRow.id).where(is_at(HERE))
_LARGEST_ID = 2**63 - 1  # what a database can compare an id with


class SqlHistory:
    """Conversations in a database. See bot.ports.HistoryStore for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_message(self, message: IncomingMessage) -> Stored:
        """Store a user's message; a redelivery changes nothing, not even with another text."""
        key = message.conversation
        columns = {
            "role": Role.USER,
            "author_id": message.author_id,
            "author_name": message.author_name,
            "text": message.text,
            "platform_id": message.id,
            "reply_to": message.reply_to,
            "addressed": message.addressed,
            "partial": False,
            "created_at": message.sent_at,
            "taken_by": self._database.holder,
        }
        if message.id != key.thread and not message.opens_thread:  # one statement, mostly
            async with self._database.write() as connection:
                row = await append_here(last(connection), key, **columns)
            if row is not None:
                return Stored(*row, is_new=True, addressed=message.addressed)
        async with self._database.write() as connection:
            channel = key.parent() if message.opens_thread else None
            also_in = None if channel is None else await hold(connection, channel)
            conversation = await hold(connection, key, message.thread_root)
            if message.id == key.thread:  # perhaps it stands in the channel
                stored = await _delivered(connection, message.conversation, message.id)
                if stored is not None:
                    return stored
            new = await insert_message(
                connection, conversation_id=conversation, also_in_id=also_in, **columns
            )
            if new is None:
                stored = await _delivered(connection, message.conversation, message.id)
                assert stored is not None  # it is held, so nobody deletes it
                return stored
            return Stored(conversation, new, is_new=True, addressed=message.addressed)

    async def known(self, message: IncomingMessage) -> Known:
        """One row for each of the channel's settings, or one without any."""
        async with self._database.read() as connection:
            rows = (await connection.execute(*known(message))).all()
        first = rows[0]
        stored = None
        if first.id is not None:
            stored = Stored(
                first.conversation_id, first.id, is_new=False, addressed=first.addressed
            )
        up_to = first.forgotten_up_to
        return Known(
            stored,
            bool(first.answered),
            {row.key: row.value for row in rows if row.key is not None},
            opted_out=first.opted_out_at is not None,
            forgotten=up_to is not None and message.sent_at <= up_to,
            deleted=bool(first.deleted),
            spoken=bool(first.spoken),
        )

    async def edit_message(self, message: IncomingMessage) -> int | None:
        """Replace a message's text; its id, or None when it is not stored here or says that.

        Nor is the new text of somebody who asked since then that nothing be kept.
        """
        key, new = message.conversation, bindparam("new", type_=MessageRow.text.type)
        change = (
            update(MessageRow)
            .where(
                message_at(key, message.id),
                or_(MessageRow.text != new, MessageRow.addressed != message.addressed),
                ~keeps_nothing(key),
            )
            .values(text=new, addressed=message.addressed, edited_at=now())
            .returning(MessageRow.id)
        )
        async with self._database.write() as connection:
            # A parameter: what stands in a statement stays in SQLAlchemy's cache.
            changed: int | None = await connection.scalar(change, {"new": message.text})
        if changed is not None:
            await self._database.scrub()
        return changed

    async def delete_message(
        self, conversation: ConversationKey, platform_id: str, *, for_good: bool = True
    ) -> int | None:
        """Remove a message's row; what it answered or triggered stays in the ledger.

        A reply that is still being written, and is shown nowhere any more, ends: what comes of
        it is not stored.
        """
        gone = delete(MessageRow).returning(MessageRow.id)
        here = message_at(conversation, platform_id)
        async with self._database.write() as connection:
            if for_good:
                noted = select(MessageRow.conversation_id, MessageRow.platform_id).where(here)
                names = ["conversation_id", "platform_id"]
                await connection.execute(
                    insert_or(connection.dialect.name, DeletedMessageRow)
                    .from_select(names, noted)
                    .on_conflict_do_nothing()
                )
            deleted: int | None = await connection.scalar(gone.where(here))
            if deleted is None:  # perhaps it was one that shows a reply
                shown = delete(SentMessageRow).where(sent_at(conversation, platform_id))
                reply = await connection.scalar(shown.returning(SentMessageRow.reply_id))
                if reply is not None:
                    hidden = shown_nowhere(reply)
                    message = select(ReplyRow.message_id).where(hidden).scalar_subquery()
                    deleted = await connection.scalar(gone.where(MessageRow.id == message))
                    await connection.execute(
                        update(ReplyRow)
                        .where(hidden, ReplyRow.status == ReplyStatus.WRITING)
                        .values(status=ReplyStatus.STOPPED, ended_at=now())
                    )
        if deleted is not None:
            await self._database.scrub()
        return deleted

    async def history(
        self, conversation_id: int, *, limit: int, up_to: int | None = None, since: int = 0
    ) -> Sequence[Message]:
        """The newest `limit` remembered messages, oldest first."""
        values = {"conversation": conversation_id, "limit": max(limit, 0)}
        values |= {} if up_to is None else {"up_to": up_to}
        values |= {"since": since} if since else {}
        async with self._database.read() as connection:
            query = newest(up_to is not None, bool(since), connection.dialect.name)
            rows = (await connection.execute(query, values)).all()
        return as_history(rows)

    async def reset(self, conversation: ConversationKey) -> int:
        """Set the memory marker; how many messages it put out of sight."""
        async with self._database.write() as connection:
            here = await hold(connection, conversation)
            visible = remembered(here).order_by(None).subquery()
            both = select(func.count(), func.max(visible.c.id))
            count: int
            count, marker = (await connection.execute(both)).one()
            if count:
                await connection.execute(
                    update(ConversationRow)
                    .where(ConversationRow.id == here)
                    .values(memory_from=marker)
                )
            return count

    async def settings(self, conversation: ConversationKey) -> Mapping[str, str]:
        """The settings of the conversation's channel."""
        stored = select(ChannelSettingRow.key, ChannelSettingRow.value)
        async with self._database.read() as connection:
            rows = await connection.execute(stored.where(settings_of(conversation)))
            return {key: value for key, value in rows}

    async def set_setting(self, conversation: ConversationKey, key: str, value: str | None) -> None:
        """Set one of the channel's settings; None removes it."""
        async with self._database.write() as connection:
            if value is None:
                await connection.execute(
                    delete(ChannelSettingRow).where(
                        settings_of(conversation), ChannelSettingRow.key == key
                    )
                )
                return
            entry = upsert(connection, ChannelSettingRow).values(
                platform=conversation.platform,
                workspace=conversation.workspace,
                channel=conversation.channel,
                key=key,
                value=value,
            )
            await connection.execute(
                entry.on_conflict_do_update(
                    index_elements=["platform", "workspace", "channel", "key"],
                    set_={"value": entry.excluded.value},
                )
            )

    async def find(self, conversation: ConversationKey) -> int | None:
        """The id of a conversation, or None when nothing was stored for it yet."""
        async with self._database.read() as connection:
            return await connection.scalar(_FIND, key_parameters(conversation))

    async def everything_in(
        self, conversation: ConversationKey
    ) -> AsyncIterator[Mapping[str, Any]]:
        """All its rows, as `kaiwa export` has them."""
        found = await self.find(conversation)
        number = 0 if found is None else found  # ids begin with 1
        async for row in rows_of_conversation(self._database, number, conversation):
            yield row

    async def beside(self, conversation: ConversationKey) -> Sequence[int]:
        """The ids of a channel and its threads."""
        same = (
            ConversationRow.platform == conversation.platform,
            ConversationRow.workspace == conversation.workspace,
            ConversationRow.channel == conversation.channel,
        )
        async with self._database.read() as connection:
            return (await connection.scalars(select(ConversationRow.id).where(*same))).all()

    async def latest(self, platform: str) -> Mapping[ConversationKey, datetime]:
        """When the newest message of a user in each conversation on a platform was sent."""
        async with self._database.read() as connection:
            rows = (await connection.execute(newest_said(platform))).all()
        return {ConversationKey(*row[:4]): row[4] for row in rows}

    async def conversations(self) -> Sequence[tuple[int, ConversationKey, int]]:
        """Every conversation: its id, its key, and how many messages of its own it has."""
        counted = (
            select(ConversationRow.id, *KEY, func.count(MessageRow.id))
            .outerjoin(MessageRow, MessageRow.conversation_id == ConversationRow.id)
            .group_by(ConversationRow.id)
            .order_by(ConversationRow.id)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(counted)).all()
        return [(row[0], ConversationKey(*row[1:5]), row[5]) for row in rows]

    async def key_of(self, conversation_id: int) -> ConversationKey | None:
        """Where the conversation with this id takes place; None when there is none."""
        if abs(conversation_id) > _LARGEST_ID:  # typed by hand; no database would take it
            return None
        async with self._database.read() as connection:
            found = select(*KEY).where(ConversationRow.id == conversation_id)
            row = (await connection.execute(found)).one_or_none()
        return None if row is None else ConversationKey(*row)

    async def forget(self, conversation_id: int) -> int | None:
        """Delete a conversation with its messages, replies and threads' link to it.

        Threads that were opened to answer its messages go with it. Returns how many messages
        were deleted; None when there is no such conversation.
        """
        if abs(conversation_id) > _LARGEST_ID:
            return None
        async with self._database.write() as connection:
            opened = select(MessageRow.conversation_id).where(
                MessageRow.also_in_id == conversation_id
            )
            here = or_(ConversationRow.id == conversation_id, ConversationRow.id.in_(opened))
            mine = MessageRow.conversation_id.in_(select(ConversationRow.id).where(here))
            count: int = (
                await connection.execute(select(func.count()).select_from(MessageRow).where(mine))
            ).scalar_one()
            gone = await connection.execute(delete(ConversationRow).where(here))
        if not gone.rowcount:
            return None
        await self._database.scrub(whole=True)
        return count


async def _delivered(
    connection: AsyncConnection, key: ConversationKey, platform_id: str
) -> Stored | None:
    stored = select(MessageRow.conversation_id, MessageRow.id, MessageRow.addressed)
    row = (await connection.execute(stored.where(message_at(key, platform_id)))).one_or_none()
    if row is None:
        return None
    return Stored(row.conversation_id, row.id, is_new=False, addressed=row.addressed)
