"""Taking up what happened while the bot was away, on any platform: replies half shown, questions
unanswered, and what was said meanwhile; and noting until when it was there.

A platform's part is the port `Past`. Nothing here knows how the bot connects, nor what a message
is; whether one was answered before is not decided here either: each goes the way of a new one,
and the store knows what it has. What was seen, but is not in the store, stays seen: so what a
person deleted is not taken in anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Hashable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Protocol

from adapters.delivery import Deliveries
from adapters.intake import Intake
from adapters.once import unread_since
from adapters.outlet import Outlet, TryAgain
from adapters.platform_time import PlatformTime, machine_now
from adapters.said import Said
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import ConversationKey

log = logging.getLogger(__name__)

SEEN_SECONDS = 15.0  # how exactly the moment is kept until which events came in
SILENCE = timedelta(minutes=2)  # until a connection that is dead is known to be
LONGEST_PAUSE = 300.0  # seconds between two attempts to read what could not be read


class Withheld(Exception):
    """Some of the past cannot be read until somebody has put something right."""


class Past(Protocol):
    """What a platform remembers."""

    @property
    def own(self) -> ConversationKey:
        """Where the store keeps what concerns the application itself; no channel."""

    @property
    def part(self) -> str:
        """Which part of the platform this process hears, where others hear the rest; else empty."""

    def sees(self, key: ConversationKey) -> bool:
        """Whether what is said in a conversation comes to this process."""

    def missed(self, since: datetime) -> AsyncGenerator[Said, None]:
        """What was said since a moment, oldest first in each channel and thread.

        Raises TryAgain, after everything else, where some of it cannot be read now, and Withheld
        where that does not mend itself. What will never be readable is logged and left out.
        """

    async def outlet(self, key: ConversationKey, question: str) -> Outlet | None:
        """The place of a reply to the message `question` that a process before this one may have
        begun; None where the bot is not any more. Raises BotError."""


class Absence:
    """`minutes`: how old what is taken up may be. `redelivers`: after a pause that was no longer,
    the platform itself delivers what happened."""

    def __init__(
        self,
        chat: Chat,
        deliveries: Deliveries,
        intake: Intake,
        past: Past,
        minutes: int,
        *,
        redelivers: timedelta = timedelta(0),
        time: PlatformTime | None = None,
    ) -> None:
        self.began = False  # once events came in
        self._chat = chat
        self._deliveries = deliveries
        self._intake = intake
        self._past = past
        self._patience = timedelta(minutes=minutes)
        self._redelivers = redelivers
        self._time = time or PlatformTime("the platform")
        self._connected = False
        self._ended = False
        self._behind = True  # what was said before is still to be read
        self._left = False  # some of it is for the next start
        self._heirless = True  # another process, or one before, may have left replies
        self._reading = False
        self._pause = 0.0  # seconds until it is tried again
        self._again = 0.0  # when it is
        self._seen: datetime | None = None  # until when events came in
        self._lost: dict[Hashable, datetime] = {}  # since when which of them do not

    def lost(self, part: Hashable = "") -> None:
        """Events come in no more, or those of a part of the connections; and perhaps did not
        for a while."""
        self._chat.meters.is_lost(self._past.own.platform)
        self._lost.setdefault(part, machine_now())
        if self._seen is not None:
            self._seen = min(self._seen, self._time.now() - SILENCE)

    def resumed(self, part: Hashable = "") -> None:
        """They come in again, and the platform has told what happened meanwhile."""
        self._lost.pop(part, None)
        self._count()

    def connected(self, *, missed: bool = False, part: Hashable | None = None) -> None:
        """Events come in, for the first time or again: begin to answer what was said meanwhile.

        `missed`: what happened was certainly not told. `part`: of which part of the connections,
        after all have been there once; else of all. Two of these do not read side by side: the
        second has it read once more.
        """
        if self._ended or (part is not None and not self._connected):
            return
        if not self._connected:
            self._chat.when_left(self._others_left)
        self._connected = True
        now = machine_now()
        back = list(self._lost) if part is None else [part]
        since = [self._lost.pop(each) for each in back if each in self._lost]
        # Also where the clock was set back, and nobody knows how long it was.
        away = any(not timedelta(0) <= now - moment <= self._redelivers for moment in since)
        self._behind = self._behind or away or missed
        self._count()
        self._pause = self._again = 0.0
        self._begin_reading()

    def _count(self) -> None:
        if self._connected and not self._lost:
            self._chat.meters.is_connected(self._past.own.platform)

    def _others_left(self) -> None:
        """Another process of the bot is no more: take up what it had in hand, and what it may
        have heard and not kept."""
        if self._ended or self._deliveries.closing:
            return
        self._heirless = True
        if self._seen is not None:
            self._seen = min(self._seen, self._time.now() - SILENCE)
        self._behind = True
        if self._reading and self.began:  # which may take minutes
            self._deliveries.start(self._inherit())
        elif self._connected:
            self._begin_reading()

    def _begin_reading(self) -> None:
        if not self._reading and not self._deliveries.closing:
            self._reading = True
            self._deliveries.start(self._read())

    async def _read(self) -> None:
        """Read what is to be read, until there is nothing more; what fails is tried again later,
        and until then nothing counts as seen."""
        try:
            while (self._behind or not self.began) and not self._deliveries.closing:
                behind, self._behind = self._behind, False
                try:
                    try:
                        await self._replies_of_before()
                    finally:
                        self._intake.open()
                    if behind:
                        await self._missed()
                except Withheld as error:
                    log.error("what happened meanwhile is left for the next start: %s", error)
                    self._left = True
                except Exception as error:
                    self._behind = True
                    self._pause = min(LONGEST_PAUSE, 2 * self._pause + SEEN_SECONDS)
                    self._again = asyncio.get_running_loop().time() + self._pause
                    foreseen = isinstance(error, (BotError, TryAgain))
                    log.error(
                        "what happened meanwhile cannot be taken up yet: %s",
                        error if foreseen else type(error).__name__,
                        exc_info=None if foreseen else error,
                    )
                    return
                self._pause = 0.0
        finally:
            self._reading = False
            if self._ended:
                self._intake.leave()

    async def _replies_of_before(self) -> None:
        """Finish, once for each, what a process that is no more could not."""
        if not self.began:
            stored = (await self._chat.store.settings(self._past.own)).get(self._seen_by)
            self._seen = datetime.fromisoformat(stored) if stored else None
            if self._seen is not None and self._seen > self._time.now():
                self._seen = None  # a clock was wrong when it was noted
        await self._inherit()
        self.began = True

    async def _inherit(self) -> None:
        """Take up the replies that were left. What fails is tried again with what was missed."""
        while self._heirless:
            self._heirless = False
            try:
                await self._replies(self._oldest())
            except BaseException:
                self._heirless = True
                raise

    @property
    def _seen_by(self) -> str:
        """Under what the moment is kept until which events came in."""
        return f"seen {self._past.part}".rstrip()

    def _oldest(self) -> datetime:
        """From when on messages are still answered after a pause."""
        return self._time.now() - self._patience

    async def _missed(self) -> None:
        """Take in what was said. Where the database does not take some of it in, the rest is."""
        problem: Exception | None = None
        since = unread_since(self._seen, self._oldest())
        async with aclosing(self._past.missed(since)) as missed:
            async for said in missed:
                if self._deliveries.closing:
                    return
                try:
                    answer = await self._intake.take_in(said)
                except (BotError, TryAgain) as error:
                    problem = error
                except Exception:
                    log.exception("a message of before could not be taken in")
                else:
                    if answer is not None:
                        self._deliveries.start(answer())
        if problem is not None:
            raise problem

    async def _replies(self, oldest: datetime) -> None:
        """Replies that are half shown, and questions without one."""
        ended_since = self._time.here(oldest)  # the store has this machine's time
        store, deliveries = self._chat.store, self._deliveries
        platform = self._past.own.platform
        undelivered = [
            reply
            for reply in await store.undelivered(platform)
            if self._past.sees(reply.conversation)
            and await store.claim_reply(reply.reply_id)  # else another process is quicker
        ]
        waiting = await store.unanswered(platform)
        unanswered = [each for each in waiting if self._past.sees(each.conversation)]
        for reply in undelivered:
            if reply.ended_at < ended_since:
                await store.mark_delivered(reply.reply_id)
        # Nothing from here on may fail, or it would be begun once more.
        for reply in undelivered:
            if reply.ended_at < ended_since:
                continue
            outlet = await self._outlet(reply.conversation, reply.trigger)
            if outlet is not None:
                deliveries.start(deliveries.show_stored(reply, outlet))
        for question in unanswered:
            if question.created_at < oldest:
                continue
            outlet = await self._outlet(question.conversation, question.platform_id)
            if outlet is not None:
                events = self._chat.resume(question)
                deliveries.start(deliveries.show(question.conversation, events, outlet))

    async def _outlet(self, key: ConversationKey, question: str) -> Outlet | None:
        try:
            return await self._past.outlet(key, question)
        except BotError as error:
            log.error("%s", error.english)
        except Exception:
            log.exception("a reply of before has no place any more")
        return None

    async def keep_noting(self) -> None:
        """Note until when events came in, as long as they do; read again what could not be."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(SEEN_SECONDS)
            if self._connected and not self._lost and self._behind and clock() >= self._again:
                self._begin_reading()
            await self.note()

    async def note(self) -> None:
        """Note that everything up to now came in, or up to what is not stored yet; unless it
        does not."""
        behind = self._behind or self._reading or self._left or not self.began
        if behind or self._lost or not self._connected:
            return
        self._seen = self._intake.coming_since or self._time.now()
        try:
            seen = self._seen.isoformat()
            await self._chat.store.set_setting(self._past.own, self._seen_by, seen)
        except BotError as error:
            log.debug("could not note until when messages were seen: %s", error)  # the store told
        except Exception:
            log.exception("could not note until when messages were seen")

    async def end(self) -> None:
        """What is said from now on is for the next start."""
        await self.note()
        self._ended = True
        if self._connected:
            self._chat.when_left_no_more(self._others_left)
        self._connected = False
        if not self._reading:
            self._intake.leave()
