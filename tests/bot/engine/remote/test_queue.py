"""The rules of `bot/engine/remote/queue.py`."""

from __future__ import annotations

import asyncio
import random

import pytest

from bot.engine.remote.queue import PlaceQueue
from bot.errors import EngineBusy
from bot.messages import Queued
from tests.bot.engine.tiny import until


class Guest:
    """Somebody who wants a place, and leaves it when told to."""

    def __init__(self, queue: PlaceQueue) -> None:
        self.heard: list[Queued] = []
        self.inside = False
        self.done = asyncio.Event()
        self.task = asyncio.create_task(self._stay(queue))

    async def _stay(self, queue: PlaceQueue) -> None:
        async with queue.place(self.heard.append):
            self.inside = True
            try:
                await self.done.wait()
            finally:
                self.inside = False

    async def leave(self) -> None:
        self.done.set()
        await self.task


async def test_guests_enter_in_order_and_hear_where_they_stand() -> None:
    """Each change of a place once."""
    queue = PlaceQueue(1, 3)
    guests = [Guest(queue) for _ in range(4)]
    await until(lambda: queue.waiting == 3)
    for number, guest in enumerate(guests):
        await until(lambda guest=guest: guest.inside)  # type: ignore[misc]
        assert [each.place for each in guest.heard] == list(range(number, 0, -1))
        await guest.leave()
    assert (queue.running, queue.waiting) == (0, 0)


async def test_a_full_queue_refuses() -> None:
    """With how many wait; those are not disturbed."""
    queue = PlaceQueue(1, 1)
    first, second, third = (Guest(queue) for _ in range(3))
    with pytest.raises(EngineBusy, match="1 requests"):
        await third.task
    await first.leave()
    await second.leave()


async def test_who_has_no_patience_is_refused_where_no_place_is_free() -> None:
    """Though others may wait; and has one where there is."""
    queue = PlaceQueue(1, 3)
    heard: list[Queued] = []
    async with queue.place(heard.append, patient=False):
        with pytest.raises(EngineBusy):
            async with queue.place(heard.append, patient=False):
                pass
        assert queue.waiting == 0 and not heard
    assert queue.running == 0


async def test_who_is_given_a_place_and_leaves_in_one_moment_gives_it_on() -> None:
    """A place is never lost."""
    queue = PlaceQueue(1, 3)
    first, second, third = (Guest(queue) for _ in range(3))
    await until(lambda: queue.waiting == 2)
    first.done.set()
    await first.task  # the second has been given the place, and has not run yet
    second.task.cancel()
    await until(lambda: third.inside)
    await third.leave()
    assert (queue.running, queue.waiting) == (0, 0)


async def test_a_failure_frees_the_place_and_is_not_measured() -> None:
    """Only what came to its end says how long the next will take."""
    queue = PlaceQueue(1, 3)
    with pytest.raises(KeyError):
        async with queue.place(lambda _: None):
            raise KeyError
    first, second = Guest(queue), Guest(queue)
    await until(lambda: queue.waiting == 1)
    assert second.heard == [Queued(1, None)]
    await first.leave()
    third = Guest(queue)
    await until(lambda: bool(third.heard))
    assert third.heard[0].seconds is not None
    await second.leave()
    await third.leave()


@pytest.mark.parametrize("seed", range(20))
async def test_any_coming_and_going_keeps_the_bounds(seed: int) -> None:
    """At most so many inside, none waiting beside a free place, none left behind."""
    dice = random.Random(seed)
    queue = PlaceQueue(3, 5)
    guests: list[Guest] = []
    for _ in range(120):
        if dice.random() < 0.5 or not guests:
            guests.append(Guest(queue))
        elif dice.random() < 0.5:
            dice.choice(guests).done.set()
        else:
            dice.choice(guests).task.cancel()
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)
        assert sum(guest.inside for guest in guests) <= queue.running <= 3
        assert queue.waiting <= 5
    for guest in guests:
        guest.done.set()
    await asyncio.gather(*(guest.task for guest in guests), return_exceptions=True)
    assert (queue.running, queue.waiting) == (0, 0)
