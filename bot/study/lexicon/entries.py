"""What a dictionary says of a word: values, without where they are stored."""

from __future__ import annotations

from dataclasses import dataclass

from bot.study.levels import Level

_FIGURES = "０１２３４５６７８９"


@dataclass(frozen=True, slots=True)
class Tag:
    """A mark of the dictionary's: its code in JMdict (`v1`), and what it says."""

    code: str
    english: str
    japanese: str


@dataclass(frozen=True, slots=True)
class Writing:
    """A way to write a word with kanji. `tags`: rare, outdated, irregular …"""

    text: str
    common: bool
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to say a word, in the kana that the dictionary gives it.

    `writings`: those that it belongs to; empty: all of the entry's.
    """

    kana: str
    common: bool
    writings: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning: English glosses that say the same.

    `parts`: parts of speech; `tags`: usually in kana, slang, medicine, dialects …; `only`: the
    writings and readings that have this meaning, empty for all.
    """

    glosses: tuple[str, ...]
    parts: tuple[Tag, ...] = ()
    tags: tuple[Tag, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of the dictionary. `id`: its number in JMdict; `level`: None where no list has it."""

    id: int
    writings: tuple[Writing, ...]
    readings: tuple[Reading, ...]
    senses: tuple[Sense, ...]
    common: bool
    level: Level | None

    @property
    def usually_kana(self) -> bool:
        """Whether its first meaning is usually written in kana."""
        return any(tag.code == "uk" for tag in self.senses[0].tags)

    @property
    def spellings(self) -> tuple[str, ...]:
        """All ways to write it, in kanji and in kana."""
        return (*(w.text for w in self.writings), *(r.kana for r in self.readings))

    @property
    def headword(self) -> str:
        """As it is usually written; in kanji where JMdict has figures first: 百, not １００."""
        if self.writings and not self.usually_kana:
            texts = [writing.text for writing in self.writings]
            return next((text for text in texts if text[0] not in _FIGURES), texts[0])
        return self.readings[0].kana

    @property
    def also(self) -> tuple[str, ...]:
        """How else it is written, in kanji."""
        return tuple(each.text for each in self.writings if each.text != self.headword)

    @property
    def reading(self) -> str:
        """How its headword is said, in kana."""
        return self.readings[0].kana


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with its translation."""

    japanese: str
    english: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where some of the file's content comes from, and what is owed for it."""

    name: str
    version: str
    licence: str
    attribution: str
    url: str
