"""A soak of the engine: `python -m tests.soak_engine --minutes 30 --channels 16`.

The built-in model in float32, and channels that at random ask, cancel, time out, reset, overflow
their context and the queue, continue each other's conversations and let it prefill ahead; with
`--fail-steps` the model also runs out of memory now and then. Every request must end exactly
once, no slot and no memory may be lost, and a greedy reply must be what its prompt gets alone.
Prints how that went; exit code 1 if something does not hold. What the channels do follows from
`--seed`; in which order it reaches the engine does not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from bot.app import DEMO_FOLDER
from bot.engine.kv_cache import CacheShape
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import EngineOptions
from bot.prompt import RinnaFormat
from tests.bot.engine.chaos import Channel
from tests.bot.engine.watched import Sample, Tally, WatchedEngine, failing
from tests.soaking import megabytes

CACHE_TOKENS = 3_072  # six contexts: too little for all channels
OPTIONS = EngineOptions(
    max_batch=6,
    max_waiting=10,
    max_step_tokens=48,
    cache_tokens=CACHE_TOKENS,
    deadline_seconds=3_600,
)
FAILING = 0.01  # of the steps, with --fail-steps
STORM = 150  # requests between two lulls
GROWTH = 0.10  # of memory after the first quarter, besides the cache, which fills up
TIE = 1e-3  # logits that are nearer than this may change places with what else is in the batch


async def soak(
    channels: int,
    seed: int,
    *,
    minutes: float = float("inf"),
    requests: float = float("inf"),
    fail_steps: bool = False,
    checks: int = 100,
) -> bool:
    """Run it until the time or the requests are over; whether everything held."""
    loaded = load_model(DEMO_FOLDER, quantization="none", device="cpu", dtype="float32")
    format = RinnaFormat(loaded.tokenizer)
    tally, before = Tally(seed), _tensors()
    engine = WatchedEngine.from_loaded(loaded, OPTIONS)
    engine.watch(tally)
    if fail_steps:
        run = failing(engine._runner.run, FAILING, seed)
        engine._runner.run = run  # type: ignore[method-assign]
    crowd = [Channel(n, engine, format, Random(f"{seed} {n}")) for n in range(channels)]
    for channel in crowd:
        channel.others = crowd
    started = time.monotonic()

    def done() -> float:
        return max(tally.requests / requests, (time.monotonic() - started) / (minutes * 60))

    async with engine:
        early = await _live(crowd, Random(seed), done)
        seconds = time.monotonic() - started
        problems = tally.problems + await _leaks(engine)
        late = _memory()
    kept = late.tensors - before
    growth = (late.rest - early.rest) / early.all
    bound = CACHE_TOKENS * CacheShape.of(loaded.model.config).bytes_per_token(loaded.dtype) / 1e6
    if growth > GROWTH:
        problems.append("memory grew")
    if kept > 1.1 * bound + 8:
        problems.append("the model's memory grew")
    if not fail_steps and tally.outcomes["GenerationFailed"]:
        problems.append("requests failed")
    if not tally.found:
        problems.append("nothing was found that had been prefilled ahead")
    different, ties = await _compare(loaded, tally, checks)
    problems += [f"another reply alone: {sample.request.prompt.text!r}" for sample in different]

    print(f"{tally.requests} requests, {tally.steps} steps, {tally.generated} tokens generated")
    print(", ".join(f"{name} {count}" for name, count in tally.outcomes.most_common()))
    print(f"{tally.found} of {tally.prefilled} prefilled ahead and left alone were found whole")
    print(f"{min(checks, len(tally.samples))} of {tally.greedy} greedy replies asked for again, "
          f"alone: {len(different)} differ, {ties} too close to call")  # fmt: skip
    print(f"memory {early.all:.0f} MB after the first quarter, {late.all:.0f} MB at the end: "
          f"{growth:+.1%} besides the cache (at most {GROWTH:+.0%})")  # fmt: skip
    print(f"tensors besides the weights {kept:.0f} MB, of a cache of {bound:.0f} MB")
    print(f"{seconds:.0f} s, seed {seed}")
    for problem in problems[:20]:
        print("PROBLEM:", problem)
    return not problems


async def _live(crowd: list[Channel], dice: Random, done: Callable[[], float]) -> Memory:
    """Let the channels do as they like, with lulls between; memory after a quarter."""
    engine, tally = crowd[0].engine, crowd[0].engine.tally
    early: Memory | None = None
    open, lull = asyncio.Event(), STORM
    open.set()

    async def live(channel: Channel) -> None:
        while done() < 1:
            await open.wait()
            await channel.act()

    async with asyncio.TaskGroup() as group:
        living = [group.create_task(live(channel)) for channel in crowd]
        while not all(task.done() for task in living):
            await asyncio.sleep(0.02)
            if not early and done() >= 0.25:
                early = _memory()
            if tally.requests >= lull:
                lull += STORM
                open.clear()
                await _lull(engine, dice.sample(crowd, 3), patient=dice.random() < 0.7)
                open.set()
    return early or _memory()


async def _lull(engine: WatchedEngine, crowd: list[Channel], patient: bool) -> None:
    """A quiet while, in which the engine prefills ahead; who is not patient asks into it."""
    while not engine._scheduler.is_idle:  # noqa: ASYNC110, what is waited for has no event
        await asyncio.sleep(0.01)
    for channel in crowd:
        engine.prefill_ahead(channel.name, channel.beginning)
    if not patient:
        await asyncio.sleep(0.6)
        return
    while engine._ahead or engine._scheduler._ahead:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    for channel in crowd:
        await channel.follow_up()


async def _leaks(engine: WatchedEngine) -> list[str]:
    """What the engine has not let go of a moment after the last request."""
    problems = []
    slots = engine._slots._slots
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(120):  # what is noted is still prefilled ahead
            while engine._ahead or any(slot.in_use for slot in slots.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    stats = engine.stats
    if stats.running or stats.waiting or engine._streams:
        problems.append(f"{stats.running} still run, {stats.waiting} wait")
    if any(slot.in_use for slot in slots.values()):
        problems.append("a slot is still in use")
    if engine.submitted:
        problems.append(f"{len(engine.submitted)} requests never ended")
    return problems


@dataclass(frozen=True, slots=True)
class Memory:
    """Of the process, and of its tensors; in MB."""

    all: float
    tensors: float

    @property
    def rest(self) -> float:
        """What is no tensor."""
        return self.all - self.tensors


def _memory() -> Memory:
    return Memory(megabytes(), _tensors())


def _tensors() -> float:
    """The memory of all tensors, in MB."""
    gc.collect()
    tensors = [o for o in gc.get_objects() if issubclass(type(o), torch.Tensor)]
    storages = (t.untyped_storage() for t in tensors)
    return float(sum({s.data_ptr(): s.nbytes() for s in storages}.values())) / 1e6


async def _compare(loaded: LoadedModel, tally: Tally, checks: int) -> tuple[list[Sample], int]:
    """Greedy replies that are others where their prompt is asked alone, and ties among them."""
    chosen = Random(tally.seed).sample(tally.samples, min(checks, len(tally.samples)))
    alone = WatchedEngine.from_loaded(loaded, EngineOptions(max_batch=1))
    alone.watch(Tally(tally.seed))
    different, ties = [], 0
    async with alone:
        for sample in chosen:
            for slot in alone._slots.live:
                alone._slots.discard(slot)
            async for _ in alone.stream(sample.request):
                pass
            sequence, _ = alone.submitted.pop(id(sample.request.prompt))
            tokens = sequence.tokens[len(sample.request.prompt.ids) :]
            if tokens != sample.tokens:
                tie = _is_tie(sample, tokens)
                ties += tie
                different += [] if tie else [sample]
    return different, ties


def _is_tie(sample: Sample, tokens: list[int]) -> bool:
    """Whether two replies part where the model finds both tokens equally likely."""
    pairs = enumerate(zip(sample.tokens, tokens, strict=False))
    at, (one, other) = next(((n, pair) for n, pair in pairs if pair[0] != pair[1]), (-1, (0, 0)))
    if at < 0:
        return False  # one is longer
    model: Any = AutoModelForCausalLM.from_pretrained(DEMO_FOLDER, dtype=torch.float32)
    with torch.inference_mode():
        ids = torch.tensor([[*sample.request.prompt.ids, *tokens[:at]]])
        logits = model.eval()(ids).logits[0, -1]
    return bool((logits[one] - logits[other]).abs() < TIE)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Soak the engine with whatever users do.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fail-steps", action="store_true", help="let some steps fail")
    given = parser.parse_args()
    logging.disable(logging.ERROR)  # the faults are meant
    held = asyncio.run(
        soak(given.channels, given.seed, minutes=given.minutes, fail_steps=given.fail_steps)
    )
    raise SystemExit(not held)


if __name__ == "__main__":
    main()
