"""The rules of `bot/engine/local.py`: the engine as a whole, on a real tiny model."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine.errors import EngineFailed, LoadError
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Step
from bot.errors import (
    DeadlineExceeded,
    EngineBusy,
    EngineClosed,
    GenerationFailed,
    MessageTooLong,
)
from bot.messages import FinishReason, GenerationEnd, Queued, Sampling, TextDelta, Thinking
from bot.tokenizer import load_tokenizer
from tests.bot.engine.tiny import (
    CONTEXT,
    EOS,
    GREEDY,
    LetterTokenizer,
    collect,
    layers,
    reply,
    request,
    until,
    without_end,
)

Reference = Callable[[Sequence[int], int], list[int]]


def prompt_of(seed: int, length: int) -> list[int]:
    """A random prompt without special tokens."""
    source = random.Random(seed)
    return [source.randrange(3, 300) for _ in range(length)]


def endless(loaded: LoadedModel) -> LoadedModel:
    """The model without an end token, for tests that need long replies."""
    return replace(loaded, eos_ids=frozenset())


@contextmanager
def before_steps(engine: LocalEngine, action: Callable[[Step], None]) -> Any:
    """Call `action` in the engine's thread before each step."""
    runner: ModelRunner = engine._runner
    run = runner.run

    def wrapped(step: Step) -> list[int]:
        action(step)
        return run(step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "run", wrapped)
        yield


async def test_cold_prompts_together_equal_generate_alone(
    loaded: LoadedModel, reference: Reference
) -> None:
    """Prompts of many lengths at once, each token for token as `model.generate` alone."""
    prompts = [prompt_of(i, length) for i, length in enumerate((1, 2, 5, 17, 40, 90, 150))]
    async with LocalEngine.from_loaded(loaded) as engine:
        replies = await asyncio.gather(*(reply(engine, p, f"c{i}") for i, p in enumerate(prompts)))
    for prompt, got in zip(prompts, replies, strict=True):
        expected = reference(prompt, 12)
        assert got.tokens == without_end(expected)
        reason = FinishReason.END if EOS in expected else FinishReason.LENGTH
        assert got.end == GenerationEnd(reason, len(prompt), 0, len(expected))


async def test_a_follow_up_prefills_only_what_is_new(
    loaded: LoadedModel, reference: Reference
) -> None:
    """The conversation's cache is used, says so, and changes no token."""
    prompt = prompt_of(1, 60)
    async with LocalEngine.from_loaded(endless(loaded)) as engine:
        first = await reply(engine, prompt)
        follow_up = [*prompt, *first.tokens, 50, 60, 70]
        second = await reply(engine, follow_up)
        edited = [*prompt[:30], *prompt_of(2, 20)]
        third = await reply(engine, edited)
    # The last generated token was never run, so it is not in the cache.
    assert second.end.cached_tokens == len(prompt) + len(first.tokens) - 1
    assert second.tokens == reference(follow_up, 12)
    assert third.end.cached_tokens == 30
    assert third.tokens == reference(edited, 12)


async def test_a_shared_preamble_is_computed_once(
    loaded: LoadedModel, reference: Reference
) -> None:
    """Another conversation's prefix is copied, of an idle slot as of a running one."""
    preamble = prompt_of(3, 40)
    prompts = [preamble + prompt_of(10 + i, 5 + i) for i in range(4)]
    async with LocalEngine.from_loaded(loaded) as engine:
        first = await reply(engine, prompts[0], "c0")
        rest = await asyncio.gather(
            *(reply(engine, p, f"c{i}") for i, p in enumerate(prompts[1:], 1))
        )
    for prompt, got in zip(prompts, [first, *rest], strict=True):
        assert got.tokens == without_end(reference(prompt, 12))
    assert [got.end.cached_tokens for got in rest] == [40] * 3


async def test_prompts_in_chunks_equal_prompts_at_once(
    loaded: LoadedModel, reference: Reference
) -> None:
    """Seven tokens a step: prefill in many pieces, between others' decoding."""
    prompts = [prompt_of(20 + i, 10 + 13 * i) for i in range(5)]
    engine = LocalEngine.from_loaded(loaded, EngineOptions(max_step_tokens=7))
    async with engine:
        replies = await asyncio.gather(*(reply(engine, p, f"c{i}") for i, p in enumerate(prompts)))
    for prompt, got in zip(prompts, replies, strict=True):
        assert got.tokens == without_end(reference(prompt, 12))


