"""The replies that are on their way: shown, kept account of, and brought to an end in time.

One class for every platform: it knows the chat and `Outlet`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from adapters.outlet import MessageGone, Outlet, Refused, TryAgain
from adapters.streaming import Delivery, show_again
from bot.chat import Chat
from bot.errors import BotError, GenerationFailed
from bot.messages import ConversationKey, ReplyEvent
from bot.notices import Notice
from bot.ports import TakenOver, Undelivered

log = logging.getLogger(__name__)

LAST_SECONDS = 5.0  # that replies have to mark themselves as stopped


# What a platform may say to anything that is shown.
FORESEEN = (BotError, MessageGone, TryAgain, Refused)


class Deliveries:
    """Shows replies, any number at once. `closing` is set when nothing new is to be begun.

    `interval` is the time between edits of a message, in seconds; it may be changed.
    """

    def __init__(self, chat: Chat, interval: float) -> None:
        self.closing = False
        self._chat = chat
        self.interval = interval
        self._working: set[asyncio.Task[Any]] = set()
        self._active: dict[ConversationKey, list[Delivery]] = {}

    def answering(self) -> list[ConversationKey]:
        """The conversations in which a reply is on its way."""
        return list(self._active)

    def is_written(self, key: ConversationKey, platform_id: str) -> bool:
        """Whether a message is being written now."""
        active = self._active.get(key, ())
        return any(delivery.messages.being_written(platform_id) for delivery in active)

    async def show(
        self, key: ConversationKey, events: AsyncGenerator[ReplyEvent, None], outlet: Outlet
    ) -> None:
        """Show a reply. What goes wrong is shown once, here; the rest is logged."""
        delivery, cut_off = Delivery(outlet, self._chat.store, self.interval), False
        active = self._active.setdefault(key, [])
        active.append(delivery)
        try:
            await delivery.show(events)
        except BotError as error:
            await self.say(outlet, error)
        except asyncio.CancelledError:
            cut_off = True
            raise
        except TakenOver:
            log.warning("another process goes on with a reply")
        except TryAgain as error:
            log.warning("the platform could not be reached with a reply: %s", error)
        except Exception:
            log.exception("a reply could not be shown")
            await self.say(outlet, GenerationFailed())
        finally:
            active.remove(delivery)
            if not active:
                del self._active[key]
            await self._leave(outlet, cut_off=cut_off)

    async def show_stored(self, reply: Undelivered, outlet: Outlet) -> None:
        """Show a reply that was finished before, and of which the platform may not have all."""
        try:
            await show_again(reply, outlet, self._chat.store)
        except TakenOver:
            log.warning("another process goes on with a reply")
        except FORESEEN as error:
            log.warning("a stored reply could not be shown: %s", error)
        finally:
            await self._leave(outlet, cut_off=False)

    async def _leave(self, outlet: Outlet, *, cut_off: bool) -> None:
        try:
            await outlet.leave(cut_off=cut_off)
        except FORESEEN as error:
            log.warning("could not take leave: %s", error)
        except Exception:
            log.exception("could not take leave")

    async def say(
        self, outlet: Outlet, notice: Notice | BotError, *, private: bool | None = None
    ) -> None:
        """Say something that is no reply; where even that is impossible, log it. `private`: to
        the asker alone; an error knows that itself."""
        if private is None:
            private = isinstance(notice, BotError) and notice.private
        try:
            if outlet.reader is not None:
                notice = notice.localized(japanese=await outlet.reader())
            await outlet.tell(notice, private=private)
        except FORESEEN as error:
            log.warning("could not say %s: %s", type(notice).__name__, error)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While it is entered, the end of the process waits for this task."""
        task = asyncio.current_task()
        assert task is not None
        inner = task in self._working
        self._working.add(task)
        try:
            yield
        finally:
            if not inner:
                self._working.discard(task)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside what goes on."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._working.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an event could not be handled", exc_info=error)

    async def wind_down(self, grace: float) -> None:
        """Let replies end within `grace` seconds; then stop them, marked as such.

        Those that still wait for their first word are left for the next start to answer.
        """
        self.closing = True
        if await self._all_done(grace):
            return
        for key in self.answering():
            await self._chat.stop(key, begun_only=True)
        if not await self._all_done(LAST_SECONDS):
            for task in list(self._working):
                task.cancel()
            await self._all_done(LAST_SECONDS)

    async def _all_done(self, seconds: float) -> bool:
        working = self._working - {asyncio.current_task()}
        return not working or not (await asyncio.wait(working, timeout=seconds))[1]
