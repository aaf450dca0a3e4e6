"""What the ledger owes: that a reply was sent, ended, failed or delivered has happened, whether or
not the database takes it just now. Such a note is kept and written as soon as it does: in the
order in which things happened, and before anything that comes after them in a conversation.

A reply's end is so shown and answered for although the disk is full or somebody holds the
database. What is owed when the process ends is tried once more, and then lost: the next start
finishes that reply as it does after a crash.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

from bot.messages import FinishReason, IncomingMessage
from bot.ports import OpenReply, Stored
from storage.database import Database
from storage.errors import DatabaseTrouble
from storage.history import SqlHistory
from storage.ledger import SqlLedger

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds until what is owed is tried again
LONGEST_PAUSE = 30.0
MOST = 10_000  # notes that are owed; of more, the oldest are dropped

Note = Callable[[], Awaitable[object]]


class Owed:
    """The notes that are still to be written."""

    def __init__(self) -> None:
        self._notes: deque[Note] = deque()
        self._turn = asyncio.Lock()
        self._paying: asyncio.Task[None] | None = None

    def __bool__(self) -> bool:
        return bool(self._notes)

    def add(self, note: Note) -> None:
        """Write a note later."""
        if len(self._notes) == MOST:
            self._notes.popleft()
            log.error("the database took nothing for too long: the end of a reply is not kept")
        self._notes.append(note)
        if self._paying is None:
            self._paying = asyncio.create_task(self._pay(), name="kaiwa-owed")

    async def settle(self) -> None:
        """Write all notes, in order. Raises DatabaseTrouble where the database takes one not."""
        async with self._turn:
            while self._notes:
                note = self._notes[0]
                try:
                    await note()
                except DatabaseTrouble:
                    raise
                except Exception:  # what it is about is gone, or another process's by now
                    log.warning("a reply's note is left out", exc_info=True)
                if self._notes and self._notes[0] is note:  # not dropped meanwhile
                    self._notes.popleft()

    async def _pay(self) -> None:
        pause = FIRST_PAUSE
        try:
            while self._notes:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                with suppress(DatabaseTrouble):  # the log has it
                    await self.settle()
        finally:
            self._paying = None

    async def aclose(self) -> None:
        """Try once more; the rest is lost."""
        if self._paying is not None:
            self._paying.cancel()
            await asyncio.wait([self._paying])
        try:
            await self.settle()
        except DatabaseTrouble:
            log.error("the ends of replies could not be kept: %d notes", len(self._notes))
            self._notes.clear()


class SqlConversations(SqlHistory, SqlLedger):
    """The history and the ledger, which owes what it cannot note at once."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._owed = Owed()
        database.when_closing(self._owed.aclose)

    async def _note(self, note: Note) -> object:
        """Write a note now, or owe it."""
        try:
            if self._owed:
                await self._owed.settle()
            return await note()
        except DatabaseTrouble:
            self._owed.add(note)
            return None

    async def add_message(self, message: IncomingMessage) -> Stored:
        """See SqlHistory; what is owed comes before it."""
        if self._owed:
            await self._owed.settle()
        return await super().add_message(message)

    async def start_reply(self, conversation_id: int, trigger_id: int) -> OpenReply | None:
        """See SqlLedger; what is owed comes before it."""
        if self._owed:
            await self._owed.settle()
        return await super().start_reply(conversation_id, trigger_id)

    async def abandon(self, conversation_id: int) -> bool:
        """See SqlLedger; the end that is owed of a reply comes before it."""
        if self._owed:
            await self._owed.settle()
        return await super().abandon(conversation_id)

    async def discard_reply(self, conversation_id: int, reply_id: int | None = None) -> int | None:
        """See SqlLedger; the end that is owed of a reply comes before it."""
        if self._owed:
            await self._owed.settle()
        return await super().discard_reply(conversation_id, reply_id)

    async def record_sent(self, reply_id: int, platform_ids: Sequence[str]) -> None:
        """See SqlLedger."""
        await self._note(partial(super().record_sent, reply_id, tuple(platform_ids)))

    async def finish_reply(self, reply_id: int, text: str, reason: FinishReason) -> int | None:
        """See SqlLedger; None also where it is owed."""
        stored = await self._note(partial(super().finish_reply, reply_id, text, reason))
        return stored if isinstance(stored, int) else None

    async def fail_reply(self, reply_id: int) -> None:
        """See SqlLedger."""
        await self._note(partial(super().fail_reply, reply_id))

    async def mark_delivered(self, reply_id: int) -> None:
        """See SqlLedger."""
        await self._note(partial(super().mark_delivered, reply_id))