async def test_more_requests_than_places_and_little_memory(
    loaded: LoadedModel, reference: Reference
) -> None:
    """Queueing, eviction and taking over of slots change no token."""
    prompts = [prompt_of(40 + i % 4, 20 + 7 * i) for i in range(12)]
    options = EngineOptions(max_batch=3, max_step_tokens=16, cache_tokens=CONTEXT)
    async with LocalEngine.from_loaded(loaded, options) as engine:
        for _ in range(2):
            replies = await asyncio.gather(
                *(reply(engine, p, f"c{i}") for i, p in enumerate(prompts))
            )
            for prompt, got in zip(prompts, replies, strict=True):
                assert got.tokens == without_end(reference(prompt, 12))
    assert engine.stats.cached_tokens <= CONTEXT


async def test_two_requests_of_one_conversation_at_once(
    loaded: LoadedModel, reference: Reference
) -> None:
    """Each gets memory of its own."""
    base = prompt_of(60, 30)
    prompts = [base, [*base[:20], 9, 8, 7], [*base, 5]]
    async with LocalEngine.from_loaded(loaded) as engine:
        replies = await asyncio.gather(*(reply(engine, p, "same") for p in prompts))
    for prompt, got in zip(prompts, replies, strict=True):
        assert got.tokens == without_end(reference(prompt, 12))


@given(seed=st.integers(0, 10_000))
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,  # new prompts each time would meet two tokens too close to call at last
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_mixture_equals_generate_of_each_prompt_alone(
    seed: int, loaded: LoadedModel, reference: Reference
) -> None:
    """Cold and cached, shared prefixes, chunks, cancelled neighbours, eviction, queueing."""
    source = random.Random(seed)
    options = EngineOptions(
        max_batch=source.randint(1, 5),
        max_step_tokens=source.choice([1, 3, 7, 32, 256]),
        cache_tokens=CONTEXT * source.randint(1, 4),
    )
    preamble = prompt_of(seed, source.randint(0, 30))

    async def talk(engine: LocalEngine, number: int) -> None:
        history = list(preamble)
        dice = random.Random(seed * 100 + number)
        for _ in range(3):
            history += [dice.randrange(3, 300) for _ in range(dice.randint(1, 25))]
            count = dice.randint(1, 10)
            wanted = request(history, f"c{number % 4}", replace(GREEDY, max_new_tokens=count))
            if dice.random() < 0.3:
                async with aclosing(engine.stream(wanted)) as stream:
                    async for _ in stream:
                        if dice.random() < 0.4:
                            break
            else:
                got = await collect(engine.stream(wanted))
                assert got.tokens == without_end(reference(history, count))
                history += got.tokens

    async def everybody() -> None:
        async with LocalEngine.from_loaded(loaded, options) as engine:
            async with asyncio.TaskGroup() as group:
                for number in range(6):
                    group.create_task(talk(engine, number))
            assert (engine.stats.running, engine.stats.waiting) == (0, 0)

    asyncio.run(everybody())


async def test_a_seeded_reply_does_not_depend_on_its_neighbours(loaded: LoadedModel) -> None:
    """The same seed gives the same text, alone and in a full batch."""
    prompt = prompt_of(70, 25)
    sampling = Sampling(max_new_tokens=20, temperature=0.9, top_p=0.9, top_k=50, seed=5)
    other = replace(sampling, seed=None, repetition_penalty=1.3)
    async with LocalEngine.from_loaded(endless(loaded)) as engine:
        alone = await reply(engine, prompt, "a", sampling)
        crowd = [reply(engine, prompt_of(71 + i, 30), f"o{i}", other) for i in range(5)]
        again, *_ = await asyncio.gather(reply(engine, prompt, "b", sampling), *crowd)
        third = await reply(engine, prompt, "c", replace(sampling, seed=6))
    assert again.tokens == alone.tokens
    assert third.tokens != alone.tokens


async def test_a_stop_string_ends_the_reply_before_it(
    loaded: LoadedModel, reference: Reference
) -> None:
    """The request's own and the sampling's stop strings count; the text before is kept."""
    prompt = prompt_of(80, 20)
    expected = reference(prompt, 12)
    assert len(set(expected[:6])) == 6
    letters = loaded.tokenizer.decode
    async with LocalEngine.from_loaded(endless(loaded)) as engine:
        got = await reply(engine, prompt, stop=(letters(expected[3:5]),))
        sampling = replace(GREEDY, stop=(letters(expected[2:3]),))
        short = await reply(engine, prompt, "d", sampling)
    assert got.tokens == expected[:3]
    assert (got.end.reason, got.end.generated_tokens) == (FinishReason.STOP, 5)
    assert (short.tokens, short.end.reason) == (expected[:2], FinishReason.STOP)


