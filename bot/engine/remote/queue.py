"""A bounded queue before a number of places: who waits is told where they stand and how long.

Knows nothing of what is done in a place, nor of who comes next (`fair_queue.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.engine.fair_queue import FairQueue
from bot.errors import EngineBusy
from bot.messages import Queued


@dataclass(slots=True, eq=False)
class _Guest:
    """Somebody who wants a place, or has one."""

    tell: Callable[[Queued], None]
    conversation: str
    person: str
    turn: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class PlaceQueue:
    """At most `places` at once; up to `max_waiting` others wait, and come in turn by person."""

    def __init__(self, places: int, max_waiting: int) -> None:
        self._places = places
        self._queue: FairQueue[_Guest] = FairQueue(places, max_waiting)
        self.running = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    @asynccontextmanager
    async def place(
        self,
        tell: Callable[[Queued], None],
        *,
        conversation: str = "",
        person: str = "",
        patient: bool = True,
    ) -> AsyncIterator[None]:
        """Hold a place. `tell` hears each change of one's standing until there is one.

        Raises EngineBusy when the queue is full, also later where somebody comes who has less in
        it; to one that is not `patient` where no place is free. Such a one's place is nobody's.
        """
        me = _Guest(tell, conversation, person)
        if not patient:
            if self.running >= self._places:
                raise EngineBusy(len(self._queue))
            self.running += 1
        elif self.running < self._places and self._queue.may_start(me):
            self._enter(me)
        else:
            await self._wait(me)
        started = time.monotonic()
        try:
            yield
            self._queue.note(time.monotonic() - started)
        finally:
            self._leave(me, patient)

    async def _wait(self, me: _Guest) -> None:
        pushed_out = self._queue.add(me)
        if pushed_out is not None and not pushed_out.turn.done():
            pushed_out.turn.set_exception(EngineBusy(len(self._queue)))
        self._tell_places()
        try:
            await me.turn
        except asyncio.CancelledError:
            if me in self._queue:
                self._queue.remove(me)
                self._fill()  # the others' shares may be larger now
            elif not me.turn.cancelled() and me.turn.exception() is None:
                self._leave(me)  # given a place in the moment of leaving
            raise

    def _enter(self, guest: _Guest) -> None:
        self._queue.start(guest)
        self.running += 1

    def _leave(self, guest: _Guest, counted: bool = True) -> None:
        self.running -= 1
        if counted:
            self._queue.leave(guest)
        self._fill()

    def _fill(self) -> None:
        """Give places that are free to those whose turn it is."""
        while self.running < self._places and (first := self._queue.next()) is not None:
            if first.turn.cancelled():
                self._queue.remove(first)
            else:
                self._enter(first)
                first.turn.set_result(None)
        self._tell_places()

    def _tell_places(self) -> None:
        for guest, queued in self._queue.news():
            guest.tell(queued)
