"""Steps that are begun before the one before them is read, as on a GPU; here on a processor.

The rules of `bot/engine/flight.py`, and of what the scheduler, the sampler, the runner and the
engine do with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch

from bot.engine.batch import following, padded
from bot.engine.flight import Flight, Numbers
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.sampling import Following, Sampler
from bot.engine.scheduler import Scheduler
from bot.engine.sequence import Chunk, Step
from bot.engine.sequence import Sequence as Asked
from bot.engine.slot import Placement, Slot
from bot.engine.slots import SlotTable
from bot.errors import GenerationFailed
from bot.messages import Sampling
from tests.bot.engine.test_local import prompt_of
from tests.bot.engine.tiny import EOS, GREEDY, Reply, layers, reply, request, until, without_end

Reference = Callable[[Sequence[int], int], list[int]]
SETTINGS = (
    GREEDY,
    Sampling(max_new_tokens=20, temperature=0, repetition_penalty=1.6),
    Sampling(max_new_tokens=9, temperature=1.3, top_p=1.0, seed=3),
    Sampling(max_new_tokens=17, temperature=1.0, top_p=0.8, repetition_penalty=1.2, seed=4),
    Sampling(max_new_tokens=25, temperature=0.9, top_k=7, seed=5),
)


def made(
    loaded: LoadedModel, ahead: bool = True, options: EngineOptions | None = None
) -> LocalEngine:
    """An engine that begins steps ahead, or not."""
    engine = LocalEngine.from_loaded(loaded, options)
    engine._runner._ahead = ahead
    return engine


@contextmanager
def noted(engine: LocalEngine) -> Iterator[list[tuple[str, Flight]]]:
    """What is begun and finished, in the order in which it is."""
    calls: list[tuple[str, Flight]] = []
    runner = engine._runner
    begin, finish = runner.begin, runner.finish

    def begun(flight: Flight, after: Flight | None = None) -> None:
        calls.append(("begin after" if after else "begin", flight))
        begin(flight, after)

    def finished(flight: Flight) -> list[int | None]:
        calls.append(("finish", flight))
        return finish(flight)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "begin", begun)
        patch.setattr(runner, "finish", finished)
        yield calls


async def replies(engine: LocalEngine) -> list[Reply]:
    """Replies of all kinds, that begin and end at different steps; then follow-ups."""
    prompts = [prompt_of(40 + i, 4 + 9 * i) for i in range(len(SETTINGS))]

    async def one(place: int) -> Reply:
        for _ in range(3 * place):
            await asyncio.sleep(0.001)
        return await reply(engine, prompts[place], f"c{place}", SETTINGS[place])

    async with engine:
        first = await asyncio.gather(*map(one, range(len(SETTINGS))))
        longer = [
            [*prompt, *got.tokens, 50, 60] for prompt, got in zip(prompts, first, strict=True)
        ]
        second = await asyncio.gather(
            *(reply(engine, p, f"c{i}", SETTINGS[i]) for i, p in enumerate(longer))
        )
    return [*first, *second]


@pytest.mark.parametrize("candidates", [1024, 4])
async def test_steps_begun_ahead_give_the_tokens_of_steps_in_turn(
    loaded: LoadedModel, candidates: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Greedy, drawn, penalised, of different lengths; also where draws have to be made again."""
    monkeypatch.setattr("bot.engine.sampling.CANDIDATES", candidates)
    expected = await replies(made(loaded, ahead=False))
    engine = made(loaded)
    with noted(engine) as calls:
        got = await replies(engine)
    assert [each.tokens for each in got] == [each.tokens for each in expected]
    assert [each.end for each in got] == [each.end for each in expected]
    begun = [flight for name, flight in calls if name == "begin after"]
    again = {chunk.sequence for flight in begun for chunk in flight.step.chunks}
    assert len(begun) > (10 if candidates > 4 else 1)
    assert any(sequence.drawn_again for sequence in again) == (candidates == 4)


async def test_a_step_is_begun_before_the_one_before_it_is_read(loaded: LoadedModel) -> None:
    """But for the first ones: the step after a prompt is not foreseen."""
    engine = made(replace(loaded, eos_ids=frozenset()))
    with noted(engine) as calls:
        async with engine:
            await reply(engine, prompt_of(1, 6), sampling=replace(GREEDY, max_new_tokens=5))
    order = [(name, flight.step.chunks[0].start) for name, flight in calls]
    assert order == [
        ("begin", 0),
        ("finish", 0),
        ("begin", 6),
        ("begin after", 7),
        ("finish", 6),
        ("begin after", 8),
        ("finish", 7),
        ("begin after", 9),
        ("finish", 8),
        ("finish", 9),
    ]


