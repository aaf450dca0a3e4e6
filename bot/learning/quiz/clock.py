"""The time, and what is to be done later: the event loop's, or a test's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Later(Protocol):
    """Something that is to be done later."""

    def cancel(self) -> None:
        """Do it no more."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Aware UTC."""

    def later(self, seconds: float, work: Callable[[], object]) -> Later:
        """Have something done after so many seconds."""


class LoopClock:
    """The running event loop's."""

    def now(self) -> datetime:
        """By the machine's clock."""
        return datetime.now(UTC)

    def later(self, seconds: float, work: Callable[[], object]) -> Later:
        """By the loop, and not if that ends."""
        return asyncio.get_running_loop().call_later(max(seconds, 0.0), work)
