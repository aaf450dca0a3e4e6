"""What the worlds of the fake platforms have in common: a time that tests move, and waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class MovableTime:
    """Time, which tests may move by `ahead` seconds."""

    ahead: float = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead


@dataclass(slots=True)
class Changing:
    """Something that changes, and tells who waits for that."""

    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def touch(self) -> None:
        """Wake everyone who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[[], object], within: float = 200.0) -> None:
        """Wait until something holds; raises TimeoutError after so many seconds.

        It is looked at after every change here, and every so often for changes elsewhere.
        """
        async with asyncio.timeout(within):
            while not holds():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.02)
