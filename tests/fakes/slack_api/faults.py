"""The faults of the fake Web API: by chance from a seed, or on demand, once and exactly.

Knows no sockets and no messages: it only says what is to happen to a request.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.fakes.shared.faults import Hold, Matches, OnDemand


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
class Faults(OnDemand[Fault]):
    """Chances between 0 and 1 that tests may set at any time, drawn from one seeded source.

    only: the methods that chance may hit; None is all but apps.connections.open
    """

    rate_limited: float = 0.0
    server_error: float = 0.0  # 500 or 503
    dropped: float = 0.0  # the connection breaks
    takes_effect: float = 0.5  # of an error or a break: the chance that it comes after the effect
    retry_after: float = 1  # seconds
    only: set[str] | None = None

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
        self.plan(_to(method), Fault(status, error, after, retry_after), times)

    def hold(self, method: str) -> AbstractContextManager[Hold]:
        """Keep the requests of a method waiting until released, at the latest at the end."""
        return self.holding(_to(method))

    def for_request(self, method: str) -> Fault | None:
        """What happens to this request, if anything."""
        if (planned := self.planned(method)) is not None:
            return planned
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


def _to(method: str) -> Matches:
    """Requests of a method; "*" is every one."""
    return lambda its_method, _path: method in (its_method, "*")
