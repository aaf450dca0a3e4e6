"""Showing a reply while it is written: paced edits, continuation messages, one last edit.

Drives the events of one reply into an `Outlet`, which is one platform's way to send and edit.
Knows when to show what; not how a platform does it, what is done where it refuses (messages.py),
nor how text is split.

Longer than most files: the task that takes the events and the one that shows them share a state
that nothing else is to touch.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field

from adapters.messages import Messages
from adapters.outlet import MessageGone, Outlet, Refused, State, TryAgain
from adapters.splitting import Splitter, closed
from bot.errors import BotError
from bot.messages import (
    FinishReason,
    Queued,
    ReplyEnd,
    ReplyEvent,
    ReplyRestart,
    ReplyStart,
    TextDelta,
    Thinking,
)
from bot.ports import ReplyLedger, TakenOver, Undelivered

__all__ = [
    "Delivery",
    "MessageGone",
    "NotShown",
    "Outlet",
    "Refused",
    "State",
    "TryAgain",
    "deliver",
    "show_again",
]

log = logging.getLogger(__name__)

QUEUE_PATIENCE = 5.0  # seconds of silence after which a user is told that they wait
THINKING = "💭 考えています… / Thinking…"
SLOWEST = 10.0  # seconds between edits, however slow the platform answers
LAST_TRIES = 6  # to show the end of a reply
FIRST_PAUSE = 1.0  # seconds between the first two of them, and twice as many after each


class NotShown(BotError):
    """The platform takes a reply in no form and in no message. `code` is its word for why."""

    def __init__(self, code: str) -> None:
        why = f" ({code})" if code else ""
        super().__init__(
            f"I wrote an answer, and it could not be shown here{why}. Please ask once more.",
            f"返答を書きましたが、ここに表示できませんでした{why}。もう一度質問してください。",
        )
        self.code = code


async def deliver(
    events: AsyncGenerator[ReplyEvent, None],
    outlet: Outlet,
    ledger: ReplyLedger,
    *,
    interval: float = 1.0,
) -> None:
    """Show a reply as it comes: see `Delivery.show`."""
    await Delivery(outlet, ledger, interval).show(events)


async def show_again(reply: Undelivered, outlet: Outlet, ledger: ReplyLedger) -> None:
    """Show a stored reply of which the platform may not have everything."""
    delivery = Delivery(outlet, ledger, 0.0)
    delivery.messages.begin(reply.reply_id, reply.platform_ids)
    delivery.messages.sure = False
    delivery.end(reply.text, FinishReason.STOPPED if reply.partial else FinishReason.END)
    await delivery.finish()


@dataclass(eq=False, slots=True)
class Delivery:
    """One reply on its way. `interval` is the time between edits in seconds; it grows while the
    platform is slow.

    `note` is shown as long as there is no text. `gone`: the question was deleted. `over` is set
    when the events have ended.
    """

    outlet: Outlet
    ledger: ReplyLedger
    interval: float
    messages: Messages = field(init=False)
    splitter: Splitter = field(init=False)
    text: str = ""
    note: str = ""
    queued: Queued | None = None
    began: float = 0.0
    gone: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    busy: AsyncExitStack = field(default_factory=AsyncExitStack)
    _pieces: list[str] = field(default_factory=list)  # of the text, since it was shown last
    _asked: tuple[str, str, State] | None = None  # what there was when it was shown last

    def __post_init__(self) -> None:
        self.messages = Messages(self.outlet, self.ledger)
        outlet = self.outlet
        self.splitter = Splitter(outlet.limit, measure=outlet.length, markup=outlet.markup)

    async def show(self, events: AsyncGenerator[ReplyEvent, None]) -> None:
        """Show a reply as it comes; its last state always arrives.

        What could not be shown in the end stays undelivered in the ledger. A reply whose
        message was deleted meanwhile ends there, and is not shown again. Raises what the
        outlet raises otherwise, and NotShown.
        """
        try:
            async with aclosing(events):
                await self._run(events)
        except MessageGone:
            await self._delivered()  # who deleted it has seen enough

    async def _run(self, events: AsyncGenerator[ReplyEvent, None]) -> None:
        """Take the events as they come, while a second task shows them."""
        showing: asyncio.Task[None] | None = None
        ended = False
        async with self.busy:
            try:
                async for event in events:
                    if isinstance(event, ReplyStart):
                        self.messages.begin(event.reply_id, event.platform_ids)
                        if event.again:
                            self.outlet.doubt()
                            self.messages.sure = False
                        self.began = time.monotonic()
                        with suppress(TryAgain):  # the answer matters, not the indicator
                            await self.busy.enter_async_context(self.outlet.thinking())
                        showing = asyncio.create_task(self._keep_showing())
                    elif isinstance(event, ReplyEnd):
                        ended = True
                        self.end(event.text, event.reason, event.footnote)
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

    def end(self, text: str, reason: FinishReason, footnote: str = "") -> None:
        """The whole text of the reply is known; one that was stopped says so."""
        self._pieces.clear()
        self.gone = reason is FinishReason.GONE
        below = self.outlet.small_print(footnote)
        if self.gone or reason is FinishReason.STOPPED:
            below = self.outlet.stopped_mark
        self.text = text
        if below:
            self.text = f"{closed(text, self.outlet.markup)}\n\n{below}".lstrip()

    async def finish(self) -> None:
        """Show the end, however often the platform must be asked, and note it in the ledger."""
        try:
            for further in reversed(range(LAST_TRIES)):
                try:
                    if self.gone and not self.messages.read:
                        await self.messages.remove(0)
                    else:
                        await self._show(State.DONE)
                    break
                except TryAgain as error:
                    if not further:
                        log.warning("a reply could not be shown in full: %s", error)
                        return
                    await asyncio.sleep(FIRST_PAUSE * 2 ** (LAST_TRIES - 1 - further))
        except MessageGone:
            pass  # who deleted it has seen enough
        except Refused as error:
            raise NotShown(error.code) from error
        await self._delivered()

    async def _delivered(self) -> None:
        """Note that nothing of the reply is to be shown any more. Where that fails, the next
        start shows it once more in the same messages; nobody needs to be told."""
        if self.messages.reply_id is None:
            return
        try:
            await self.ledger.mark_delivered(self.messages.reply_id)
        except Exception:
            log.warning("a reply was shown, and that could not be noted", exc_info=True)

    def _take(self, event: ReplyEvent) -> None:
        if isinstance(event, TextDelta):
            self._pieces.append(event.text)
        elif isinstance(event, ReplyRestart):
            self.text = ""
            self._pieces.clear()
        elif isinstance(event, Queued):
            self.queued = event
        elif isinstance(event, Thinking):
            self.queued = None
            self.note = THINKING
        self.changed.set()

    async def _keep_showing(self) -> None:
        """Show what has changed, at most every `interval`, until it is over.

        Ended from outside only between two calls of the platform: what one that was cut off
        has shown would not be known.
        """
        pause = 0.0
        while await self._something_to_show():
            self._stand_in_line()
            started, first = time.monotonic(), not self.messages.ids
            try:
                if not await self._show(State.WRITING):
                    continue  # nothing is worth a pause so far
            except TryAgain as error:
                log.warning("showing a reply will be tried again: %s", error)
                pause = min(SLOWEST, 2 * pause + 0.5)
                self.changed.set()
            else:
                # The first words come alone; more should follow soon.
                least = self.interval / 2 if first else self.interval
                pause = min(SLOWEST, max(least, 2 * (time.monotonic() - started)))
            await _wait(self.over, pause)

    async def _something_to_show(self) -> bool:
        """Wait for it; also for the moment at which a wait becomes long. False: it is over."""
        patience = self.began + QUEUE_PATIENCE - time.monotonic()
        await _wait(self.changed, None if self.messages.ids or patience <= 0 else patience)
        self.changed.clear()
        return not self.over.is_set()

    async def _end_showing(self, showing: asyncio.Task[None] | None) -> None:
        """Let the showing task come to its end; an error of its own stays in it."""
        self.over.set()
        self.changed.set()
        if showing is not None:
            await asyncio.wait([showing])
            if not showing.cancelled():
                showing.exception()  # looked at, whoever raises it in the end

    def _stand_in_line(self) -> None:
        """Say the place in the queue, once that took its time and will take more."""
        queued = self.queued
        if self.text or self._pieces or queued is None:
            return
        if time.monotonic() < self.began + QUEUE_PATIENCE:
            return
        if self.note or queued.seconds is None or queued.seconds > QUEUE_PATIENCE:
            japanese, english = f"順番待ちです（{queued.place}番目", f"In line: {queued.place}"
            if queued.seconds is not None:
                japanese += f"、約{queued.seconds:.0f}秒"
                english += f", about {queued.seconds:.0f} s"
            self.note = f"⏳ {japanese}） / {english}"

    async def _show(self, state: State) -> bool:
        """Bring the platform's messages to what there is now; sends nothing that is blank.

        Whether the platform was asked for anything: not where nothing has changed.
        """
        if self._pieces:
            self.text += "".join(self._pieces)
            self._pieces.clear()
        now = (self.text, self.note, state)
        if now == self._asked:
            return False
        parts = self._parts(writing=state is State.WRITING)
        if not parts:
            if not self.note and not self.messages.ids:
                return False
            parts = [self.note or "…"]
            state = State.WAITING if state is State.WRITING else State.NOTE
        await self._must_hold()
        await self.busy.aclose()  # there is something to read now
        if state.unfinished:
            await self.messages.go_on(parts, state)
        else:
            await self.messages.end(parts, state)
        self._asked = now
        return True

    async def _must_hold(self) -> None:
        """Raises TakenOver where another process of the bot shows the reply by now, and TryAgain
        where nobody knows."""
        if self.messages.reply_id is None:
            return
        try:
            holds = await self.ledger.holds(self.messages.reply_id)
        except BotError as error:
            raise TryAgain(error.english) from error
        if not holds:
            raise TakenOver

    def _parts(self, *, writing: bool) -> list[str]:
        """The texts of the messages that show the reply; none where there is nothing to read."""
        return [part.text for part in self.splitter.parts(self.text, writing=writing)]

    async def _apologise(self, error: BotError) -> None:
        """Show an error where the reply would have stood, or below what there is of it."""
        written = bool(self.text.strip() or "".join(self._pieces).strip())
        if self.messages.ids and not written:
            self.note = error.both()
            try:
                await self._show(State.NOTE)
                return
            except (MessageGone, TryAgain, Refused):
                pass
        elif self.messages.ids:
            with suppress(NotShown):
                await self.finish()
        await self.outlet.tell(error, private=error.private)


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    """Wait for an event, at most so long; None: however long it takes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for of Python 3.11 may lose a cancellation
            await event.wait()
