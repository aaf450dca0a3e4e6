"""The rules of `bot/bench/profiling.py`; what it prints is in test_command.py."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future

from bot.bench import profiling
from bot.bench.workload import Conversation, Workload
from bot.engine.thread import COMPUTE

WORK = Workload(channels=2, preamble=1, history=1, question=1, reply=2, turns=1, vocabulary=9)


async def test_the_step_that_is_under_way_ends_before_the_measuring_does() -> None:
    """Else its operators would run into the next measurement, or the end of the profiler."""
    steps: list[Future[None]] = []

    async def ask(channel: int, prompt: Sequence[int]) -> AsyncGenerator[tuple[int, ...], None]:
        """An engine that begins its next step while it hands over a token."""
        while True:
            steps.append(COMPUTE.submit(time.sleep, 0.05))
            yield (channel,)

    channels = [Conversation(WORK, number, 1) for number in range(WORK.channels)]
    await profiling._all(ask, channels, 3)
    assert len(steps) == 6 and all(step.done() for step in steps)
