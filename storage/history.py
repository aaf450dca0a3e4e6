"""`SqlHistory`: the port HistoryStore on SQLite or PostgreSQL.

It knows SQL and nothing of platforms, prompts or models. Every method is one transaction. A
transaction that writes to a conversation holds it first: on SQLite as the only writer, on
PostgreSQL by the lock on the conversation's row. So look-then-write needs no further guard,
and ids within a conversation grow in the order of its commits.

A message that was deleted and is delivered once more counts as a new one: forgetting it for
good leaves nothing to recognise it by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from bot.messages import ConversationKey, FinishReason, IncomingMessage, Message, Role
from bot.ports import Stored, Unanswered
from storage.database import Database
from storage.schema import ChannelSettingRow, ConversationRow, MessageRow, ReplyRow, ReplyStatus
from storage.statements import (
    KEY,
    answered,
    extend_marker,
    hold,
    hold_id,
    insert_message,
    is_at,
    message_at,
    newest_reply,
    now,
    remembered,
    settings_of,
    upsert,
    waiting,
)

_LARGEST_ID = 2**63 - 1  # what a database can compare an id with


class SqlHistory:
    """Conversations in a database. See bot.ports.HistoryStore for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_message(self, message: IncomingMessage) -> Stored:
        """Store a user's message; a redelivery changes nothing, not even with another text."""
        async with self._database.write() as connection:
            conversation = await hold(connection, message.conversation, message.thread_root)
            known = await connection.scalar(
                select(MessageRow.id).where(
                    MessageRow.conversation_id == conversation,
                    MessageRow.platform_id == message.id,
                )
            )
            if known is not None:
                return Stored(conversation, known, is_new=False)
            new = await insert_message(
                connection,
                conversation_id=conversation,
                role=Role.USER,
                author_id=message.author_id,
                author_name=message.author_name,
                text=message.text,
                platform_id=message.id,
                addressed=message.addressed,
                partial=False,
                created_at=message.sent_at,
            )
            return Stored(conversation, new, is_new=True)

    async def edit_message(
        self, conversation: ConversationKey, platform_id: str, text: str
    ) -> bool:
        """Replace a message's text; False when it is not stored here."""
        change = update(MessageRow).where(message_at(conversation, platform_id))
        async with self._database.write() as connection:
            result = await connection.execute(change.values(text=text, edited_at=now()))
            return result.rowcount > 0

    async def delete_message(self, conversation: ConversationKey, platform_id: str) -> bool:
        """Remove a message's row; what it answered or triggered stays in the ledger."""
        async with self._database.write() as connection:
            result = await connection.execute(
                delete(MessageRow).where(message_at(conversation, platform_id))
            )
            return result.rowcount > 0

    async def history(
        self, conversation_id: int, *, limit: int, up_to: int | None = None
    ) -> Sequence[Message]:
        """The newest `limit` remembered messages, oldest first."""
        newest = remembered(conversation_id, up_to).limit(max(limit, 0))
        async with self._database.read() as connection:
            rows = (await connection.execute(newest)).all()
        return [Message(**{**row._mapping, "role": Role(row.role)}) for row in reversed(rows)]

    async def start_reply(self, conversation_id: int, trigger_id: int) -> int | None:
        """Open or reopen the ledger's entry for a trigger.

        None when it was answered, by a reply to itself or to a later message of the
        conversation, and when it was deleted meanwhile.
        """
        async with self._database.write() as connection:
            await hold_id(connection, conversation_id)
            found = select(MessageRow.id).where(
                MessageRow.id == trigger_id, MessageRow.conversation_id == conversation_id
            )
            done = select(answered(conversation_id, trigger_id))
            if await connection.scalar(found) is None or await connection.scalar(done):
                return None
            opened: dict[str, Any] = {
                "status": ReplyStatus.WRITING,
                "message_id": None,
                "platform_ids": [],
                "started_at": now(),
                "ended_at": None,
            }
            entry = (
                upsert(connection, ReplyRow)
                .values(conversation_id=conversation_id, trigger_message_id=trigger_id, **opened)
                .on_conflict_do_update(index_elements=["trigger_message_id"], set_=opened)
                .returning(ReplyRow.id)
            )
            reply: int = (await connection.execute(entry)).scalar_one()
            return reply

    async def finish_reply(
        self, reply_id: int, text: str, reason: FinishReason, platform_ids: Sequence[str] = ()
    ) -> int | None:
        """Store a reply and close its entry, together.

        Only an entry that is being written takes a text: a second call returns the first
        one's message and stores nothing. The reply to a message that a reset put out of sight
        meanwhile goes out of sight with it, unless newer messages came in between.
        """
        async with self._database.write() as connection:
            conversation = await hold_id(
                connection,
                select(ReplyRow.conversation_id).where(ReplyRow.id == reply_id).scalar_subquery(),
            )
            entry = select(ReplyRow.status, ReplyRow.message_id, ReplyRow.trigger_message_id)
            row = (await connection.execute(entry.where(ReplyRow.id == reply_id))).one_or_none()
            if conversation is None or row is None:  # the conversation was forgotten meanwhile
                return None
            stored: int | None = row.message_id
            if row.status != ReplyStatus.WRITING:
                return stored
            stopped = reason is FinishReason.STOPPED
            if text.strip():
                stored = await insert_message(
                    connection,
                    conversation_id=conversation,
                    role=Role.ASSISTANT,
                    author_id="",
                    author_name="",
                    text=text,
                    platform_id=next(iter(platform_ids), None),
                    addressed=False,
                    partial=stopped,
                    created_at=now(),
                )
                await connection.execute(
                    extend_marker(conversation, row.trigger_message_id, stored)
                )
            await connection.execute(
                update(ReplyRow)
                .where(ReplyRow.id == reply_id)
                .values(
                    status=ReplyStatus.STOPPED if stopped else ReplyStatus.DONE,
                    message_id=stored,
                    platform_ids=list(platform_ids),
                    ended_at=now(),
                )
            )
            return stored

    async def fail_reply(self, reply_id: int) -> None:
        """Close the entry of a reply that failed; one that ended otherwise stays as it is."""
        async with self._database.write() as connection:
            await connection.execute(
                update(ReplyRow)
                .where(ReplyRow.id == reply_id, ReplyRow.status == ReplyStatus.WRITING)
                .values(status=ReplyStatus.FAILED, ended_at=now())
            )

    async def discard_reply(self, conversation_id: int) -> int | None:
        """Remove the newest reply and return its trigger.

        None when there is none since the memory marker, or when its trigger was deleted:
        then there is nothing that could be answered anew, and the reply stays.
        """
        async with self._database.write() as connection:
            await hold_id(connection, conversation_id)
            row = (await connection.execute(newest_reply(conversation_id))).one_or_none()
            trigger: int | None = None if row is None else row.trigger
            if row is None or trigger is None:
                return None
            await connection.execute(
                update(ReplyRow)
                .where(ReplyRow.id == row.id)
                .values(status=ReplyStatus.DISCARDED, message_id=None)
            )
            await connection.execute(delete(MessageRow).where(MessageRow.id == row.message_id))
            return trigger

    async def unanswered(self, platform: str) -> Sequence[Unanswered]:
        """Per conversation its newest addressed message, where no reply answers it."""
        async with self._database.read() as connection:
            rows = (await connection.execute(waiting(platform))).all()
        return [Unanswered(ConversationKey(*row[:4]), *row[4:]) for row in rows]

    async def reset(self, conversation: ConversationKey) -> int:
        """Set the memory marker; how many messages it put out of sight."""
        async with self._database.write() as connection:
            here = await hold(connection, conversation)
            visible = remembered(here).order_by(None).subquery()
            both = select(func.count(), func.max(visible.c.id))
            count: int
            count, newest = (await connection.execute(both)).one()
            if count:
                await connection.execute(
                    update(ConversationRow)
                    .where(ConversationRow.id == here)
                    .values(memory_from=newest)
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
            return await connection.scalar(select(ConversationRow.id).where(is_at(conversation)))

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

        Returns how many messages were deleted; None when there is no such conversation.
        """
        if abs(conversation_id) > _LARGEST_ID:
            return None
        async with self._database.write() as connection:
            mine = MessageRow.conversation_id == conversation_id
            count: int = (
                await connection.execute(select(func.count()).select_from(MessageRow).where(mine))
            ).scalar_one()
            gone = await connection.execute(
                delete(ConversationRow).where(ConversationRow.id == conversation_id)
            )
            return count if gone.rowcount else None
