"""The rules of `bot/engine/model_runner.py`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Tokens

import pytest
import torch

from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.loader import LoadedModel
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Chunk, Sequence, Step
from bot.engine.slot import Placement, Slot
from tests.bot.engine.tiny import GREEDY, layers

PROMPT = (5, 80, 17, 200, 33, 9, 140, 71)


@pytest.fixture
def cache(loaded: LoadedModel) -> KVCache:
    """An empty cache for the tiny model."""
    return KVCache(CacheShape.of(loaded.model.config), 256, loaded.dtype, loaded.device)


@pytest.fixture
def runner(loaded: LoadedModel, cache: KVCache) -> ModelRunner:
    """The tiny model's runner."""
    return ModelRunner(loaded.model, cache)


def step(start: int, end: int, slot: Slot, first: bool) -> Step:
    """Tokens `start` to `end` of the prompt in one step."""
    sequence = Sequence(PROMPT, GREEDY, "c", 64)
    chunk = Chunk(sequence, slot, start, PROMPT[start:end], end == len(PROMPT))
    return Step(
        (chunk,), (Placement(slot.id, 64, 0, 0, None),) if first else (), frozenset({slot.id})
    )


def test_only_a_chunk_that_reaches_the_prompts_end_gives_a_token(
    runner: ModelRunner, reference: Callable[[Tokens[int], int], list[int]]
) -> None:
    """The middle of a prefill samples nothing; its end gives transformers' own next token."""
    slot = Slot(0, "c", 64)
    assert runner.run(step(0, 5, slot, first=True)) == []
    assert runner.run(step(5, 8, slot, first=False)) == reference(PROMPT, 1)


def test_a_failed_step_frees_the_memory_of_its_slots(
    runner: ModelRunner, cache: KVCache, loaded: LoadedModel
) -> None:
    """The error is raised as it is; half-written regions are gone, others stay."""

    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("no memory")

    for slot in (0, 6, 7):
        cache.prepare(Placement(slot, 64, 0, 0, None))
    last = layers(loaded)[-1]
    hook = last.register_forward_pre_hook(fail)
    chunks = step(0, 8, Slot(0, "c", 64), first=False).chunks
    placed = Placement(6, 64, 0, 0, None)
    try:
        with pytest.raises(torch.OutOfMemoryError):
            runner.run(Step(chunks, (placed,), frozenset({0, 6, 7})))
    finally:
        hook.remove()
    assert cache.slots == {7}
