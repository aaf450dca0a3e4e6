"""A bounded queue before a number of places: who waits is told where they stand and how long.

Knows nothing of what is done in a place.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.errors import EngineBusy
from bot.messages import Queued


@dataclass(slots=True, eq=False)
class _Waiting:
    """Somebody in the queue; `told` is the place that they know of."""

    tell: Callable[[Queued], None]
    turn: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    told: int = 0


class PlaceQueue:
    """At most `places` at once; up to `max_waiting` others wait, first come first served."""

    def __init__(self, places: int, max_waiting: int) -> None:
        self._places = places
        self._max_waiting = max_waiting
        self._queue: deque[_Waiting] = deque()
        self._durations: deque[float] = deque(maxlen=32)  # seconds in a place
        self.running = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    @asynccontextmanager
    async def place(
        self, tell: Callable[[Queued], None], *, patient: bool = True
    ) -> AsyncIterator[None]:
        """Hold a place. `tell` hears each change of one's standing until there is one.

        Raises EngineBusy when the queue is full; to one that is not `patient` where no place is
        free.
        """
        if self.running < self._places:
            self.running += 1
        elif not patient:
            raise EngineBusy(len(self._queue))
        else:
            await self._wait(tell)
        started = time.monotonic()
        try:
            yield
            self._durations.append(time.monotonic() - started)
        finally:
            self._leave()

    async def _wait(self, tell: Callable[[Queued], None]) -> None:
        if len(self._queue) >= self._max_waiting:
            raise EngineBusy(len(self._queue))
        me = _Waiting(tell)
        self._queue.append(me)
        self._tell_places()
        try:
            await me.turn
        except asyncio.CancelledError:
            if me in self._queue:
                self._queue.remove(me)
                self._tell_places()
            elif not me.turn.cancelled():  # given a place in the moment of leaving
                self._leave()
            raise

    def _leave(self) -> None:
        """Give the place to the first who still waits."""
        self.running -= 1
        while self._queue and self.running < self._places:
            first = self._queue.popleft()
            if not first.turn.cancelled():
                first.turn.set_result(None)
                self.running += 1
        self._tell_places()

    def _tell_places(self) -> None:
        for place, waiting in enumerate(self._queue, start=1):
            if waiting.told != place:
                waiting.told = place
                waiting.tell(Queued(place, self._seconds_until(place)))

    def _seconds_until(self, place: int) -> float | None:
        """As measured: how long the last ones held a place, of which so many are held at once."""
        if not self._durations:
            return None
        return place * sum(self._durations) / len(self._durations) / self._places
