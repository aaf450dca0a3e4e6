"""A word as it is read from a source, before it is stored. Plain, since there are 200,000."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.study.lexicon.folding import folded
from bot.study.lexicon.tags import IRREGULAR


@dataclass(slots=True)
class Form:
    """One writing or reading. `priority`: JMdict's (ichi1, nf05 …); `only`: of which writings."""

    text: str
    tags: Sequence[str] = ()
    priority: Sequence[str] = ()
    only: Sequence[str] = ()
    folded: str = field(init=False)

    def __post_init__(self) -> None:
        self.folded = folded(self.text)

    @property
    def irregular(self) -> bool:
        """Whether nobody should write it so."""
        return bool(self.tags) and not IRREGULAR.isdisjoint(self.tags)

    @property
    def common(self) -> bool:
        """As JMdict's own files for common words choose."""
        return not _COMMON.isdisjoint(self.priority)


@dataclass(slots=True)
class Meaning:
    """One sense, its marks as JMdict's codes."""

    glosses: Sequence[str] = ()
    parts: Sequence[str] = ()
    tags: Sequence[str] = ()
    only: Sequence[str] = ()


@dataclass(slots=True)
class RawWord:
    """An entry of JMdict."""

    id: int
    writings: list[Form] = field(default_factory=list)
    readings: list[Form] = field(default_factory=list)
    meanings: list[Meaning] = field(default_factory=list)


@dataclass(slots=True)
class RawKanji:
    """A character of KANJIDIC2; `variants`: characters."""

    character: str
    strokes: int
    grade: int | None = None
    frequency: int | None = None
    radical: int = 0
    on: list[str] = field(default_factory=list)
    kun: list[str] = field(default_factory=list)
    meanings: list[str] = field(default_factory=list)
    variants: list[str] = field(default_factory=list)


_COMMON = frozenset({"news1", "ichi1", "spec1", "spec2", "gai1"})
