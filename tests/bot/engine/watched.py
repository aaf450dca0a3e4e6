"""An engine that is watched, steps that fail, and what is counted of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from weakref import WeakKeyDictionary

import torch

from bot.engine.local import LocalEngine
from bot.engine.sequence import Sequence, Step
from bot.errors import BotError
from bot.messages import GenerationEnd, GenerationRequest

SAMPLES = 200  # greedy replies that are kept, to be asked for again


def failing(run: Callable[[Step], list[int]], rate: float, seed: int) -> Callable[..., list[int]]:
    """A runner's `run` that fails at random: before the model ran, or after it."""
    dice = Random(seed)

    def wrapped(step: Step) -> list[int]:
        drawn = dice.random()
        if drawn < rate / 2:
            raise torch.OutOfMemoryError("injected, before the step")
        tokens = run(step)
        if drawn < rate:
            raise torch.OutOfMemoryError("injected, after the step")
        return tokens

    return wrapped


@dataclass(frozen=True, slots=True)
class Sample:
    """A greedy reply that came to its end: what was asked, and the tokens that were written."""

    request: GenerationRequest
    tokens: list[int]


@dataclass(slots=True)
class Tally:
    """What happened. `problems` is what must not."""

    seed: int
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    greedy: int = 0
    steps: int = 0
    generated: int = 0
    prefilled: int = 0  # follow-ups after a prefill ahead that nobody disturbed
    found: int = 0  # of them, those that found all of it

    @property
    def requests(self) -> int:
        """How many requests have ended."""
        return self.outcomes.total()

    def keep(self, sample: Sample) -> None:
        """Keep a fair choice of all greedy replies, in bounded memory."""
        self.greedy += 1
        at = Random(f"{self.seed} {self.greedy}").randrange(self.greedy)
        if len(self.samples) < SAMPLES:
            self.samples.append(sample)
        elif at < SAMPLES:
            self.samples[at] = sample


class WatchedEngine(LocalEngine):
    """Looks at its slots before each step, and at how often each request ends."""

    tally: Tally
    deadline: float | None = None  # seconds, of the next request

    def watch(self, tally: Tally) -> None:
        """Report to this tally from now on."""
        self.tally = tally
        self.submitted: dict[int, tuple[Sequence, Any]] = {}  # by the identity of the prompt
        self.ends: WeakKeyDictionary[Sequence, int] = WeakKeyDictionary()
        schedule = self._scheduler.schedule

        def watched() -> Step | None:
            step = schedule()
            self.tally.steps += step is not None
            self._look(step)
            return step

        self._scheduler.schedule = watched  # type: ignore[method-assign]

    def _look(self, step: Step | None) -> None:
        table, running = self._slots, self._scheduler.running
        if table.reserved > table.cache_tokens:
            self.tally.problems.append(f"{table.reserved} tokens reserved")
        in_use = sum(slot.in_use for slot in table._slots.values())
        if in_use != running + (step is not None and step.is_ahead):
            self.tally.problems.append(f"{in_use} slots in use by {running} requests")

    def _submit(self, request: GenerationRequest) -> Any:
        deadline, self.deadline = self.deadline, None
        found = super()._submit(request)
        if deadline is not None:
            found[0].deadline += deadline - self._deadline_seconds
        self.submitted[id(request.prompt)] = found
        return found

    def _end(self, sequence: Sequence, event: GenerationEnd | BotError) -> None:
        self.ends[sequence] = self.ends.get(sequence, 0) + 1
        super()._end(sequence, event)
