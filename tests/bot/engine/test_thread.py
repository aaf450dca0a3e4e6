"""The thread that computes keeps nothing of what it was given, nor of what failed on it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from bot.engine.thread import OneThread


class Tensor:
    """Something large."""


@pytest.fixture
def no_collection() -> Iterator[None]:
    """What is in a cycle stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def test_what_failed_keeps_no_memory_until_somebody_collects(no_collection: None) -> None:
    """On a GPU that is what the next step needs."""
    kept: list[weakref.ref[Tensor]] = []

    def step(given: Tensor) -> None:
        local = Tensor()
        kept.extend([weakref.ref(given), weakref.ref(local)])
        raise MemoryError

    thread = OneThread("test-compute")
    loop = asyncio.get_running_loop()

    async def computed() -> None:
        running = loop.run_in_executor(thread, step, Tensor())
        await asyncio.wait([running])
        try:
            running.result()
        finally:
            del running

    with pytest.raises(MemoryError) as failed:
        await computed()
    del failed
    await loop.run_in_executor(thread, int)  # the thread has taken up other work
    assert [each() for each in kept] == [None, None]
