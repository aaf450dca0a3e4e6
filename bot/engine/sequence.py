"""A request inside the engine: its tokens, its place in the cache, its state.

Knows no torch and no text: the detokenizer and the stream belong to `local.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from bot.engine.slot import Placement, Slot
from bot.messages import Sampling


class State(Enum):
    """Where a sequence is in its life."""

    WAITING = auto()  # in the queue, owns nothing
    RUNNING = auto()  # owns a slot; prefilling or decoding
    FINISHED = auto()  # ended, failed or cancelled; owns nothing


@dataclass(slots=True, eq=False, weakref_slot=True)
class Sequence:
    """A prompt and what has been generated after it.

    `max_tokens` bounds prompt and reply together; `deadline` is on the engine's clock, in
    seconds. `cached` counts the prompt tokens that were found in the cache. `ahead`: nobody
    asked yet; the prompt is only computed, and nothing is sampled. `forgotten`: something in the
    prompt was deleted while it waited. `candidate` and `person`: as in `GenerationRequest`.
    `drawn_again`: a token of its was not known when the step that drew it had run.
    """

    prompt: tuple[int, ...]
    sampling: Sampling
    conversation: str
    max_tokens: int
    deadline: float = float("inf")
    tokens: list[int] = field(init=False)  # prompt, then generated
    state: State = State.WAITING
    slot: Slot | None = None
    cached: int = 0
    ahead: bool = False
    forgotten: bool = False
    candidate: int = 0
    person: str = ""
    drawn_again: bool = False

    def __post_init__(self) -> None:
        self.tokens = list(self.prompt)

    @property
    def generated(self) -> int:
        """How many tokens were generated."""
        return len(self.tokens) - len(self.prompt)

    @property
    def computed(self) -> int:
        """How many of `tokens` have their keys and values in the slot."""
        return len(self.slot.tokens) if self.slot else 0

    @property
    def remaining(self) -> int:
        """Tokens to run before the next one can be sampled; 1 while decoding."""
        return len(self.tokens) - self.computed

    @property
    def is_full(self) -> bool:
        """Whether no further token may be generated."""
        return len(self.tokens) >= self.max_tokens


@dataclass(frozen=True, slots=True)
class Chunk:
    """A sequence's part of one step: `tokens` at positions `start`, `start + 1`, …

    A snapshot: the runner's thread reads it while the event loop may cancel the sequence.
    `samples` says whether the chunk reaches the last known token, so that its last row gives
    the next one. `follows`: its one token is what the step before draws in that row, and is not
    known yet; `tokens` has a number in its place.
    """

    sequence: Sequence
    slot: Slot
    start: int
    tokens: tuple[int, ...]
    samples: bool
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One forward of the model: which cache regions to prepare, then which tokens to run.

    `live` are the ids of all slots that still exist: memory of any other may be freed.
    """

    chunks: tuple[Chunk, ...]
    placements: tuple[Placement, ...]
    live: frozenset[int]

    @property
    def prefilled(self) -> int:
        """Tokens of prompts that it runs, but for those that are the last of their prompt alone."""
        return sum(len(chunk.tokens) for chunk in self.chunks if len(chunk.tokens) > 1)

    @property
    def is_ahead(self) -> bool:
        """Whether it only prefills ahead: no request waits for it."""
        return all(chunk.sequence.ahead for chunk in self.chunks)
