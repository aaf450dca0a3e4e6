"""Which server a conversation's request goes to: the same one each time, while that one answers.

Rendezvous hashing: every conversation has its own order of all servers, so that a server's prefix
cache is hit turn after turn, a server that fails hands its conversations evenly to the others,
and no other conversation moves. Knows no HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b

from bot.engine.remote.server import Server

FIRST_PAUSE = 1.0  # seconds; doubled with each failure in a row
LONGEST_PAUSE = 60.0


@dataclass(slots=True)
class _Pause:
    """How a server did lately. `ends` is on the pool's clock; `asked`: it is the server's wish."""

    ends: float = 0.0
    asked: bool = False
    failures: int = 0  # in a row


class Pool:
    """All servers, in the operator's order, which decides nothing."""

    def __init__(
        self, servers: Iterable[Server], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pauses = {server: _Pause() for server in servers}
        self._clock = clock

    @property
    def servers(self) -> tuple[Server, ...]:
        """All of them."""
        return tuple(self._pauses)

    def choose(self, conversation: str) -> Server:
        """The conversation's first server that is not set aside, or that is so the shortest."""
        order = sorted(self._pauses, key=lambda server: _weight(server.url, conversation))
        return min(order, key=self.pause)  # the first of those that are as short

    def pause(self, server: Server) -> float:
        """Seconds until a server is to be asked again; 0 where it is not set aside."""
        return max(0.0, self._pauses[server].ends - self._clock())

    def asked_to_wait(self, server: Server) -> bool:
        """Whether the last pause was as long as the server itself asked for."""
        return self._pauses[server].asked

    def set_aside(self, server: Server, seconds: float | None = None) -> None:
        """Ask a server no more for these seconds; None: longer with each failure in a row."""
        pause = self._pauses[server]
        pause.asked = seconds is not None
        if seconds is None:
            seconds = min(FIRST_PAUSE * 2**pause.failures, LONGEST_PAUSE)
            pause.failures = min(pause.failures + 1, 16)
        pause.ends = self._clock() + seconds

    def note_success(self, server: Server) -> None:
        """A server writes: its failures are forgotten."""
        self._pauses[server] = _Pause()


def _weight(url: str, conversation: str) -> bytes:
    return blake2b(f"{url}\n{conversation}".encode(), digest_size=8).digest()
