"""`SqlLedger`: the port ReplyLedger: which messages were answered, and where replies are shown.

Look-then-write is safe as in history.py: a transaction that writes holds the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey, FinishReason, Message, Role
from bot.ports import OpenReply, TakenOver, Unanswered, Undelivered, WrittenElsewhere
from storage.database import Database, last
from storage.processes import lives
from storage.reply_statements import (
    CONVERSATION_OF,
    END,
    ENDED,
    ENTRY,
    elsewhere,
    exchange_at,
    extend_marker,
    newest_reply,
    opening,
    parts_sent,
    undelivered,
    waiting,
    written,
)
from storage.schema import MessageRow, RatingRow, ReplyRow, ReplyStatus, SentMessageRow
from storage.sent_statements import DELIVERED, DELIVERED_BY, GONE, HELD, showing
from storage.statements import (
    KEY,
    MESSAGE,
    as_message,
    now,
    sent_at,
)
from storage.writes import hold_id, insert_message


class SqlLedger:
    """Replies in a database. See bot.ports.ReplyLedger for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start_reply(self, conversation_id: int, trigger_id: int) -> OpenReply | None:
        """Open or reopen the ledger's entry for a trigger.

        None when it was answered, by a reply to itself or to a later message of the
        conversation, and when it was deleted meanwhile. Raises WrittenElsewhere.
        """
        holder = self._database.holder
        async with self._database.write() as connection:
            await hold_id(connection, conversation_id)
            values = {"conversation": conversation_id, "trigger": trigger_id, "now": now()}
            opened = opening(connection.dialect.name, shared=holder is not None)
            only = last(connection) if holder is None else connection
            reply = (await only.execute(opened, values | {"holder": holder})).one_or_none()
            if reply is None and holder is not None:
                await self._must_be_free(connection, conversation_id)
        if reply is None:
            return None
        parts: tuple[str, ...] = ()
        if reply.shown:
            async with self._database.read() as connection:
                parts = await parts_sent(connection, reply.id)
        again = reply.started_at != values["now"]
        return OpenReply(reply.id, reply.platform_id or "", parts, reply.asker_id or "", again)

    async def _must_be_free(self, connection: AsyncConnection, conversation_id: int) -> None:
        """Raises WrittenElsewhere where another process writes in the conversation."""
        if await connection.scalar(select(elsewhere(conversation_id, self._database.holder))):
            raise WrittenElsewhere

    async def written_elsewhere(
        self, conversation: ConversationKey, *, threads: bool = False
    ) -> Mapping[int, int]:
        """The replies that other processes write, by conversation."""
        holder = self._database.holder
        if holder is None:
            return {}
        async with self._database.read() as connection:
            rows = await connection.execute(written(conversation, holder, threads=threads))
            return {row.conversation_id: row.id for row in rows}

    async def record_sent(self, reply_id: int, platform_ids: Sequence[str]) -> None:
        """Replace the list of messages that show a reply; nothing for one that is forgotten.
        Raises TakenOver."""
        holder, shown = self._database.holder, list(platform_ids)
        parts = [
            {"reply": reply_id, "shown": id, "position": position}
            for position, id in enumerate(shown)
        ]
        async with self._database.write() as connection:
            if holder is not None:
                await hold_id(connection, CONVERSATION_OF, {"reply": reply_id})
                held = (await connection.execute(HELD, {"reply": reply_id})).one_or_none()
                if held is not None and held.holder != holder:
                    raise TakenOver
            await connection.execute(GONE, {"reply": reply_id, "ids": shown})
            if parts:
                await last(connection).execute(showing(connection.dialect.name), parts)

    async def holds(self, reply_id: int) -> bool:
        """Whether a reply is this process's; asked of the database only where it may not be."""
        process = self._database.process
        if process is None or process.sure:
            return True
        await process.renew()  # so that nobody takes it over from now on
        holder = select(ReplyRow.holder).where(ReplyRow.id == reply_id)
        async with self._database.read() as connection:
            return bool(await connection.scalar(holder) == process.id)

    async def abandon(self, conversation_id: int) -> bool:
        """Close what stands open of this process in a conversation."""
        left = (
            update(ReplyRow)
            .where(
                ReplyRow.conversation_id == conversation_id,
                ReplyRow.status == ReplyStatus.WRITING,
                ReplyRow.holder == self._database.holder,
            )
            .values(status=ReplyStatus.FAILED, ended_at=now())
        )
        async with self._database.write() as connection:
            return (await connection.execute(left)).rowcount > 0

    async def claim_reply(self, reply_id: int) -> bool:
        """Show a finished reply from now on, unless a living process does."""
        holder = self._database.holder
        if holder is None:
            return True
        claimed = update(ReplyRow).where(
            ReplyRow.id == reply_id,
            ReplyRow.status.in_(ENDED),
            ReplyRow.delivered_at.is_(None),
            ~lives(ReplyRow.holder),
        )
        async with self._database.write() as connection:
            done = await connection.execute(claimed.values(holder=holder))
            return done.rowcount == 1

    async def finish_reply(self, reply_id: int, text: str, reason: FinishReason) -> int | None:
        """Store a reply and close its entry, together.

        Only an entry that is being written takes a text: a second call returns the first
        one's message and stores nothing. The reply to a message that a reset put out of sight
        meanwhile goes out of sight with it, unless newer messages came in between. Where the
        question went away before the first word, the entry goes too: nothing was answered.
        Raises TakenOver.
        """
        async with self._database.write() as connection:
            await hold_id(connection, CONVERSATION_OF, {"reply": reply_id})
            row = (await connection.execute(ENTRY, {"reply": reply_id})).one_or_none()
            if row is None:  # the conversation was forgotten meanwhile
                return None
            if not self._is_mine(row.holder):
                raise TakenOver
            conversation = row.conversation_id
            stored: int | None = row.message_id
            if row.status != ReplyStatus.WRITING:
                return stored
            if reason is FinishReason.GONE and not text.strip():
                await connection.execute(delete(ReplyRow).where(ReplyRow.id == reply_id))
                return None
            if text.strip():
                stored = await insert_message(
                    connection,
                    conversation_id=conversation,
                    role=Role.ASSISTANT,
                    author_id="",
                    author_name="",
                    text=text,
                    addressed=False,
                    partial=reason.cut_off,
                    created_at=now(),
                    also_in_id=row.also_in_id,
                )
                if stored is not None and row.memory_from >= row.trigger_message_id:
                    await connection.execute(extend_marker(conversation, stored))
            status = ReplyStatus.STOPPED if reason.cut_off else ReplyStatus.DONE
            if reason is FinishReason.GONE:
                status = ReplyStatus.GONE
            ended = {"status": status, "message_id": stored, "ended_at": now()}
            await last(connection).execute(END, {"reply": reply_id} | ended)
            return stored

    async def mark_delivered(self, reply_id: int) -> None:
        """Note when the platform had all of a finished reply; not of another process's."""
        holder, values = self._database.holder, {"reply": reply_id, "at": now()}
        async with self._database.write() as connection:
            if holder is None:
                await last(connection).execute(DELIVERED, values)
            else:
                await connection.execute(DELIVERED_BY, values | {"by": holder})

    async def fail_reply(self, reply_id: int) -> None:
        """Close the entry of a reply that failed; one that ended otherwise, or is another
        process's, stays as it is."""
        async with self._database.write() as connection:
            await connection.execute(
                update(ReplyRow)
                .where(self._mine(reply_id), ReplyRow.status == ReplyStatus.WRITING)
                .values(status=ReplyStatus.FAILED, ended_at=now())
            )

    def _mine(self, reply_id: int) -> ColumnElement[bool]:
        """Which entry: this one, as long as no other process has taken it over."""
        entry, holder = ReplyRow.id == reply_id, self._database.holder
        return entry if holder is None else and_(entry, ReplyRow.holder == holder)

    def _is_mine(self, holder: int | None) -> bool:
        """Whether this is the process that has an entry. One that is alone has all."""
        return self._database.holder in (None, holder)

    async def discard_reply(self, conversation_id: int, reply_id: int | None = None) -> int | None:
        """Remove the newest reply, and what was thought of it, and return its trigger.

        None when there is none since the memory marker, when it is not `reply_id`, or when its
        trigger was deleted: then nothing could be answered anew, and the reply stays. Raises
        WrittenElsewhere.
        """
        holder = self._database.holder
        async with self._database.write() as connection:
            await hold_id(connection, conversation_id)
            if holder is not None:
                await self._must_be_free(connection, conversation_id)
            row = (await connection.execute(newest_reply(conversation_id))).one_or_none()
            trigger: int | None = None if row is None else row.trigger
            if row is None or trigger is None or reply_id not in (None, row.id):
                return None
            await connection.execute(
                update(ReplyRow)
                .where(ReplyRow.id == row.id)
                .values(status=ReplyStatus.DISCARDED, message_id=None, holder=holder)
            )
            await connection.execute(delete(MessageRow).where(MessageRow.id == row.message_id))
            await connection.execute(delete(RatingRow).where(RatingRow.reply_id == row.id))
        await self._database.scrub()
        return trigger

    async def unanswered(self, platform: str) -> Sequence[Unanswered]:
        """The addressed messages that no reply answers, oldest first."""
        async with self._database.read() as connection:
            found = waiting(platform, connection.dialect.name)
            rows = (await connection.execute(found)).all()
        return [Unanswered(ConversationKey(*row[:4]), *row[4:]) for row in rows]

    async def undelivered(self, platform: str) -> Sequence[Undelivered]:
        """Finished replies with text and without the mark of `mark_delivered`."""
        async with self._database.read() as connection:
            rows = (await connection.execute(undelivered(platform))).all()
            return [
                Undelivered(
                    ConversationKey(*row[: len(KEY)]),
                    row.reply_id,
                    row.trigger or "",
                    row.text,
                    row.partial,
                    await parts_sent(connection, row.reply_id),
                    row.ended_at,
                )
                for row in rows
            ]

    async def reply_at(self, conversation: ConversationKey, platform_id: str) -> int | None:
        """The id of the reply that a platform's message shows."""
        shown = select(SentMessageRow.reply_id).where(sent_at(conversation, platform_id))
        async with self._database.read() as connection:
            return await connection.scalar(shown)

    async def exchange(self, conversation_id: int, platform_id: str) -> Sequence[Message]:
        """The trigger and the reply that a platform's message shows, oldest first."""
        both = select(*MESSAGE).where(exchange_at(conversation_id, platform_id))
        async with self._database.read() as connection:
            rows = (await connection.execute(both.order_by(MessageRow.id))).all()
        return [as_message(row) for row in rows]

    async def rate(self, reply_id: int, user_id: str, value: int) -> None:
        """Keep a rating, in place of the user's earlier one; nothing for a reply forgotten."""
        async with self._database.write() as connection:
            mine = (RatingRow.reply_id == reply_id, RatingRow.user_id == user_id)
            await connection.execute(delete(RatingRow).where(*mine))
            known = select(ReplyRow.id).where(ReplyRow.id == reply_id)
            if value and await connection.scalar(known) is not None:
                row = insert(RatingRow).values(
                    reply_id=reply_id, user_id=user_id, value=value, rated_at=now()
                )
                await connection.execute(row)