async def test_ends_and_stops_and_cancellations_are_seen_a_step_later(
    loaded: LoadedModel, reference: Reference
) -> None:
    """Nothing of the step that ran too far is shown or kept; the others' replies do not change."""
    prompt = prompt_of(1, 60)
    continuation = reference(prompt, 40)
    assert EOS not in continuation
    end = next(i for i in range(5, 40) if continuation.index(continuation[i]) == i)
    letter = chr(0x4E00 + continuation[end])
    async with made(loaded) as engine:
        long = replace(GREEDY, max_new_tokens=40)
        stopped = engine.stream(request(prompt, "stopped", long, stop=(letter,)))
        task = asyncio.create_task(reply(engine, prompt, "whole", long))
        text = "".join([event.text async for event in stopped if hasattr(event, "text")])
        async with aclosing(engine.stream(request(prompt_of(2, 30), "left", long))) as left:
            async for event in left:
                if hasattr(event, "text"):
                    break
        assert (await task).tokens == continuation
        assert [ord(each) - 0x4E00 for each in text] == continuation[:end]
        again = [*prompt, *continuation[:end], 50, 60, 70]
        got = await reply(engine, again, "stopped")
        assert got.tokens == without_end(reference(again, 12))
        assert got.end.cached_tokens >= len(prompt) + end
        ended = await reply(engine, prompt_of(2, 30), "left")
        assert ended.tokens == without_end(reference(prompt_of(2, 30), 12))
        await until(lambda: engine.stats.running == 0)

    ends = replace(loaded, eos_ids=frozenset({continuation[end]}))
    async with made(ends) as engine:
        got, other = await asyncio.gather(
            reply(engine, prompt, "a", long), reply(engine, prompt_of(2, 30), "b", GREEDY)
        )
    assert got.tokens == continuation[:end]
    assert other.tokens[:4] == reference(prompt_of(2, 30), 4)


async def test_those_who_wait_are_let_in(loaded: LoadedModel, reference: Reference) -> None:
    """Two places and little memory for seven, who come while steps are begun ahead."""
    prompts = [prompt_of(60 + i, 5 + 7 * i) for i in range(7)]
    options = EngineOptions(max_batch=2, cache_tokens=512, max_step_tokens=16)
    async with made(loaded, options=options) as engine:
        got = await asyncio.gather(*(reply(engine, p, f"c{i}") for i, p in enumerate(prompts)))
    for prompt, each in zip(prompts, got, strict=True):
        assert each.tokens == without_end(reference(prompt, 12))


