"""Who may speak in each conversation: one reply at a time, the other messages wait.

Knows the store's ids of conversations and messages, and nothing of what is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class KeyedLocks:
    """A lock for each key, first come first served; forgotten when nobody wants it any more."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, tuple[asyncio.Lock, list[None]]] = {}

    def __len__(self) -> int:
        return len(self._locks)

    @asynccontextmanager
    async def hold(self, key: Hashable) -> AsyncIterator[None]:
        """Hold the key's lock while it is entered."""
        lock, users = self._locks.setdefault(key, (asyncio.Lock(), []))
        users.append(None)
        try:
            async with lock:
                yield
        finally:
            users.pop()
            if not users:
                del self._locks[key]


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
    users: int = 0

    def begin_again(self) -> bool:
        """Whether the reply is to be begun anew; forgets it, and the stop that came with it."""
        restart, self.restart = self.restart, False
        if restart:
            self.stop.clear()
        return restart


class Floors:
    """The floors of all conversations in which something happens now."""

    def __init__(self) -> None:
        self._floors: dict[int, Floor] = {}

    def __len__(self) -> int:
        return len(self._floors)

    @asynccontextmanager
    async def take(self, conversation_id: int, trigger: int) -> AsyncIterator[Floor | None]:
        """The floor, once it is free, to answer `trigger`; None when a newer message waits,
        whose reply then answers this one too."""
        async with self.enter(conversation_id) as floor:
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

    @asynccontextmanager
    async def enter(self, conversation_id: int) -> AsyncIterator[Floor]:
        """The conversation's floor, forgotten when nobody uses it any more."""
        floor = self._floors.setdefault(conversation_id, Floor())
        floor.users += 1
        try:
            yield floor
        finally:
            floor.users -= 1
            if not floor.users:
                del self._floors[conversation_id]

    def stop(self, conversation_id: int | None, *, begun_only: bool = False) -> bool:
        """Stop the reply that is being written; False when there is none, or, with
        `begun_only`, not yet a word of it."""
        floor = self._busy(conversation_id)
        if floor is not None and begun_only and not floor.begun:
            return False
        if floor is not None:
            floor.restart = False  # who stops it does not want it anew either
            floor.stop.set()
        return floor is not None

    def question_changed(self, message_id: int, *, gone: bool) -> None:
        """End the reply to a message that was edited or deleted; edited, it is begun anew.

        One that waits and is gone no longer answers for the older ones.
        """
        for floor in self._floors.values():
            if gone:
                floor.waiting.discard(message_id)
            if floor.trigger == message_id:
                floor.restart = not gone
                floor.stop.set()

    def _busy(self, conversation_id: int | None) -> Floor | None:
        if conversation_id is None:
            return None
        floor = self._floors.get(conversation_id)
        return floor if floor is not None and floor.lock.locked() else None
