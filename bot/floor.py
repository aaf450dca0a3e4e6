"""Who may speak in each conversation: one reply at a time, the other messages wait.

Knows the store's ids of conversations and messages, and nothing of what is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Iterator
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


class Turns(Keyed[asyncio.Lock]):
    """What is done one after the other, for each key."""

    def __init__(self) -> None:
        super().__init__(asyncio.Lock)

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for one's turn, and have it while this is entered."""
        with self.use(key) as lock:
            async with lock:
                yield


class Stop:
    """Once it is set, nobody waits for a stream's next event any more.

    It interrupts the task that waits, as `asyncio.timeout` does: so no event needs a task.
    """

    def __init__(self) -> None:
        self._set = False
        self._waiting: asyncio.Task[object] | None = None
        self._interrupted = False

    def is_set(self) -> bool:
        """Whether it was set, and not cleared since."""
        return self._set

    def clear(self) -> None:
        """Take it back."""
        self._set = False

    def set(self) -> None:
        """End the wait, now or when it begins."""
        self._set = True
        waiting = None if self._interrupted else self._waiting
        if waiting is not None and waiting is not asyncio.current_task():
            self._interrupted = True
            waiting.cancel()

    async def before(self, stream: AsyncGenerator[T, None]) -> T | None:
        """A stream's next event; None at its end, and once this is set."""
        if self._set:
            return None
        task = asyncio.current_task()
        assert task is not None
        cancelled = task.cancelling()
        self._waiting = task
        try:
            event = await anext(stream, None)
        except asyncio.CancelledError:
            if not self._interrupted or task.cancelling() > cancelled + 1:
                raise  # somebody else cancelled the task
            event = None
        finally:
            self._waiting = None
            if self._interrupted:
                self._interrupted = False
                task.uncancel()
        return None if self._set else event


@dataclass(slots=True)
class Floor:
    """One conversation's turn. `trigger` is the message that is being answered.

    `begun` is whether its reply has a first word yet. `stop` is set to end the reply that is
    being written; with `restart` it is then begun anew, because its question changed. `gone`:
    messages that nobody wants answered any more; `newest`: of the others, the last that was.
    `elsewhere`: another process of the bot writes a reply here, and this one waits for that.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: set[int] = field(default_factory=set)
    stop: Stop = field(default_factory=Stop)
    gone: set[int] = field(default_factory=set)
    restart: bool = False
    begun: bool = False
    elsewhere: bool = False
    trigger: int | None = None
    newest: int = 0

    def begin(self, trigger: int) -> None:
        """A message is to be answered; forgets what was meant for the reply before."""
        self.stop.clear()
        self.restart = self.begun = False
        self.trigger = trigger

    def give_up(self) -> None:
        """There is nothing to answer: those that gave way to it are answered themselves."""
        self.trigger = None

    def end(self) -> None:
        """Its turn is over."""
        if self.trigger is not None and self.trigger not in self.gone:
            self.newest = max(self.newest, self.trigger)
        self.trigger = None

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
        """The floor, once it is free, to answer `trigger`.

        None when that is no longer wanted, or a newer message that waited has been answered,
        and so this one too. One whose newer message went away meanwhile is answered itself.
        """
        with self.use(conversation_id) as floor:
            gave_way = False
            while True:
                floor.waiting.add(trigger)
                try:
                    await floor.lock.acquire()
                finally:
                    floor.waiting.discard(trigger)
                try:
                    if trigger in floor.gone or (gave_way and floor.newest > trigger):
                        yield None
                        return
                    gave_way = any(other > trigger for other in floor.waiting)
                    if not gave_way:
                        floor.begin(trigger)
                        yield floor
                        return
                finally:
                    floor.end()
                    floor.lock.release()

    def stop(self, conversation_id: int | None, *, begun_only: bool = False) -> bool:
        """Stop the reply that is being written; False when there is none, or, with
        `begun_only`, not yet a word of it."""
        floor = self.get(conversation_id)
        if floor is None or floor.elsewhere or not floor.lock.locked():
            return False
        if begun_only and not floor.begun:
            return False
        floor.restart = False  # who stops it does not want it anew either
        floor.stop.set()
        return True

    def question_changed(self, message_id: int, *, gone: bool) -> None:
        """End the reply to a message that was edited or deleted; edited, it is begun anew.

        One that waits and is gone is not answered, nor does it answer for the older ones.
        """
        for floor in self.values():
            if gone and (message_id in floor.waiting or message_id == floor.trigger):
                floor.waiting.discard(message_id)
                floor.gone.add(message_id)
            if floor.trigger == message_id:
                floor.restart = not gone
                floor.stop.set()
