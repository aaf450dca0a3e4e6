"""The faults of the fake Discord: by chance from a seed, or on demand, once and exactly.

Knows no sockets and no messages: it only says what is to happen to a request or a dispatch.
"""

from __future__ import annotations

import asyncio
import copy
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Fault:
    """An answer other than the right one. `status` 0 breaks the connection without one.

    `after`: the request takes effect all the same, which its sender cannot see.
    """

    status: int
    code: int = 0
    message: str = "injected fault"
    after: bool = False
    retry_after: float = 0.05  # seconds, of a 429
    everywhere: bool = False  # of a 429: the global limit


@dataclass(slots=True)
class Hold:
    """Requests that wait for the test: `reached` when one has come, gone on after `release`.

    `waiting` is how many wait now.
    """

    method: str
    path: re.Pattern[str]
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
class _Planned:
    method: str
    path: re.Pattern[str]
    fault: Fault
    times: int


@dataclass(slots=True)
class Faults:
    """Chances between 0 and 1 that tests may set at any time, drawn from one seeded source."""

    seed: int = 0
    rate_limited: float = 0.0
    rate_limited_everywhere: float = 0.0
    server_error: float = 0.0  # 500 or 502
    takes_effect: float = 0.5  # of a server error: the chance that it comes after the effect
    slow: float = 0.0
    slow_seconds: float = 0.05
    dropped: float = 0.0  # per dispatch: the chance that its socket breaks
    retry_after: float = 0.05  # seconds
    _random: random.Random = field(init=False)
    _planned: list[_Planned] = field(default_factory=list)
    _holds: list[Hold] = field(default_factory=list)
    _spoils: list[tuple[re.Pattern[str], Callable[[Any], Any], list[int]]] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def fail_next(self, method: str, path: str, fault: Fault, times: int = 1) -> None:
        """Let the next requests that match fail; `path` is searched in the path after /api/v10."""
        self._planned.append(_Planned(method, re.compile(path), fault, times))

    def spoil_next(self, name: str, spoil: Callable[[Any], Any], times: int = 1) -> None:
        """Let the next events of a name, or answers to a request such as "GET /channels/…", be
        what `spoil` makes of a copy of them."""
        self._spoils.append((re.compile(name), spoil, [times]))

    def spoiled(self, name: str, payload: Any) -> Any:
        """What is sent in the place of a payload; itself where nothing spoils it."""
        for each in self._spoils:
            found, spoil, left = each
            if found.search(name):
                left[0] -= 1
                if left[0] == 0:
                    self._spoils.remove(each)
                return spoil(copy.deepcopy(payload))
        return payload

    def relent(self) -> None:
        """Let no more requests fail that were to fail on demand."""
        self._planned.clear()

    @contextmanager
    def hold(self, method: str, path: str) -> Iterator[Hold]:
        """Keep the requests that match waiting until released, at the latest at the end."""
        hold = Hold(method, re.compile(path))
        self._holds.append(hold)
        try:
            yield hold
        finally:
            self._holds.remove(hold)
            hold.release()

    def for_request(self, method: str, path: str) -> Fault | None:
        """What happens to this request, if anything."""
        for planned in self._planned:
            if planned.method == method and planned.path.search(path):
                planned.times -= 1
                if planned.times == 0:
                    self._planned.remove(planned)
                return planned.fault
        draw = self._random.random()
        if draw < self.rate_limited_everywhere:
            return Fault(429, retry_after=self.retry_after, everywhere=True)
        draw -= self.rate_limited_everywhere
        if draw < self.rate_limited:
            return Fault(429, retry_after=self.retry_after)
        if draw - self.rate_limited < self.server_error:
            after = self._random.random() < self.takes_effect
            return Fault(self._random.choice((500, 502)), after=after)
        return None

    async def delay(self, method: str, path: str) -> None:
        """Be slow, by chance or because the test holds such requests."""
        for hold in list(self._holds):
            if hold.method == method and hold.path.search(path):
                await hold.wait()
        if self.slow and self._random.random() < self.slow:
            await asyncio.sleep(self.slow_seconds)

    def breaks_socket(self) -> bool:
        """Whether the socket of this dispatch breaks."""
        return self.dropped > 0 and self._random.random() < self.dropped
