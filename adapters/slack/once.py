"""What came in already: Slack delivers things again, in another shape or numbered anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

MOST = 20_000  # of the newest things it is known that they came in


class Once:
    """Says of each thing once that it is new."""

    def __init__(self) -> None:
        self._seen: OrderedDict[Hashable, None] = OrderedDict()

    def first(self, thing: Hashable) -> bool:
        """Whether this was not asked of it before, as far as it remembers."""
        if thing in self._seen:
            return False
        self._seen[thing] = None
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)
        return True
