"""A dictionary that forgets its oldest entries where it would grow too large."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, MutableMapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def _one(key: object, value: object) -> int:
    return 1


class Bounded(MutableMapping[K, V]):
    """At most `most` entries, or of what `weigh` finds them to weigh (characters, bytes).

    What is set, also anew, is the newest; reading changes nothing. Iterates from the oldest. An
    entry that is too heavy alone is not kept.
    """

    def __init__(self, most: int, weigh: Callable[[K, V], int] = _one) -> None:
        self._most = most
        self._weigh = weigh
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._weight = 0

    def __setitem__(self, key: K, value: V) -> None:
        self.pop(key, None)
        weight = self._weigh(key, value)
        if weight > self._most:
            return
        self._entries[key] = value
        self._weight += weight
        while self._weight > self._most:
            del self[next(iter(self._entries))]

    def __getitem__(self, key: K) -> V:
        return self._entries[key]

    def __delitem__(self, key: K) -> None:
        self._weight -= self._weigh(key, self._entries.pop(key))

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class Remembered(Generic[K, V]):
    """A function whose results are kept, as in `Bounded`. Several threads may call it."""

    def __init__(self, function: Callable[[K], V], most: int, weigh: Callable[[K, V], int]) -> None:
        self._function = function
        self._known: Bounded[K, V] = Bounded(most, weigh)
        self._lock = threading.Lock()

    def __call__(self, argument: K) -> V:
        """The function's result; of two who ask at once, both may call it."""
        try:
            return self._known[argument]
        except KeyError:
            value = self._function(argument)
        with self._lock:
            self._known[argument] = value
        return value

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._known.clear()
