"""The faults of the fake Web API: by chance from a seed, or on demand, once and exactly.

Knows no sockets and no messages: it only says what is to happen to a request.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """An answer other than the right one.

    status: of HTTP; 0 breaks the connection without an answer
    error: Slack's own, with status 200
    after: the request takes effect all the same, which its sender cannot see
    retry_after: seconds, of a 429; Slack sends whole numbers, and its SDK's handler needs them
    """

    status: int = 200
    error: str = ""
    after: bool = False
    retry_after: float = 1


@dataclass(slots=True)
class Hold:
    """Requests that wait for the test: `reached` when one has come, gone on after `release`.

    `waiting` is how many wait now.
    """

    method: str
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
    fault: Fault
    times: int


@dataclass(slots=True)
class Faults:
    """Chances between 0 and 1 that tests may set at any time, drawn from one seeded source.

    only: the methods that chance may hit; None is all but apps.connections.open
    """

    seed: int = 0
    rate_limited: float = 0.0
    server_error: float = 0.0  # 500 or 503
    dropped: float = 0.0  # the connection breaks
    takes_effect: float = 0.5  # of an error or a break: the chance that it comes after the effect
    slow: float = 0.0
    slow_seconds: float = 0.05
    retry_after: float = 1  # seconds
    only: set[str] | None = None
    _random: random.Random = field(init=False)
    _planned: list[_Planned] = field(default_factory=list)
    _holds: list[Hold] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def add(
        self,
        method: str,
        *,
        status: int = 200,
        error: str = "",
        after: bool = False,
        retry_after: float = 1,
        times: int = 1,
    ) -> None:
        """Let the next requests of a method fail; see `Fault`. "*" is every method."""
        self._planned.append(_Planned(method, Fault(status, error, after, retry_after), times))

    def relent(self) -> None:
        """Let no more requests fail that were to fail on demand."""
        self._planned.clear()

    @contextmanager
    def hold(self, method: str) -> Iterator[Hold]:
        """Keep the requests of a method waiting until released, at the latest at the end."""
        hold = Hold(method)
        self._holds.append(hold)
        try:
            yield hold
        finally:
            self._holds.remove(hold)
            hold.release()

    def for_request(self, method: str) -> Fault | None:
        """What happens to this request, if anything."""
        for planned in self._planned:
            if planned.method in (method, "*"):
                planned.times -= 1
                if planned.times == 0:
                    self._planned.remove(planned)
                return planned.fault
        if method == "apps.connections.open" if self.only is None else method not in self.only:
            return None
        draw = self._random.random()
        if draw < self.rate_limited:
            return Fault(429, retry_after=self.retry_after)
        draw -= self.rate_limited
        if draw < self.server_error + self.dropped:
            after = self._random.random() < self.takes_effect
            if draw < self.server_error:
                return Fault(self._random.choice((500, 503)), after=after)
            return Fault(0, after=after)
        return None

    async def delay(self, method: str) -> None:
        """Be slow, by chance or because the test holds such requests."""
        for hold in list(self._holds):
            if hold.method in (method, "*"):
                await hold.wait()
        if self.slow and self._random.random() < self.slow:
            await asyncio.sleep(self.slow_seconds)
