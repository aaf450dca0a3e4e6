"""Several candidates for one reply, written side by side, of which the best is shown.

They share the prompt's computation, and are one batch of the engine's. Nothing of them is shown
before the last has ended: which one it will be is not known. Knows what a text generator promises;
not what makes a reply a good one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.errors import BotError
from bot.messages import (
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Queued,
    TextDelta,
    Thinking,
)
from bot.ports import TextGenerator

log = logging.getLogger(__name__)

SEEDS = 2**63  # how many there are
Judge = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class _Written:
    """A whole candidate."""

    text: str
    end: GenerationEnd


async def best_of(
    generator: TextGenerator, request: GenerationRequest, count: int, judge: Judge
) -> AsyncGenerator[GenerationEvent, None]:
    """The events of `TextGenerator.stream`, of the best of at most `count` candidates.

    The best is that of which `judge` says the least; it is called in a thread, once for each. Of
    alike ones it is the first, and the request itself where `judge` fails. A blank one is never
    the best. Fewer are written where the engine has no place for more; where the likeliest word
    is always taken (temperature 0), one. With a seed each has its own, so that they differ, and
    are the same the next time. Raises what the request's own stream does.
    """
    if request.sampling.temperature == 0:
        count = 1  # all would be the same
    further = [
        asyncio.create_task(_further(generator, request, number), name="kaiwa-candidate")
        for number in range(1, count)
    ]
    chosen = 0
    try:
        text = ""
        async with aclosing(generator.stream(request)) as events:  # the first to be asked for
            async for event in events:
                if isinstance(event, Queued | Thinking):
                    yield event
                elif isinstance(event, TextDelta):
                    text += event.text
                else:
                    end = event
        written = {0: _Written(text, end)}
        for number, task in enumerate(further, start=1):
            if (candidate := await task) is not None:
                written[number] = candidate
        if len(written) > 1:
            chosen = await asyncio.to_thread(_best, judge, written)
    finally:
        for task in further:
            task.cancel()
        if further:
            await asyncio.gather(*further, return_exceptions=True)
            generator.chosen(request.conversation, chosen)
    best = written[chosen]
    if best.text:
        yield TextDelta(best.text)
    yield best.end


async def _further(
    generator: TextGenerator, request: GenerationRequest, number: int
) -> _Written | None:
    """A candidate beside the request itself; None where there is none."""
    sampling = request.sampling
    if sampling.seed is not None:
        sampling = replace(sampling, seed=(sampling.seed + number) % SEEDS)
    text, end = "", None
    try:
        asked = replace(request, sampling=sampling, candidate=number)
        async with aclosing(generator.stream(asked)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    text += event.text
                elif isinstance(event, GenerationEnd):
                    end = event
    except BotError as error:
        log.debug("one candidate fewer: %s", type(error).__name__)
        return None
    except Exception:
        log.exception("a candidate failed")
        return None
    return None if end is None else _Written(text, end)


def _best(judge: Judge, written: Mapping[int, _Written]) -> int:
    """The number of the best candidate."""
    readable = [number for number, each in written.items() if each.text.strip()]
    try:
        return min(readable, key=lambda number: judge(written[number].text), default=0)
    except BotError as error:
        log.warning("candidates could not be judged; the first is taken: %s", error)
        return 0
    except Exception:
        log.exception("candidates could not be judged; the first is taken")
        return 0
