"""Showing a reply while it is written: paced edits, continuation messages, one last edit.

Drives the events of one reply into an `Outlet`, which is one platform's way to send and edit.
Knows when to show what; not how a platform does it, nor how text is split.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from adapters.splitting import Part, closed, split
from bot.errors import BotError
from bot.messages import (
    Queued,
    ReplyEnd,
    ReplyEvent,
    ReplyRestart,
    ReplyStart,
    TextDelta,
)
from bot.notices import Notice
from bot.ports import ReplyLedger, Undelivered

log = logging.getLogger(__name__)

QUEUE_PATIENCE = 5.0  # seconds of silence after which a user is told that they wait
SLOWEST = 10.0  # seconds between edits, however slow the platform answers
LAST_TRIES = 6  # to show the end of a reply
FIRST_PAUSE = 1.0  # seconds between the first two of them, and twice as many after each


class State(Enum):
    """What a message of a reply is: that decides which buttons stand below it."""

    WAITING = auto()  # the place in the queue, where the reply will stand
    WRITING = auto()  # the last one so far
    DONE = auto()  # the last one, complete
    CONTINUED = auto()  # another one follows
    NOTE = auto()  # not a reply: a place in the queue, an apology


class MessageGone(Exception):
    """A message of the reply was deleted on the platform: nobody wants to read on."""


class TryAgain(Exception):
    """The platform cannot be reached now, or is broken; the same may work later."""


class Outlet(Protocol):
    """One reply's place on a platform. Raises MessageGone, TryAgain, and BotError for what
    will not mend itself (a missing permission)."""

    @property
    def limit(self) -> int:
        """How long a message may be, in the units of `length`."""

    @property
    def stopped_mark(self) -> str:
        """What stands below a reply that was stopped, in the platform's own markup."""

    def length(self, text: str) -> int:
        """How the platform counts."""

    def thinking(self) -> AbstractAsyncContextManager[object]:
        """Show, while it is entered, that the bot is busy with an answer."""

    async def send(self, position: int, text: str, state: State) -> str:
        """Send the part at this position (0 is the first); the platform's id of the message.

        Sending the same part of the same reply again shows it once, for some minutes; it may
        then show the text that came first.
        """

    async def edit(self, platform_id: str, text: str, state: State) -> None:
        """Replace what a message shows."""

    async def remove(self, platform_id: str) -> None:
        """Delete a message of an earlier attempt that is no longer needed."""

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """Say something that is no part of the reply; `private`: to the asker alone."""


async def deliver(
    events: AsyncGenerator[ReplyEvent, None],
    outlet: Outlet,
    ledger: ReplyLedger,
    *,
    interval: float = 1.0,
) -> None:
    """Show a reply as it comes; its last state always arrives.

    `interval` is the time between edits in seconds; it grows while the platform is slow. What
    could not be shown in the end stays undelivered in the ledger. A reply whose message was
    deleted meanwhile ends there, and is not shown again. Raises what the outlet raises
    otherwise.
    """
    delivery = _Delivery(outlet, ledger, interval)
    try:
        async with aclosing(events):
            await delivery.run(events)
    except MessageGone:
        await delivery.delivered()  # who deleted it has seen enough


async def show_again(reply: Undelivered, outlet: Outlet, ledger: ReplyLedger) -> None:
    """Show a stored reply of which the platform may not have everything."""
    delivery = _Delivery(outlet, ledger, 0.0)
    delivery.begin(reply.reply_id, reply.platform_ids)
    delivery.sure = False
    delivery.end(reply.text, stopped=reply.partial)
    await delivery.finish()


