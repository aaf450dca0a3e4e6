"""Single kanji: meanings, readings, strokes, and the words that are written with them.

From KANJIDIC2 and KanjiVG, as they stand in the dictionary's file.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.study.dictionary import Dictionary
from bot.study.entries import Entry
from bot.study.levels import Level


@dataclass(frozen=True, slots=True)
class Kanji:
    """What is known of a kanji.

    `on` in katakana, `kun` in hiragana with a dot before its okurigana (た.べる) and a hyphen
    where it is part of a word, as KANJIDIC2 has them. `grade`: 1 to 6 the school's, 8 the rest
    of the Jōyō kanji, 9 for names (Jinmeiyō), None otherwise. `frequency`: its place among the
    2,500 most used in newspapers. `radical`: its character, `radical_number`: 1 to 214.
    """

    character: str
    meanings: tuple[str, ...]
    on: tuple[str, ...]
    kun: tuple[str, ...]
    strokes: int
    grade: int | None
    radical: str
    radical_number: int
    frequency: int | None
    level: Level | None
    variants: tuple[str, ...]


def kanji(character: str, dictionary: Dictionary) -> Kanji | None:
    """What is known of one kanji; None for what is no kanji of KANJIDIC2."""
    raise NotImplementedError


def words_with(
    character: str, dictionary: Dictionary, level: Level | None = None, limit: int = 8
) -> tuple[Entry, ...]:
    """Words that are written with it, the commonest first; with a level, none above it."""
    raise NotImplementedError


def strokes(character: str, dictionary: Dictionary) -> tuple[str, ...]:
    """Its strokes in order, as paths of SVG in a square of 109 units; empty where unknown."""
    raise NotImplementedError
