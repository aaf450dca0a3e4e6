"""A thread that sees when the event loop does not get on, and logs once at what it is.

What it logs are lines of code, never what they work on. Knows nothing of what runs on the loop.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Self

BEAT_SECONDS = 0.5  # between two signs of life of the loop
PATIENCE_SECONDS = 5.0  # without one, after which it is looked at what keeps the loop

log = logging.getLogger(__name__)


def stack_of(thread: int | None) -> str:
    """Where a thread is now, as lines of code; `thread` is its ident."""
    frame = sys._current_frames().get(thread) if thread is not None else None
    return "".join(traceback.format_stack(frame)).rstrip() if frame else "(it has ended)"


class Watchdog:
    """Watches the running event loop while it is entered."""

    def __init__(self, *, patience: float = PATIENCE_SECONDS, beat: float = BEAT_SECONDS) -> None:
        self._patience = patience
        self._beat = beat
        self._beaten = time.monotonic()
        self._loop_thread: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, name="kaiwa-watchdog", daemon=True)

    @property
    def lag(self) -> float:
        """Seconds by which the loop's next sign of life is late now; 0 where it is not."""
        return max(0.0, time.monotonic() - self._beaten - self._beat)

    async def __aenter__(self) -> Self:
        self._loop_thread = threading.get_ident()
        self._live()
        self._watching.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._over.set()
        self._watching.join()

    def _live(self) -> None:
        self._beaten = time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(self._beat, self._live)

    def _watch(self) -> None:
        """Look twice before telling: after the whole process stood still, it is nobody's fault."""
        seen = told = 0.0
        while not self._over.wait(self._beat):
            beaten = self._beaten
            if told and beaten != told:
                late = beaten - told
                log.warning("the event loop goes on, after %.1f s", late)
                told = 0.0
            if self.lag < self._patience:
                seen = 0.0
            elif seen != beaten:
                seen = beaten
            elif not told:
                told = beaten
                stack = stack_of(self._loop_thread)
                log.error("the event loop has been blocked for %.1f s, at:\n%s", self.lag, stack)
