"""Who may speak in each conversation: one reply at a time, the other messages wait.

Knows the store's ids of conversations and messages, and nothing of what is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


class Keyed(Generic[T]):
    """Something for each key: made when it is first used, forgotten when nobody uses it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._used: dict[Hashable, tuple[T, list[None]]] = {}

    def __len__(self) -> int:
        return len(self._used)

    @contextmanager
    def use(self, key: Hashable) -> Iterator[T]:
        """What belongs to the key; the same for all who use it at a time."""
        if key not in self._used:
            self._used[key] = (self._make(), [])
        thing, users = self._used[key]
        users.append(None)
        try:
            yield thing
        finally:
            users.pop()
            if not users:
                del self._used[key]

    def get(self, key: Hashable) -> T | None:
        """What belongs to the key, if it is in use."""
        found = self._used.get(key)
        return found[0] if found else None

    def values(self) -> list[T]:
        """Everything that is in use."""
        return [thing for thing, _ in self._used.values()]


@dataclass(slots=True)
class Floor:
    """One conversation's turn. `trigger` is the message that is being answered.

    `begun` is whether its reply has a first word yet. `stop` is set to end the reply that is
    being written; with `restart` it is then begun anew, because its question changed.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: set[int] = field(default_factory=set)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    restart: bool = False
    begun: bool = False
    trigger: int | None = None

    def begin_again(self) -> bool:
        """Whether the reply is to be begun anew; forgets it, and the stop that came with it."""
        restart, self.restart = self.restart, False
        if restart:
            self.stop.clear()
        return restart


class Floors(Keyed[Floor]):
    """The floors of all conversations in which something happens now, by the store's id."""

    def __init__(self) -> None:
        super().__init__(Floor)

    @asynccontextmanager
    async def take(self, conversation_id: int, trigger: int) -> AsyncIterator[Floor | None]:
        """The floor, once it is free, to answer `trigger`; None when a newer message waits,
        whose reply then answers this one too."""
        with self.use(conversation_id) as floor:
            floor.waiting.add(trigger)
            try:
                await floor.lock.acquire()
            finally:
                floor.waiting.discard(trigger)
            try:
                floor.stop.clear()  # what was meant for the reply before
                floor.restart = floor.begun = False
                floor.trigger = trigger
                newer = floor.waiting and max(floor.waiting) > trigger
                yield None if newer else floor
            finally:
                floor.trigger = None
                floor.lock.release()

    def stop(self, conversation_id: int | None, *, begun_only: bool = False) -> bool:
        """Stop the reply that is being written; False when there is none, or, with
        `begun_only`, not yet a word of it."""
        floor = self.get(conversation_id)
        if floor is None or not floor.lock.locked() or (begun_only and not floor.begun):
            return False
        floor.restart = False  # who stops it does not want it anew either
        floor.stop.set()
        return True

    def question_changed(self, message_id: int, *, gone: bool) -> None:
        """End the reply to a message that was edited or deleted; edited, it is begun anew.

        One that waits and is gone no longer answers for the older ones.
        """
        for floor in self.values():
            if gone:
                floor.waiting.discard(message_id)
            if floor.trigger == message_id:
                floor.restart = not gone
                floor.stop.set()