@dataclass(slots=True)
class _Delivery:
    """One reply on its way. `shown` is what each message shows, None where that is not known.

    `sure`: what is sent next was not sent before. `over` is set when the events have ended.
    """

    outlet: Outlet
    ledger: ReplyLedger
    interval: float
    reply_id: int | None = None
    text: str = ""
    note: str = ""  # shown as long as there is no text
    ids: list[str] = field(default_factory=list)
    shown: list[tuple[str, State] | None] = field(default_factory=list)
    queued: Queued | None = None
    began: float = 0.0
    sure: bool = True
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    busy: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def run(self, events: AsyncGenerator[ReplyEvent, None]) -> None:
        """Take the events as they come, while a second task shows them."""
        showing: asyncio.Task[None] | None = None
        ended = False
        async with self.busy:
            try:
                async for event in events:
                    if isinstance(event, ReplyStart):
                        self.begin(event.reply_id, event.platform_ids)
                        with suppress(TryAgain):  # the answer matters, not the indicator
                            await self.busy.enter_async_context(self.outlet.thinking())
                        showing = asyncio.create_task(self._keep_showing())
                    elif isinstance(event, ReplyEnd):
                        ended = True
                        self.end(event.text, stopped=event.reason.cut_off)
                    else:
                        self._take(event)
                    if showing is not None and showing.done() and not ended:
                        break  # the reply's message is gone, or cannot be written
            except BotError as error:
                await self._end_showing(showing)
                await self._apologise(error)
            else:
                await self._end_showing(showing)
                if ended:
                    await self.finish()
            finally:
                await self._end_showing(showing)
        if showing is not None and not showing.cancelled() and (problem := showing.exception()):
            if not ended or isinstance(problem, MessageGone):
                raise problem
            log.warning("a reply was shown in the end only", exc_info=problem)

    def begin(self, reply_id: int, platform_ids: tuple[str, ...]) -> None:
        """A reply starts, perhaps in messages that an earlier attempt sent."""
        self.reply_id = reply_id
        self.ids = list(platform_ids)
        self.shown = [None] * len(platform_ids)
        self.began = time.monotonic()

    def end(self, text: str, *, stopped: bool) -> None:
        """The whole text of the reply is known; one that was stopped says so."""
        self.text = f"{closed(text)}\n\n{self.outlet.stopped_mark}".lstrip() if stopped else text

    async def finish(self) -> None:
        """Show the end, however often the platform must be asked, and note it in the ledger."""
        try:
            for further in reversed(range(LAST_TRIES)):
                try:
                    await self._show(State.DONE)
                    break
                except TryAgain as error:
                    if not further:
                        log.warning("a reply could not be shown in full: %s", error)
                        return
                    await asyncio.sleep(FIRST_PAUSE * 2 ** (LAST_TRIES - 1 - further))
        except MessageGone:
            pass  # who deleted it has seen enough
        await self.delivered()

    async def delivered(self) -> None:
        """Note that nothing of the reply is to be shown any more."""
        if self.reply_id is not None:
            await self.ledger.mark_delivered(self.reply_id)

    def _take(self, event: ReplyEvent) -> None:
        if isinstance(event, TextDelta):
            self.text += event.text
        elif isinstance(event, ReplyRestart):
            self.text = ""
        elif isinstance(event, Queued):
            self.queued = event
        self.changed.set()

    async def _keep_showing(self) -> None:
        """Show what has changed, at most every `interval`, until it is over.

        Ended from outside only between two calls of the platform: what one that was cut off
        has shown would not be known.
        """
        pause = 0.0
        while await self._something_to_show():
            self._stand_in_line()
            started, first = time.monotonic(), not self.shown
            try:
                await self._show(State.WRITING)
            except TryAgain as error:
                log.warning("showing a reply will be tried again: %s", error)
                pause = min(SLOWEST, 2 * pause + 0.5)
                self.changed.set()
            else:
                if not self.shown:  # nothing is worth a pause so far
                    continue
                # The first words come alone; more should follow soon.
                least = self.interval / 2 if first else self.interval
                pause = min(SLOWEST, max(least, 2 * (time.monotonic() - started)))
            await _wait(self.over, pause)

    async def _something_to_show(self) -> bool:
        """Wait for it; also for the moment at which a wait becomes long. False: it is over."""
        patience = self.began + QUEUE_PATIENCE - time.monotonic()
        await _wait(self.changed, None if self.shown or patience <= 0 else patience)
        self.changed.clear()
        return not self.over.is_set()

    async def _end_showing(self, showing: asyncio.Task[None] | None) -> None:
        """Let the showing task come to its end; an error of its own stays in it."""
        self.over.set()
        self.changed.set()
        if showing is not None:
            await asyncio.wait([showing])

    def _stand_in_line(self) -> None:
        """Say the place in the queue, once that took its time and will take more."""
        queued = self.queued
        if self.text or queued is None or time.monotonic() < self.began + QUEUE_PATIENCE:
            return
        if self.note or queued.seconds is None or queued.seconds > QUEUE_PATIENCE:
            japanese, english = f"順番待ちです（{queued.place}番目", f"In line: {queued.place}"
            if queued.seconds is not None:
                japanese += f"、約{queued.seconds:.0f}秒"
                english += f", about {queued.seconds:.0f} s"
            self.note = f"⏳ {japanese}） / {english}"

    async def _show(self, state: State) -> None:
        """Bring the platform's messages to what there is now; sends nothing that is blank."""
        if self.text.strip():
            parts = split(self.text, self.outlet.limit, measure=self.outlet.length)
        elif self.note or self.ids:
            state = State.WAITING if state is State.WRITING else State.NOTE
            parts = [Part(self.note or "…", 0, 0)]
        else:
            return
        await self.busy.aclose()  # there is something to read now
        for position, part in enumerate(parts):
            last = position == len(parts) - 1
            wanted = (part.text, state if last else State.CONTINUED)
            if position == len(self.ids):
                sure, self.sure = self.sure, False
                self.ids.append(await self.outlet.send(position, *wanted))
                self.shown.append(wanted if sure else None)
                self.sure = True
                if self.reply_id is not None:
                    await self.ledger.record_sent(self.reply_id, self.ids)
            if self.shown[position] != wanted:
                await self.outlet.edit(self.ids[position], *wanted)
                self.shown[position] = wanted
        if state is not State.WRITING and len(self.ids) > len(parts):
            await self._remove(len(parts))

    async def _remove(self, first: int) -> None:
        """Delete the messages from `first` on; those that remain are tried again."""
        while len(self.ids) > first:
            with suppress(MessageGone):
                await self.outlet.remove(self.ids[-1])
            del self.ids[-1], self.shown[-1]
        if self.reply_id is not None:
            await self.ledger.record_sent(self.reply_id, self.ids)

    async def _apologise(self, error: BotError) -> None:
        """Show an error where the reply would have stood, or below what there is of it."""
        if self.ids and not self.text.strip():
            self.note = error.both()
            try:
                await self._show(State.NOTE)
                return
            except (MessageGone, TryAgain):
                pass
        elif self.ids:
            await self.finish()
        await self.outlet.tell(error, private=error.private)


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    """Wait for an event, at most so long; None: however long it takes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for of Python 3.11 may lose a cancellation
            await event.wait()
