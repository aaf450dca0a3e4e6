"""The faults of the fake Discord: by chance from a seed, or on demand, once and exactly.

Knows no sockets and no messages: it only says what is to happen to a request or a dispatch.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.shared.faults import Hold, Matches, OnDemand


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
class Faults(OnDemand[Fault]):
    """Chances between 0 and 1 that tests may set at any time, drawn from one seeded source."""

    rate_limited: float = 0.0
    rate_limited_everywhere: float = 0.0
    server_error: float = 0.0  # 500 or 502
    takes_effect: float = 0.5  # of a server error: the chance that it comes after the effect
    dropped: float = 0.0  # per dispatch: the chance that its socket breaks
    retry_after: float = 0.05  # seconds
    _spoils: list[tuple[re.Pattern[str], Callable[[Any], Any], list[int]]] = field(
        default_factory=list
    )

    def fail_next(self, method: str, path: str, fault: Fault, times: int = 1) -> None:
        """Let the next requests that match fail; `path` is searched in the path after /api/v10."""
        self.plan(_to(method, path), fault, times)

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

    def hold(self, method: str, path: str) -> AbstractContextManager[Hold]:
        """Keep the requests that match waiting until released, at the latest at the end."""
        return self.holding(_to(method, path))

    def for_request(self, method: str, path: str) -> Fault | None:
        """What happens to this request, if anything."""
        if (planned := self.planned(method, path)) is not None:
            return planned
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

    def breaks_socket(self) -> bool:
        """Whether the socket of this dispatch breaks."""
        return self.dropped > 0 and self._random.random() < self.dropped


def _to(method: str, path: str) -> Matches:
    """Requests of a method in whose path this is found."""
    pattern = re.compile(path)
    return lambda its_method, its_path: its_method == method and bool(pattern.search(its_path))
