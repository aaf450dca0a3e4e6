"""Single kanji: meanings, readings, strokes, and the words that are written with them.

From KANJIDIC2 and KanjiVG, as they stand in the dictionary's file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.study.kana import seen
from bot.study.levels import Level
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.entries import Entry
from bot.study.lexicon.folding import plain

# What KANJIDIC2 says of kanji that are radicals themselves, for people who know these numbers.
_NUMBERED = re.compile(r" radical \(no\. ?\d+\)$")


@dataclass(frozen=True, slots=True)
class Kanji:
    """What is known of a kanji.

    `on` in katakana, `kun` in hiragana with a dot before its okurigana (た.べる) and a hyphen
    where it is part of a word, as KANJIDIC2 has them. `grade`: 1 to 6 the school's, 8 the rest
    of the Jōyō kanji, 9 and 10 for names (Jinmeiyō), None otherwise. `frequency`: its place among
    the 2,500 most used in newspapers. `radical`: its character, `radical_number`: 1 to 214.
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
    one = seen(character).strip()
    row = dictionary.stored.kanji(one)
    if row is None:
        return None
    meanings, on, kun, count, grade, radical, number, frequency, level, variants = row
    return Kanji(
        one,
        tuple(meaning for meaning in meanings if not _NUMBERED.search(meaning)),
        tuple(on),
        tuple(kun),
        count,
        grade,
        radical,
        number,
        frequency,
        Level(level) if level else None,
        tuple(variants),
    )


def words_with(
    character: str, dictionary: Dictionary, level: Level | None = None, limit: int = 8
) -> tuple[Entry, ...]:
    """Words that are written with it, the commonest first; with a level, listed ones up to it."""
    ranks = dictionary.stored.written_with(plain(character).strip(), level or 0, limit)
    return tuple(dictionary.stored.entry(rank) for rank in ranks)


def strokes(character: str, dictionary: Dictionary) -> tuple[str, ...]:
    """Its strokes in order, as paths of SVG in a square of 109 units; empty where unknown.

    Kana have some, too.
    """
    return dictionary.stored.strokes(seen(character).strip())
