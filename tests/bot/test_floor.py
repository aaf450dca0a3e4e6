from __future__ import annotations

import asyncio

import pytest

from bot.floor import Floors, KeyedLocks


async def turns(count: int = 20) -> None:
    """Let every other task go as far as it can."""
    for _ in range(count):
        await asyncio.sleep(0)


async def answer(
    floors: Floors, trigger: int, spoke: list[int], gate: asyncio.Event, conversation: int = 1
) -> None:
    """Take the floor to answer a message, once the gate is open."""
    async with floors.take(conversation, trigger) as floor:
        if floor is not None:
            spoke.append(trigger)
            await gate.wait()


async def test_one_speaks_at_a_time_and_the_newest_answers_for_those_who_waited() -> None:
    """The others get no floor."""
    floors, gate, spoke = Floors(), asyncio.Event(), list[int]()
    tasks = []
    for trigger in (1, 2, 3):
        tasks.append(asyncio.create_task(answer(floors, trigger, spoke, gate)))
        await turns()
    assert spoke == [1]
    gate.set()
    await asyncio.gather(*tasks)
    assert spoke == [1, 3]


async def test_conversations_have_floors_of_their_own() -> None:
    """One does not wait for another, and stopping one does not stop another."""
    floors, gate, spoke = Floors(), asyncio.Event(), list[int]()
    tasks = [
        asyncio.create_task(answer(floors, trigger, spoke, gate, conversation=trigger))
        for trigger in (1, 2)
    ]
    await turns()
    assert spoke == [1, 2]
    assert floors.stop(1) and not floors.stop(3) and not floors.stop(None)
    stops = [floors._floors[number].stop.is_set() for number in (1, 2)]
    assert stops == [True, False]
    gate.set()
    await asyncio.gather(*tasks)


async def test_a_floor_that_nobody_uses_is_forgotten() -> None:
    """Also when its user failed or was cancelled while it waited."""
    floors, gate, spoke = Floors(), asyncio.Event(), list[int]()
    first = asyncio.create_task(answer(floors, 1, spoke, gate))
    await turns()
    waiting = asyncio.create_task(answer(floors, 2, spoke, gate))
    await turns()
    assert len(floors) == 1
    waiting.cancel()
    gate.set()
    await asyncio.wait([first, waiting])
    assert len(floors) == 0
    with pytest.raises(RuntimeError):
        async with floors.take(1, 3):
            raise RuntimeError
    assert len(floors) == 0
    async with floors.take(1, 4) as floor:
        assert floor is not None


async def test_a_stop_is_for_the_reply_that_is_being_written() -> None:
    """The next one begins without it, on the same floor."""
    floors = Floors()
    async with floors.enter(1) as here:
        async with floors.take(1, 1) as floor:
            assert floor is here
            assert floors.stop(1)
            assert floor.stop.is_set() and not floor.begin_again()
        assert not floors.stop(1)
        async with floors.take(1, 2) as floor:
            assert floor is here and not floor.stop.is_set()


async def test_a_conversation_in_which_nothing_is_written_has_nothing_to_stop() -> None:
    """Though somebody looks at it."""
    floors = Floors()
    async with floors.enter(1):
        assert not floors.stop(1)


async def test_an_edited_question_has_its_reply_begun_again_once() -> None:
    """The stop that ends the old attempt does not end the new one."""
    floors = Floors()
    async with floors.take(1, 5) as floor:
        assert floor is not None
        floors.question_changed(5, gone=False)
        assert floor.stop.is_set()
        assert floor.begin_again()
        assert not floor.stop.is_set() and not floor.begin_again()


async def test_a_deleted_question_has_its_reply_stopped_for_good() -> None:
    """Also when it was edited just before."""
    floors = Floors()
    async with floors.take(1, 5) as floor:
        assert floor is not None
        floors.question_changed(5, gone=False)
        floors.question_changed(5, gone=True)
        assert floor.stop.is_set() and not floor.begin_again()


async def test_a_stop_wins_over_an_edit() -> None:
    """Who stops a reply that is about to begin anew does not get another one."""
    floors = Floors()
    async with floors.take(1, 5) as floor:
        assert floor is not None
        floors.question_changed(5, gone=False)
        assert floors.stop(1)
        assert not floor.begin_again() and floor.stop.is_set()


async def test_another_messages_change_stops_nothing() -> None:
    """A reply is to one message."""
    floors = Floors()
    async with floors.take(1, 5) as floor:
        assert floor is not None
        for gone in (False, True):
            floors.question_changed(4, gone=gone)
        assert not floor.stop.is_set() and not floor.begin_again()


async def test_a_deleted_message_answers_for_nobody() -> None:
    """Those that waited with it get the floor themselves."""
    floors, gate, spoke = Floors(), asyncio.Event(), list[int]()
    tasks = []
    for trigger in (1, 2, 3):
        tasks.append(asyncio.create_task(answer(floors, trigger, spoke, gate)))
        await turns()
    floors.question_changed(3, gone=True)
    gate.set()
    await asyncio.gather(*tasks)
    assert spoke[:2] == [1, 2]


async def test_keyed_locks_keep_the_order_and_forget_what_is_free() -> None:
    """First come, first served for one key; keys do not wait for each other."""
    locks = KeyedLocks()
    done: list[str] = []

    async def work(key: str, name: str) -> None:
        async with locks.hold(key):
            await asyncio.sleep(0)
            done.append(name)

    async with locks.hold("a"):
        waiting = [asyncio.create_task(work("a", name)) for name in ("1", "2", "3")]
        await work("b", "other")
        assert len(locks) == 1
    await asyncio.gather(*waiting)
    assert done == ["other", "1", "2", "3"] and len(locks) == 0