async def test_what_the_model_thinks_is_told_once_and_not_shown(
    loaded: LoadedModel, reference: Reference
) -> None:
    """A thought that the model begins, and one that the prompt has begun."""
    prompt = prompt_of(80, 20)
    expected = reference(prompt, 12)
    assert len(set(expected[:6])) == 6
    spelled = dict(zip(expected, ("<think>", "hm", "</think>"), strict=False))

    class Thinker(LetterTokenizer):
        def token_bytes(self, token_id: int) -> bytes:
            return spelled.get(token_id, "猫").encode()

    wanted = request(prompt, sampling=replace(GREEDY, max_new_tokens=5))
    opened = replace(wanted, prompt=replace(wanted.prompt, text="<think>\n"))
    async with LocalEngine.from_loaded(replace(endless(loaded), tokenizer=Thinker())) as engine:
        for asked in (wanted, opened):
            spelled[expected[0]] = "<think>" if asked is wanted else "h"
            *events, end = [event async for event in engine.stream(asked)]
            assert events == [Thinking(), TextDelta("猫"), TextDelta("猫")]
            assert isinstance(end, GenerationEnd) and end.generated_tokens == 5


async def test_a_reply_ends_with_the_context(loaded: LoadedModel) -> None:
    """More new tokens than there is room for: the reply ends, with its reason."""
    prompt = prompt_of(81, CONTEXT - 5)
    async with LocalEngine.from_loaded(endless(loaded)) as engine:
        got = await reply(engine, prompt, "c", replace(GREEDY, max_new_tokens=100))
        with pytest.raises(MessageTooLong) as error:
            await reply(engine, prompt_of(82, CONTEXT))
    assert (got.end.reason, len(got.tokens)) == (FinishReason.LENGTH, 5)
    assert (error.value.tokens, error.value.limit) == (CONTEXT, CONTEXT - 1)


async def test_real_text_streams_through_the_checkpoints_own_tokenizer(
    loaded: LoadedModel, reference: Reference
) -> None:
    """With SentencePiece and byte fallback, the pieces add up to the whole text."""
    tokenizer = load_tokenizer(loaded.folder)
    prompt = tokenizer.encode("ユーザー: 猫\nシステム: ")
    wanted = request(prompt, sampling=replace(GREEDY, max_new_tokens=30))
    async with LocalEngine.from_loaded(replace(loaded, tokenizer=tokenizer)) as engine:
        events = [event async for event in engine.stream(wanted)]
    text = "".join(e.text for e in events if isinstance(e, TextDelta))
    assert text == tokenizer.decode(without_end(reference(prompt, 30)))
    assert isinstance(events[-1], GenerationEnd)


async def test_cancelling_frees_the_sequence_before_the_next_step(
    loaded: LoadedModel,
) -> None:
    """After a stream is closed, at most the step that is running computes for it."""
    steps: list[set[str]] = []
    engine = LocalEngine.from_loaded(endless(loaded))
    async with engine:
        with before_steps(
            engine, lambda s: steps.append({c.sequence.conversation for c in s.chunks})
        ):
            other = asyncio.create_task(
                reply(engine, prompt_of(90, 9), "other", replace(GREEDY, max_new_tokens=60))
            )
            stream = engine.stream(
                request(prompt_of(91, 9), "gone", replace(GREEDY, max_new_tokens=60))
            )
            async for _ in stream:
                break
            await stream.aclose()
            closed_at = len(steps)
            assert engine.stats.running == 1
            await other
    assert sum("gone" in conversations for conversations in steps[closed_at:]) <= 1
    assert len(steps) > closed_at + 20