@pytest.mark.parametrize("fault", ["raises", "no numbers"])
async def test_a_step_that_fails_ends_its_requests_and_the_next_are_served(
    loaded: LoadedModel, reference: Reference, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it is begun, or where it is read: what was begun behind it is of no interest."""
    rows = 0

    def fail(module: Any, given: Any, out: Any) -> Any:
        nonlocal rows
        rows += out.shape[1] == 1
        if rows != 4:
            return None
        if fault == "raises":
            raise torch.OutOfMemoryError("no memory")
        return torch.full_like(out, torch.nan)

    prompt = prompt_of(5, 20)
    async with made(replace(loaded, eos_ids=frozenset())) as engine:
        hook = layers(loaded)[-1].register_forward_hook(fail)
        try:
            with pytest.raises(GenerationFailed):
                await reply(engine, prompt)
        finally:
            hook.remove()
        assert engine.stats.running == 0
        assert (await reply(engine, prompt)).tokens == reference(prompt, 12)
    assert "a step of 1 sequences failed" in caplog.text


async def test_closing_lets_the_steps_that_are_begun_end(loaded: LoadedModel) -> None:
    """Each that was begun is finished: none writes to memory that is gone."""
    engine = made(replace(loaded, eos_ids=frozenset()))
    with noted(engine) as calls:
        async with engine:
            asked = engine.stream(request(prompt_of(3, 9), sampling=Sampling(max_new_tokens=200)))
            async for event in asked:
                if hasattr(event, "text"):
                    break
            await engine.aclose()
            await asked.aclose()
    flights = {name: [f for n, f in calls if n.startswith(name)] for name in ("begin", "finish")}
    assert flights["begin"] == flights["finish"]


def scheduled(*, max_batch: int = 3) -> tuple[Scheduler, list[Asked], Step]:
    """Two sequences whose prompts have run, and their first decode step."""
    slots = SlotTable(64, 512)
    scheduler = Scheduler(slots, max_batch=max_batch, max_waiting=8, max_step_tokens=32)
    asked = [Asked((1, 2, 3 + i), GREEDY, f"{i}", 5 + i) for i in range(2)]
    for sequence in asked:
        scheduler.add(sequence)
    prompts = scheduler.schedule()
    assert prompts is not None and scheduler.foresee(prompts) is None  # a prompt's step
    scheduler.advance(prompts, [7, 8])
    step = scheduler.schedule()
    assert step is not None
    return scheduler, asked, step


def test_the_next_step_is_foreseen_without_those_that_are_full() -> None:
    """Each token follows the row that draws it; a foreseen step's own successor, too."""
    scheduler, (short, long), step = scheduled()
    next_step = scheduler.foresee(step)
    assert next_step is not None and next_step.placements == ()
    (chunk,) = next_step.chunks
    assert chunk.sequence is long and (chunk.start, chunk.follows) == (4, 1) and chunk.samples
    assert scheduler.advance(step, [9, 10]) == [(short, 9), (long, 10)]
    assert scheduler.foresee(next_step) is None  # that one is full, and the other has not ended
    scheduler.remove(short)
    assert scheduler.foresee(next_step) is None  # both are full
    assert scheduler.advance(next_step, [11]) == [(long, 11)]
    assert long.tokens == [1, 2, 4, 8, 10, 11] and long.computed == 5


def test_what_ran_on_a_token_that_came_out_otherwise_runs_again() -> None:
    """And for that sequence nothing is foreseen any more."""
    scheduler, (short, long), step = scheduled()
    next_step = scheduler.foresee(step)
    assert next_step is not None
    scheduler.advance(step, [9, 10])
    scheduler.remove(short)
    assert scheduler.advance(next_step, [None]) == [] and long.drawn_again
    again = scheduler.schedule()
    assert again is not None and scheduler.foresee(again) is None
    (chunk,) = again.chunks
    assert (chunk.tokens, chunk.start, chunk.follows) == ((10,), 4, None)


def test_nothing_is_foreseen_while_somebody_may_come_in() -> None:
    """A place is free, or a candidate holds one; not while all are taken."""
    scheduler, _, step = scheduled()
    scheduler.add(Asked((5, 6), GREEDY, "new", 20))
    assert scheduler.foresee(step) is None
    scheduler, _, step = scheduled(max_batch=2)
    scheduler.add(Asked((5, 6), GREEDY, "new", 20))
    assert scheduler.foresee(step) is not None
    scheduler.add(Asked((5, 6), GREEDY, "new", 20, candidate=1))
    assert scheduler.foresee(step) is None


def test_rows_follow_the_tokens_that_were_drawn(loaded: LoadedModel) -> None:
    """Sequences may have left; what is no token is one that can be looked up."""
    cache = KVCache(CacheShape.of(loaded.model.config), 64, loaded.dtype, loaded.device)
    chunks = []
    for slot, row in ((0, 2), (1, 0), (2, 1)):
        cache.prepare(Placement(slot, 16, 0, 0, None))
        sequence = Asked((1,), GREEDY, "", 16)
        chunks.append(Chunk(sequence, Slot(slot, "", 16), 3, (0,), True, row))
    batch = following(padded(chunks, cache, 4), chunks, torch.tensor([21, -2, 23, 24]))
    assert batch.tokens.tolist() == [23, 21, 0, 0]
    assert batch.positions.tolist() == [3, 3, 3, 0]


def test_a_row_that_follows_no_token_leaves_no_trace() -> None:
    """Its token is void; its key and its penalties are those of when it is drawn rightly."""
    logits = torch.linspace(0, 3, 50).repeat(2, 1)
    settings = Sampling(temperature=1.0, top_k=20, repetition_penalty=1.5, seed=9)

    def pair() -> list[Asked]:
        return [Asked((1, 2), settings, "c", 30) for _ in range(2)]

    plain, asked = Sampler(), pair()
    expected = [plain.sample(logits, asked) for _ in range(4)]
    sampler, asked = Sampler(), pair()
    first = sampler.draw(logits, asked, Following([2, 2], [0, 1], None))
    behind = torch.tensor([int(first.tokens[0]), -2])
    second = sampler.draw(logits, asked, Following([3, 3], [0, 1], behind))
    third = sampler.draw(logits, asked, Following([4, 4], [0, 1], second.tokens))
    assert sampler.read(first, first.tokens.tolist()) == expected[0]
    assert sampler.read(second, second.tokens.tolist()) == [expected[1][0], None]
    assert sampler.read(third, Numbers(third.tokens).tolist()) == [expected[2][0], None]
    for place in (3, 4):
        again = sampler.draw(logits[:1], asked[1:], Following([place], [0], None))
        assert sampler.read(again, again.tokens.tolist()) == [expected[place - 2][1]]
