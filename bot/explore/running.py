"""Every cell answers every prompt, all in one batch of the engine.

The replies to a prompt follow one another, so that whatever has its beginning computed is there
when the next one comes. Knows what a text generator promises; nothing of what replies are worth.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.errors import BotError
from bot.explore.grid import Cell
from bot.messages import (
    FinishReason,
    GenerationEnd,
    GenerationRequest,
    Prompt,
    Sampling,
    TextDelta,
)
from bot.ports import TextGenerator

SEEDS = 2**63  # how many there are

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is answered: its last question, for people, and the whole prompt."""

    text: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Reply:
    """The `number`th reply (from 1 on) of a cell to a prompt, by their numbers.

    `seconds`: from its first text to its end. `reason` is None where it failed.
    """

    cell: int
    asked: int
    number: int
    seed: int
    text: str
    reason: FinishReason | None
    tokens: int = 0
    seconds: float = 0.0
    error: BotError | None = None

    @property
    def speed(self) -> float | None:
        """Tokens a second, beside all that ran with it; None where it was too short to tell."""
        return (self.tokens - 1) / self.seconds if self.tokens > 1 and self.seconds else None


@dataclass(frozen=True, slots=True)
class Ran:
    """All replies, and what they took: tokens of prompts, of these cached, and generated."""

    replies: tuple[Reply, ...]
    seconds: float
    prompt_tokens: int
    cached_tokens: int

    @property
    def generated(self) -> int:
        """Tokens of all replies."""
        return sum(reply.tokens for reply in self.replies)

    @property
    def speed(self) -> float:
        """Tokens a second, of all that ran together."""
        return self.generated / self.seconds if self.seconds else 0.0


async def run(
    generator: TextGenerator,
    asked: Sequence[Asked],
    cells: Sequence[Cell],
    *,
    count: int,
    seed: int,
    stop: tuple[str, ...],
    places: int,
    told: Told,
) -> Ran:
    """Let every cell write `count` replies to everything that is `asked`; of a greedy one one.

    Reply 1 has the `seed` in every cell, reply 2 the next one: what differs between cells is by
    their settings. As many as the engine has `places` for run at once. `told` is given how many
    are done, and of how many. A reply that fails is kept as such; raises BotError where all do.
    """
    free = asyncio.Semaphore(places)
    jobs = [
        (at, cell, number)
        for at in range(len(asked))
        for cell in cells
        for number in range(1, 1 + (1 if cell.greedy else count))
    ]
    done = prompts = cached = 0

    async def one(at: int, cell: Cell, number: int) -> Reply:
        nonlocal done, prompts, cached
        sampling = replace(cell.sampling, seed=(seed + number - 1) % SEEDS)
        name = f"explore {at}/{cell.number}/{number}"
        async with free:
            reply, end = await _written(generator, asked[at].prompt, sampling, name, stop)
        if end is not None:
            prompts += end.prompt_tokens
            cached += end.cached_tokens
        done += 1
        told(done, len(jobs))
        return replace(reply, cell=cell.number, asked=at, number=number)

    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(*job), name="kaiwa-explore") for job in jobs]
    seconds = time.monotonic() - started
    replies = tuple(task.result() for task in tasks)
    errors = [reply.error for reply in replies if reply.error is not None]
    if len(errors) == len(replies):
        raise errors[0]
    return Ran(replies, seconds, prompts, cached)


async def _written(
    generator: TextGenerator,
    prompt: Prompt,
    sampling: Sampling,
    name: str,
    stop: tuple[str, ...],
) -> tuple[Reply, GenerationEnd | None]:
    request = GenerationRequest(prompt, sampling, name, stop=stop)
    text, began, end = "", None, None
    blank = Reply(0, 0, 0, sampling.seed or 0, "", None)
    try:
        async with aclosing(generator.stream(request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    began = began or time.monotonic()
                    text += event.text
                elif isinstance(event, GenerationEnd):
                    end = event
    except BotError as error:
        return replace(blank, text=text.strip(), error=error), None
    assert end is not None
    seconds = 0.0 if began is None else time.monotonic() - began
    reply = replace(blank, text=text.strip(), reason=end.reason, tokens=end.generated_tokens)
    return replace(reply, seconds=seconds), end
