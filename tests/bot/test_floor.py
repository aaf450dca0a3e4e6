from __future__ import annotations

import asyncio

import pytest

from bot.floor import Floors, Keyed


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
    stops = [floor.stop.is_set() for floor in floors.values()]
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
    with floors.use(1) as here:
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
    with floors.use(1):
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


async def test_what_belongs_to_a_key_is_shared_and_then_forgotten() -> None:
    """All who use a key at a time get the same; when the last is done, it is made anew."""
    locks = Keyed(asyncio.Lock)
    with locks.use("a") as first, locks.use("a") as second, locks.use("b") as other:
        assert first is second is locks.get("a") and first is not other
        assert len(locks) == 2 and locks.values() == [first, other]
    assert len(locks) == 0 and locks.get("a") is None
    with pytest.raises(KeyError), locks.use("a"):
        raise KeyError
    assert len(locks) == 0
