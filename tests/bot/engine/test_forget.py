"""What is deleted is gone from the engine, too: prompts' ids and cached keys and values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.engine.loader import LoadedModel
from bot.engine.local import LocalEngine
from bot.engine.slots import SlotTable
from tests.bot.engine.tiny import collect, reply, request, until, without_end

SECRET = [5, 17, 230, 44, 101, 9, 73, 12]


def kept(engine: LocalEngine) -> list[list[int]]:
    """The token ids of all slots."""
    return [slot.tokens for slot in engine._slots._slots.values()]


async def test_what_was_said_in_a_forgotten_conversation_is_in_no_slot(
    loaded: LoadedModel,
) -> None:
    """Only that conversation's; the next request there runs anew."""
    async with LocalEngine.from_loaded(loaded) as engine:
        await reply(engine, SECRET, "a")
        await reply(engine, [200, 201, 202], "b")
        engine.forget({"a"})
        assert all(tokens[:3] == [200, 201, 202] for tokens in kept(engine)) and kept(engine)
        assert (await reply(engine, SECRET, "a")).end.cached_tokens == 0


async def test_a_reply_that_is_being_written_leaves_nothing_behind(
    loaded: LoadedModel, reference: Callable[[Sequence[int], int], list[int]]
) -> None:
    """It goes on, as it would have, and its slot is dropped when it ends."""
    async with LocalEngine.from_loaded(loaded) as engine:
        writing = asyncio.ensure_future(collect(engine.stream(request(SECRET, "a"))))
        await until(lambda: bool(kept(engine)))
        engine.forget({"a"})
        assert (await writing).tokens == without_end(reference(SECRET, 12))
        assert kept(engine) == []


async def test_what_was_to_be_read_ahead_is_not_read(loaded: LoadedModel) -> None:
    """A noted beginning is dropped before anybody asks for it."""
    asked = []

    async def beginning() -> Sequence[int]:
        asked.append(True)
        return SECRET

    async with LocalEngine.from_loaded(loaded) as engine:
        engine.prefill_ahead("a", beginning)
        engine.forget({"a"})
        await reply(engine, [200, 201, 202], "b")
        assert len(engine._ahead) == 0
    assert asked == []


def test_a_forgotten_slot_is_dropped_when_it_is_released() -> None:
    """Until then its memory is taken."""
    table = SlotTable(64, 128)
    found = table.acquire("a", SECRET, 32)
    assert found is not None
    slot, _ = found
    table.forget({"a"})
    assert table.live == {slot.id}
    table.release(slot)
    assert table.live == frozenset() and table.cached == 0
