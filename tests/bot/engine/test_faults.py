"""What goes wrong while a model computes, each injected; the engine serves again where it can."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch

from bot.engine import local
from bot.engine.errors import EngineFailed, StepHung
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.sequence import Step
from bot.errors import DeadlineExceeded, EngineClosed, GenerationFailed
from bot.messages import FinishReason, Sampling
from tests.bot.engine.tiny import GREEDY, reply, until, without_end

Reference = Callable[[list[int], int], list[int]]


@pytest.fixture
def hang() -> Iterator[threading.Event]:
    """Until it is set, what waits for it does; at the end of a test it is."""
    event = threading.Event()
    yield event
    event.set()


def hanging(engine: LocalEngine, hang: threading.Event) -> None:
    """The next steps do not come back before `hang` is set."""
    run = engine._runner.run

    def hung(step: Step) -> list[int]:
        hang.wait()
        return run(step)

    engine._runner.run = hung  # type: ignore[method-assign]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("none"), MemoryError(), RuntimeError()])
async def test_a_step_out_of_memory_costs_its_own_requests_and_nobody_elses(
    loaded: LoadedModel, reference: Reference, error: Exception
) -> None:
    """What waits is served next, the failed conversation when it asks again; in smaller steps."""
    async with LocalEngine.from_loaded(loaded, EngineOptions(max_batch=1)) as engine:
        run, failures = engine._runner.run, iter([error])

        def scarce(step: Step) -> list[int]:
            if (problem := next(failures, None)) is not None:
                raise problem
            return run(step)

        engine._runner.run = scarce  # type: ignore[method-assign]
        before = engine._pace.tokens
        first, second = await asyncio.gather(
            reply(engine, [5, 6, 7], "a"), reply(engine, [8, 9, 10], "b"), return_exceptions=True
        )
        assert isinstance(first, GenerationFailed) and engine._pace.tokens == before // 2
        assert not isinstance(second, BaseException)
        expected = without_end(reference([8, 9, 10], GREEDY.max_new_tokens))
        assert second.tokens == expected
        again = await reply(engine, [5, 6, 7], "a")
        assert again.tokens == without_end(reference([5, 6, 7], GREEDY.max_new_tokens))
        assert again.end.cached_tokens == 0


async def test_a_model_that_never_ends_is_ended(loaded: LoadedModel) -> None:
    """At the most tokens that a reply may have, at the context's end, or at its deadline."""
    endless = replace(loaded, eos_ids=frozenset())
    for most, length in ((9, 9), (10_000, loaded.context_length - 3)):
        async with LocalEngine.from_loaded(endless) as engine:
            sampling = Sampling(max_new_tokens=most, temperature=0)
            ended = await reply(engine, [5, 6, 7], sampling=sampling)
            assert ended.end.reason is FinishReason.LENGTH and len(ended.tokens) == length
    async with LocalEngine.from_loaded(endless, EngineOptions(deadline_seconds=1e-6)) as engine:
        with pytest.raises(DeadlineExceeded):
            await reply(engine, [5, 6, 7], sampling=Sampling(max_new_tokens=10_000))


async def test_a_computing_thread_that_hangs_ends_the_engine(
    loaded: LoadedModel, hang: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """Who waits is told, the log says where the thread is, and whoever serves the bot can start
    it again."""
    async with LocalEngine.from_loaded(loaded, EngineOptions(max_batch=1)) as engine:
        engine._step_seconds = 0.2
        hanging(engine, hang)
        asked = (reply(engine, [5, 6, 7], name) for name in "ab")
        with caplog.at_level(logging.ERROR):
            told = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in told] == [EngineClosed] * 2
        with pytest.raises(EngineFailed) as ended:
            await engine.ended()
    assert isinstance(ended.value.__cause__, StepHung)
    (where,) = [r.getMessage() for r in caplog.records if "has not come back for" in r.getMessage()]
    assert "hang.wait()" in where


async def test_a_computing_thread_that_hangs_does_not_keep_the_bot_from_ending(
    loaded: LoadedModel,
    hang: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Closing waits for a step so long, and then leaves it alone."""
    monkeypatch.setattr(local, "CLOSING_SECONDS", 0.1)
    async with LocalEngine.from_loaded(loaded) as engine:
        hanging(engine, hang)
        asked = asyncio.ensure_future(reply(engine, [5, 6, 7]))
        await until(lambda: engine.stats.running == 1)
        await engine.aclose()
        with pytest.raises(EngineClosed):
            await asked
    assert "hang.wait()" in caplog.text


def test_a_computing_thread_that_hangs_does_not_keep_the_process_from_ending() -> None:
    """What a ThreadPoolExecutor's would."""
    program = (
        "import threading\n"
        "from bot.engine import thread\n"
        "thread.LEAVING_SECONDS = 0.1\n"
        "thread.COMPUTE.submit(threading.Event().wait)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=True, timeout=60, stderr=-1)
    assert ran.stderr == b""
