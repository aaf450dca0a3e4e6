"""The settings that are tried: every combination of the values given for each.

Knows how values are typed and which combinations are the same; nothing of prompts and replies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from bot.decoding import checked, with_overrides
from bot.errors import BotError
from bot.messages import Sampling

NAMES = ("temperature", "top_p", "top_k", "repetition_penalty")

# Around what rinna's model card sets (temperature 1.0, top_p 0.85), where nothing is given.
USUAL: Mapping[str, Sequence[str]] = {
    "temperature": ("0.7", "1.0"),
    "top_p": ("0.85", "0.95"),
    "repetition_penalty": ("1.0", "1.1"),
}
MOST = 200  # combinations


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination. `number`, from 1 on, is its own as long as the grid is the same; `now`: it
    is what the settings have."""

    number: int
    sampling: Sampling
    now: bool = False

    @property
    def values(self) -> dict[str, float | int]:
        """By the settings' names."""
        return {name: getattr(self.sampling, name) for name in NAMES}

    @property
    def greedy(self) -> bool:
        """Whether the likeliest word is always taken, so that every reply is the same."""
        return self.sampling.temperature == 0 or self.sampling.top_k == 1


def grid(given: Mapping[str, str | None], base: Sampling) -> tuple[Cell, ...]:
    """The cells of the values `given` by name, each a text such as `0.7,1.0`.

    What is not given stays as `base` has it; where nothing is, the usual grid is tried. `base`
    itself is always among them, so that there is something to compare with. Raises BotError.
    """
    asked = {name: _values(text) for name, text in given.items() if text is not None}
    wanted = asked or USUAL
    found: dict[Sampling, Sampling] = {}
    for values in product(*wanted.values()):
        stored = {n: checked(n, value) for n, value in zip(wanted, values, strict=True)}
        sampling = with_overrides(base, stored)
        found.setdefault(_meant(sampling), sampling)
    found.setdefault(_meant(base), base)
    if len(found) > MOST:
        raise BotError(
            f"{len(found):,} combinations are too many: {MOST} at most. Give fewer values.",
            f"組み合わせが{len(found):,}通りあり、多すぎます（最大{MOST}）。値を減らしてください。",
        )
    return tuple(
        Cell(number, sampling, now=same == _meant(base))
        for number, (same, sampling) in enumerate(found.items(), start=1)
    )


def _values(text: str) -> tuple[str, ...]:
    return tuple(filter(None, _parts(text)))


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.replace("、", ",").split(","))


def _meant(sampling: Sampling) -> Sampling:
    """The same for all settings that choose the same words."""
    if sampling.temperature == 0 or sampling.top_k == 1:
        return replace(sampling, temperature=0.0, top_p=1.0, top_k=0)
    return sampling
