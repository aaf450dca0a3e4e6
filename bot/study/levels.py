"""The levels of the JLPT: which a word has, and how those of a text are spread.

The lists are unofficial: since 2010 none is published. A word on no list is unlisted, which
does not say that it is hard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.study.dictionary import Dictionary
    from bot.study.entries import Entry


class Level(IntEnum):
    """A level of the JLPT; the easier is the smaller."""

    N5 = 1
    N4 = 2
    N3 = 3
    N2 = 4
    N1 = 5


@dataclass(frozen=True, slots=True)
class Word:
    """A different word of a text: as it stands there first, and how often it does.

    `entry` is None where the dictionary has none. `start`, `end`: its first place.
    """

    surface: str
    start: int
    end: int
    count: int
    entry: Entry | None

    @property
    def level(self) -> Level | None:
        """None: unlisted."""
        return self.entry.level if self.entry else None


@dataclass(frozen=True, slots=True)
class Profile:
    """The content words of a text, each different one once, in their order.

    Particles, auxiliaries, numbers and names are none.
    """

    words: tuple[Word, ...]

    @property
    def total(self) -> int:
        """How many words, repeated ones counted again."""
        return sum(word.count for word in self.words)

    def shares(self) -> Mapping[Level | None, float]:
        """The share of each level (0 to 1) in the words as they are repeated; None: unlisted."""
        raise NotImplementedError

    def share_known(self, level: Level) -> float:
        """The share (0 to 1) of words of this level and easier; 1 for a text without words.

        Unlisted words are not counted as known.
        """
        raise NotImplementedError


def profile(text: str, dictionary: Dictionary) -> Profile:
    """The words of a text with their levels."""
    raise NotImplementedError


def above(text: str, level: Level, dictionary: Dictionary) -> tuple[Word, ...]:
    """The different words of a text that are listed above a level, in their order."""
    raise NotImplementedError
