"""Faults of a fake platform: those that a test orders, requests that it holds, and slowness.

Knows neither what a fault is nor which ones come by chance: that is each platform's.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

F = TypeVar("F")
Matches = Callable[[str, str], bool]  # a request's method, and its path where it has one


@dataclass(slots=True)
class Hold:
    """Requests that wait for the test: `reached` when one has come, gone on after `release`.

    `waiting` is how many wait now.
    """

    matches: Matches
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let the requests go on, those held and those to come."""
        self._open.set()

    async def wait(self) -> None:
        """Wait as the held request does."""
        self.reached.set()
        self.waiting += 1
        try:
            await self._open.wait()
        finally:
            self.waiting -= 1


@dataclass(slots=True)
class Planned(Generic[F]):
    """A fault of the next `times` requests that match."""

    matches: Matches
    fault: F
    times: int


@dataclass(slots=True)
class OnDemand(Generic[F]):
    """What a test orders. Chances are between 0 and 1, drawn from one seeded source."""

    seed: int = 0
    slow: float = 0.0  # the chance that a request takes `slow_seconds`
    slow_seconds: float = 0.05
    _random: random.Random = field(init=False)
    _planned: list[Planned[F]] = field(default_factory=list)
    _holds: list[Hold] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def relent(self) -> None:
        """Let no more requests fail that were to fail on demand."""
        self._planned.clear()

    def plan(self, matches: Matches, fault: F, times: int) -> None:
        """Let the next requests that match fail."""
        self._planned.append(Planned(matches, fault, times))

    def planned(self, method: str, path: str = "") -> F | None:
        """The fault that was ordered for this request, if any; it is one less then."""
        for planned in self._planned:
            if planned.matches(method, path):
                planned.times -= 1
                if planned.times == 0:
                    self._planned.remove(planned)
                return planned.fault
        return None

    @contextmanager
    def holding(self, matches: Matches) -> Iterator[Hold]:
        """Keep the requests that match waiting until released, at the latest at the end."""
        hold = Hold(matches)
        self._holds.append(hold)
        try:
            yield hold
        finally:
            self._holds.remove(hold)
            hold.release()

    async def delay(self, method: str, path: str = "") -> None:
        """Be slow, by chance or because the test holds such requests."""
        for hold in list(self._holds):
            if hold.matches(method, path):
                await hold.wait()
        if self.slow and self._random.random() < self.slow:
            await asyncio.sleep(self.slow_seconds)
