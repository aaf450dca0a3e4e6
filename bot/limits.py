"""How often a person and a channel may ask: a sliding window of a minute.

Knows keys and moments; not what is asked.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
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
    """At most `limit` uses of each key a minute; 0 is no limit.

    What a use costs does not depend on how many keys there are.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit  # may be changed
        self._clock = clock
        self._uses: OrderedDict[Hashable, deque[float]] = OrderedDict()  # longest quiet first

    def check(self, key: Hashable) -> None:
        """Raise TooFast where one more use would be one too many."""
        used = self._uses.get(key)
        if used is None:
            return
        now = self._clock()
        while used and used[0] <= now - WINDOW:
            used.popleft()
        if len(used) >= self.limit:
            raise TooFast(used[0] + WINDOW - now, self.limit)

    def use(self, key: Hashable) -> None:
        """Count a use. Raises TooFast, and does not count it, when there were too many."""
        if not self.limit:
            return
        self.check(key)
        now = self._clock()
        self._uses.setdefault(key, deque()).append(now)
        self._uses.move_to_end(key)
        self._forget(now - WINDOW)

    def _forget(self, quiet: float) -> None:
        """Forget who has been quiet since then: on average, as many as come."""
        while self._uses:
            key, used = next(iter(self._uses.items()))
            if used and used[-1] > quiet:
                return
            del self._uses[key]