async def test_a_full_queue_answers_busy(loaded: LoadedModel) -> None:
    """The request is refused at once; those that were accepted are served."""
    options = EngineOptions(max_batch=1, max_waiting=1)
    async with LocalEngine.from_loaded(loaded, options) as engine:
        accepted = [asyncio.create_task(reply(engine, prompt_of(i, 9))) for i in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(EngineBusy):
            await reply(engine, prompt_of(5, 9))
        assert len(await asyncio.gather(*accepted)) == 2


async def test_a_failed_step_fails_its_own_requests_only(
    loaded: LoadedModel, reference: Reference, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of the step end with an error; the queue and later requests are served right."""
    broken = threading.Event()

    def fail(*_: object) -> None:
        if broken.is_set():
            broken.clear()
            raise RuntimeError("injected")

    middle = layers(loaded)[1]
    hook = middle.register_forward_pre_hook(fail)
    prompts = [prompt_of(100 + i, 30) for i in range(3)]
    try:
        options = EngineOptions(max_batch=2)
        async with LocalEngine.from_loaded(loaded, options) as engine:
            cached = await reply(engine, prompts[0], "c0")
            broken.set()
            results = await asyncio.gather(
                *(reply(engine, p, f"c{i}") for i, p in enumerate(prompts)),
                return_exceptions=True,
            )
            again = await reply(engine, prompts[0], "c0")
    finally:
        hook.remove()
    assert [type(r) for r in results[:2]] == [GenerationFailed, GenerationFailed]
    third = results[2]
    assert not isinstance(third, BaseException)
    assert third.tokens == without_end(reference(prompts[2], 12))
    assert again.tokens == cached.tokens == without_end(reference(prompts[0], 12))
    assert again.end.cached_tokens == 0
    assert "a step of 2 sequences failed" in caplog.text


async def test_a_request_past_its_deadline_ends(loaded: LoadedModel) -> None:
    """Running or waiting, it is told so, and the engine goes on."""
    options = EngineOptions(max_batch=1, deadline_seconds=0)
    async with LocalEngine.from_loaded(loaded, options) as engine:
        results = await asyncio.gather(
            *(reply(engine, prompt_of(i, 9)) for i in range(2)), return_exceptions=True
        )
        assert [type(r) for r in results] == [DeadlineExceeded] * 2
        assert (engine.stats.running, engine.stats.waiting) == (0, 0)


async def test_closing_ends_every_stream_and_the_thread(loaded: LoadedModel) -> None:
    """Running and waiting streams get an error; nothing of the engine is left."""
    engine = LocalEngine.from_loaded(endless(loaded), EngineOptions(max_batch=1))
    await engine.start()
    long = replace(GREEDY, max_new_tokens=200)
    streams = [asyncio.create_task(reply(engine, prompt_of(i, 9), "c", long)) for i in range(3)]
    await until(lambda: engine.stats.running > 0)
    await engine.aclose()
    results = await asyncio.gather(*streams, return_exceptions=True)
    assert [type(r) for r in results] == [EngineClosed] * 3
    assert not [t for t in threading.enumerate() if t.name.startswith("kaiwa-engine")]
    with pytest.raises(EngineClosed):
        await reply(engine, prompt_of(1, 9))


async def test_steps_run_in_one_other_thread_and_come_back_in_one_call(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop is free during a step, and is called once a step for all streams."""
    engine = LocalEngine.from_loaded(endless(loaded))
    threads: list[int] = []
    loop = asyncio.get_running_loop()
    calls: list[int] = []
    hand_over = loop.call_soon_threadsafe

    def counted(*args: Any, **options: Any) -> asyncio.Handle:
        if threading.get_ident() in threads:
            calls.append(1)
        return hand_over(*args, **options)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    async with engine:
        with before_steps(engine, lambda step: threads.append(threading.get_ident())):
            await asyncio.gather(*(reply(engine, prompt_of(i, 9), f"c{i}") for i in range(6)))
    assert set(threads) != {threading.get_ident()} and len(set(threads)) == 1
    # A step that ends before its future is watched is picked up by the loop itself.
    assert 0 < len(calls) <= len(threads)


async def test_the_event_loop_runs_while_a_step_runs(loaded: LoadedModel) -> None:
    """A step that lasts until the loop has done something else does not block for ever."""
    did_something_else = threading.Event()
    started = threading.Event()

    def wait(step: Step) -> None:
        started.set()
        assert did_something_else.wait(30)

    engine = LocalEngine.from_loaded(loaded)
    async with engine:
        with before_steps(engine, wait):
            task = asyncio.create_task(reply(engine, prompt_of(1, 9)))
            await until(started.is_set)
            did_something_else.set()
            await task


async def test_an_idle_engine_does_nothing(loaded: LoadedModel) -> None:
    """Without requests there is no step, and the serving task sleeps."""
    steps: list[Step] = []
    engine = LocalEngine.from_loaded(loaded)
    async with engine:
        with before_steps(engine, steps.append):
            await reply(engine, prompt_of(1, 9))
            ran = len(steps)
            turns = 0
            for _ in range(100):
                await asyncio.sleep(0)
                turns += not engine._work.is_set()
            assert len(steps) == ran and turns > 90


async def test_those_who_wait_are_told_their_place(loaded: LoadedModel) -> None:
    """The place goes down to 1; the time is unknown before the first request was measured."""

    async def places(engine: LocalEngine, number: int) -> list[Queued]:
        asked = request(prompt_of(number, 9), f"c{number}")
        return [event async for event in engine.stream(asked) if isinstance(event, Queued)]

    async with LocalEngine.from_loaded(loaded, EngineOptions(max_batch=1)) as engine:
        told = await asyncio.gather(*(places(engine, number) for number in (1, 2, 3)))
    first, second, third = told
    assert (first, [queued.place for queued in second]) == ([], [1])
    assert [queued.place for queued in third] == [2, 1]
    assert third[0].seconds is None
    assert third[1].seconds is not None and third[1].seconds > 0


async def test_how_long_requests_take_does_not_count_their_wait(loaded: LoadedModel) -> None:
    """Or a long queue would be told ever longer times. One after the other, none overlap."""
    async with LocalEngine.from_loaded(loaded, EngineOptions(max_batch=1)) as engine:
        started = time.monotonic()
        await asyncio.gather(*(reply(engine, prompt_of(i, 9), f"c{i}") for i in range(5)))
        took = time.monotonic() - started
    assert len(engine._scheduler.queue._durations) == 5
    assert 0 < sum(engine._scheduler.queue._durations) <= took


async def test_an_error_of_the_engine_itself_leaves_nobody_waiting(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If serving ends by a bug, streams end and whoever watches the engine is told."""
    engine = LocalEngine.from_loaded(loaded)
    await engine.start()

    def broken(*_: object) -> None:
        raise AssertionError("a bug")

    monkeypatch.setattr(engine, "_postprocess", broken)
    with pytest.raises(EngineClosed):
        await reply(engine, prompt_of(1, 9))
    with pytest.raises(EngineFailed) as failed:
        await engine.ended()
    assert str(failed.value.__cause__) == "a bug"
    await engine.aclose()


def test_a_cache_that_is_too_large_is_one_line(loaded: LoadedModel) -> None:
    """With the setting that made it so."""
    with pytest.raises(LoadError, match=r"Lower \[engine\] cache_tokens"):
        LocalEngine.from_loaded(loaded, EngineOptions(cache_tokens=10**13))


async def test_a_setting_bounds_the_context(loaded: LoadedModel) -> None:
    """Of prompt and reply; a longer prompt is refused with that number."""
    engine = LocalEngine.from_loaded(endless(loaded), EngineOptions(context_length=40))
    async with engine:
        assert engine.context_length == 40
        with pytest.raises(MessageTooLong, match="39"):
            await reply(engine, prompt_of(1, 40))
        assert (await reply(engine, prompt_of(1, 38))).end.reason is FinishReason.LENGTH


def test_a_model_of_a_long_context_starts_in_little_memory(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a part of its context, so that conversations find room side by side."""
    long = replace(loaded, context_length=131_072)
    monkeypatch.setattr("bot.engine.local.free_bytes", lambda device: 2 * 20_000 * 2 * 3 * 64 * 4)
    engine = LocalEngine.from_loaded(long)
    assert (engine.context_length, engine._slots.cache_tokens) == (5_000, 20_000)


def test_a_context_beyond_the_memory_is_one_line(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the setting that was set, and which mends it."""
    monkeypatch.setattr("bot.engine.local.free_bytes", lambda device: 100 * 2 * 3 * 64 * 4)
    with pytest.raises(LoadError, match=r"Lower \[engine\] context_length"):
        LocalEngine.from_loaded(loaded, EngineOptions(context_length=CONTEXT))
    short = LocalEngine.from_loaded(loaded, EngineOptions(context_length=100))
    assert short.context_length == 100
    with pytest.raises(LoadError, match=r"Lower \[engine\] cache_tokens"):
        LocalEngine.from_loaded(loaded, EngineOptions(cache_tokens=CONTEXT))
    assert LocalEngine.from_loaded(loaded, EngineOptions(cache_tokens=90)).context_length == 90


async def test_memory_for_the_cache_is_derived_from_what_is_free(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two contexts a place at most, one at least, half of what is free in between."""
    sizes = []
    for free in (0, 10 * CONTEXT * 2 * 3 * 64 * 4, 10**12):
        monkeypatch.setattr("bot.engine.local.free_bytes", lambda device, free=free: free)
        engine = LocalEngine.from_loaded(loaded, EngineOptions(max_batch=4))
        sizes.append(engine._slots.cache_tokens / CONTEXT)
        await engine.start()
        await engine.aclose()
    assert sizes == [1, 5, 8]
