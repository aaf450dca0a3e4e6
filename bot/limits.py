"""How often a person and a channel may ask: a sliding window of a minute.

Knows keys and moments; not what is asked.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable

from bot.errors import BotError

WINDOW = 60.0  # seconds


class TooFast(BotError):
    """Somebody asks more often than the operator allows. `seconds` until they may again."""

    private = True

    def __init__(self, seconds: float, limit: int) -> None:
        wait = max(1, round(seconds))
        super().__init__(
            f"That was a lot at once: I answer {limit} messages a minute here. "
            f"Please ask again in {wait} seconds.",
            f"少しペースが速すぎます（1分間に{limit}件まで）。{wait}秒後にもう一度どうぞ。",
        )
        self.seconds = seconds


class RateLimiter:
    """At most `limit` uses of each key a minute; 0 is no limit."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._uses: dict[Hashable, deque[float]] = {}

    def use(self, key: Hashable) -> None:
        """Count a use. Raises TooFast, and does not count it, when there were too many."""
        if not self._limit:
            return
        now = self._clock()
        if len(self._uses) > 10_000:  # forget those who have been quiet for a window
            quiet = now - WINDOW
            self._uses = {k: used for k, used in self._uses.items() if used[-1] > quiet}
        used = self._uses.setdefault(key, deque())
        while used and used[0] <= now - WINDOW:
            used.popleft()
        if len(used) >= self._limit:
            raise TooFast(used[0] + WINDOW - now, self._limit)
        used.append(now)
