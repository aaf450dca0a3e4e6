"""What only a CUDA device can show; without one, everything here is skipped."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from bot.app import DEMO_FOLDER
from bot.engine.flight import Flight
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.loader import load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Chunk, Sequence, Step
from bot.engine.slot import Placement, Slot
from bot.errors import GenerationFailed
from bot.messages import GenerationEvent, Sampling, TextDelta
from tests.bot.engine.tiny import request

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

QUESTIONS = (
    "「猫」は英語で何ですか。",
    "What does 水 mean?",
    "VRはなんですか。",
    "はじめまして、田中です。",
)


async def text(stream: AsyncGenerator[GenerationEvent, None]) -> str:
    """A whole reply's text."""
    return "".join([event.text async for event in stream if isinstance(event, TextDelta)])


async def test_float32_gives_the_tokens_of_generate() -> None:
    """Side by side and in chunks, as `model.generate` alone on a CPU."""
    loaded = load_model(DEMO_FOLDER, quantization="none", device="cuda", dtype="float32")
    plain: Any = AutoModelForCausalLM.from_pretrained(DEMO_FOLDER, dtype=torch.float32)
    prompts = [loaded.tokenizer.encode(f"ユーザー: {q}\nシステム: ") for q in QUESTIONS]
    greedy = Sampling(max_new_tokens=12, temperature=0)
    async with LocalEngine.from_loaded(loaded, EngineOptions(max_step_tokens=7)) as engine:
        replies = await asyncio.gather(
            *(text(engine.stream(request(ids, f"c{i}", greedy))) for i, ids in enumerate(prompts))
        )
    for ids, got in zip(prompts, replies, strict=True):
        out = plain.generate(
            torch.tensor([ids]), max_new_tokens=12, do_sample=False, pad_token_id=0
        )
        new = [i for i in out[0, len(ids) :].tolist() if i != loaded.tokenizer.eos_id]
        assert got == loaded.tokenizer.decode(new)


async def test_four_bits_answer_through_captured_graphs() -> None:
    """The way that operators run it: NF4, half precision, decode steps replayed."""
    loaded = load_model(DEMO_FOLDER, device="cuda")
    assert loaded.dtype in (torch.bfloat16, torch.float16)
    greedy = Sampling(max_new_tokens=24, temperature=0)
    drawn = Sampling(max_new_tokens=24, temperature=0.7, top_p=0.9, repetition_penalty=1.1, seed=1)
    ids = loaded.tokenizer.encode("ユーザー: 「猫」は英語で何ですか。\nシステム: ")
    async with LocalEngine.from_loaded(loaded) as engine:
        assert engine._runner._graphs is not None
        replies = await asyncio.gather(
            *(text(engine.stream(request(ids, f"g{i}", greedy))) for i in range(5)),
            *(text(engine.stream(request(ids, f"d{i}", drawn))) for i in range(6)),
        )
    assert all("cat" in reply for reply in replies[:5])
    assert len(set(replies[5:])) == 1  # one seed, one text


@pytest.mark.parametrize("captured", [True, False])
def test_a_decode_step_waits_for_the_device_once(captured: bool) -> None:
    """Reading the tokens; everything else is only handed to it."""
    loaded = load_model(DEMO_FOLDER, device="cuda")
    cache = KVCache(CacheShape.of(loaded.model.config), 512, loaded.dtype, loaded.device)
    runner = ModelRunner(loaded.model, cache)
    if captured:
        runner.capture(4)
    sampling = Sampling(temperature=1.0, top_p=0.85, repetition_penalty=1.1)
    slots = [Slot(i, str(i), 64) for i in range(3)]
    sequences = [Sequence((5,) * 9, sampling, str(i), 64) for i in range(3)]
    live = frozenset(range(3))

    def step(start: int, count: int) -> Step:
        chunks = (
            Chunk(sequence, slot, start, (5,) * count, True)
            for sequence, slot in zip(sequences, slots, strict=True)
        )
        placements = (Placement(i, 64, 0, 0, None) for i in range(3))
        return Step(tuple(chunks), tuple(placements), live)

    runner.run(step(0, 9))
    runner.run(step(9, 1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            runner.run(step(10, 1))
        finally:
            torch.cuda.set_sync_debug_mode("default")
    waits = [str(w.message) for w in caught if "called a synchronizing" in str(w.message)]
    assert len(waits) == 1, [f"{Path(w.filename).name}:{w.lineno}" for w in caught]


def test_reading_a_step_does_not_wait_for_the_one_behind_it() -> None:
    """What is begun is only handed over: no operation waits for the device."""
    loaded = load_model(DEMO_FOLDER, device="cuda")
    cache = KVCache(CacheShape.of(loaded.model.config), 256, loaded.dtype, loaded.device)
    runner = ModelRunner(loaded.model, cache)
    runner.capture(2)
    assert runner.runs_ahead()
    sampling = Sampling(temperature=1.0, top_p=0.85, repetition_penalty=1.1)
    sequence, slot = Sequence((5,) * 9, sampling, "c", 64), Slot(0, "c", 64)
    prompt = Chunk(sequence, slot, 0, (5,) * 9, True)
    runner.run(Step((prompt,), (Placement(0, 64, 0, 0, None),), frozenset({0})))
    flights = [
        Flight(
            Step((Chunk(sequence, slot, 9 + i, (5,), True, 0 if i else None),), (), frozenset({0}))
        )
        for i in range(3)
    ]
    runner.begin(flights[0])
    torch.cuda.set_sync_debug_mode("error")
    try:
        runner.begin(flights[1], flights[0])
        first = runner.finish(flights[0])
        runner.begin(flights[2], flights[1])
        second = runner.finish(flights[1])
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert all(token is not None for token in (*first, *second, *runner.finish(flights[2])))


async def test_memory_that_runs_out_ends_the_requests_and_not_the_engine() -> None:
    """A real lack of GPU memory in a step; the next request is served."""
    loaded = load_model(DEMO_FOLDER, device="cuda")
    ids = loaded.tokenizer.encode("ユーザー: VRはなんですか。\nシステム: ")
    async with LocalEngine.from_loaded(loaded, EngineOptions(cache_tokens=2048)) as engine:
        engine._runner._graphs = engine._runner._prefill_graphs = None  # their memory is theirs
        torch.cuda.empty_cache()
        held = torch.cuda.memory_reserved()
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(held / total)
        filler = []
        try:
            while True:
                filler.append(torch.empty(1 << 20, dtype=torch.uint8, device="cuda"))
        except torch.OutOfMemoryError:
            pass
        try:
            with pytest.raises(GenerationFailed):
                await text(engine.stream(request(ids * 20, "full")))
        finally:
            filler.clear()
            torch.cuda.set_per_process_memory_fraction(1.0)
        reply = await text(engine.stream(request(ids, "next")))
        assert reply
