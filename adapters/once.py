"""What came in already: platforms deliver things again, in another shape or numbered anew, and a
channel's history has what comes as an event too."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta

from bot.bounded import Bounded

# What was said so shortly before a moment was perhaps not here by then, or not yet stored.
UNDER_WAY = timedelta(seconds=10)
MOST = 20_000  # of the newest things it is known that they came in


def unread_since(seen: datetime | None, oldest: datetime) -> datetime:
    """From when on a history is to be read, where what was said up to `seen` came in."""
    return oldest if seen is None else max(oldest, seen - UNDER_WAY)


class Once:
    """Says of each thing once that it is new."""

    def __init__(self) -> None:
        self._seen: Bounded[Hashable, None] = Bounded(MOST)

    def first(self, thing: Hashable) -> bool:
        """Whether this was not asked of it before, as far as it remembers."""
        if thing in self._seen:
            return False
        self._seen[thing] = None
        return True

    def has(self, thing: Hashable) -> bool:
        """Whether it is not new any more."""
        return thing in self._seen

    def forget(self, thing: Hashable) -> None:
        """Have it be new once more."""
        self._seen.pop(thing, None)
