"""What a rewrite changed, word by word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of both texts: kept where they agree, otherwise removed and added.

    All `before` join to the text before, all `after` to the text after. `unknown`: words in
    `after` that the dictionary does not have; see `check`.
    """

    before: str
    after: str
    unknown: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        """Whether both texts have it."""
        return self.before == self.after


def differences(before: str, after: str) -> tuple[Change, ...]:
    """The texts beside each other, on the borders of words; none where both are empty."""
    raise NotImplementedError


def is_same(before: str, after: str) -> bool:
    """Whether nothing changed but space, width and the mark at the end."""
    raise NotImplementedError


def similarity(before: str, after: str) -> float:
    """How much of the texts agree: 1.0 is the same text, 0.0 nothing in common."""
    raise NotImplementedError


def check(changes: Sequence[Change], known: Callable[[str], bool]) -> tuple[Change, ...]:
    """The changes with their added words that `known` has under no plain form.

    Names, numbers, particles, auxiliaries and signs are not asked for.
    """
    raise NotImplementedError
