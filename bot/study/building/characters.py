"""Single kanji, put together: KANJIDIC2, grades, levels, strokes."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path

from bot.study.building.words import RawKanji
from bot.study.levels import Level
from bot.study.lexicon.folding import OFFICIAL

_FILE = re.compile(r"[0-9a-f]{5}\.svg")
_PATH = re.compile(r'<path\b[^>]*?\bd="([^"]+)"')
_RADICALS = 0x2F00  # ⼀, the first of 214
JOYO, NAMES = 8, 9  # grades of KANJIDIC2


def merged(found: list[RawKanji]) -> list[RawKanji]:
    """Four Jōyō kanji have two forms, of which each source describes another: both get all."""
    by = {raw.character: raw for raw in found}
    for usual, official in OFFICIAL.items():
        pair = [by[form] for form in (usual, official) if form in by]
        for raw, other in zip(pair, reversed(pair), strict=True):
            raw.grade = raw.grade or other.grade
            raw.frequency = raw.frequency or other.frequency
            raw.meanings = raw.meanings or other.meanings
            raw.on = raw.on or other.on
            if len(other.kun) >= len(raw.kun) and any("." in kun for kun in other.kun):
                raw.kun = other.kun
            if other is not raw and other.character not in raw.variants:
                raw.variants.insert(0, other.character)
    return found


def grades() -> dict[str, int]:
    """1 to 6 of primary school, 8 the rest of the Jōyō kanji, 9 for names."""
    import kanji_lists  # type: ignore[import-untyped]

    found = dict.fromkeys(kanji_lists.JINMEIYO, NAMES) | dict.fromkeys(kanji_lists.JOYO, JOYO)
    for grade in range(1, 7):
        found |= dict.fromkeys(getattr(kanji_lists.KYOIKU, f"GRADE{grade}"), grade)
    return found | {OFFICIAL[usual]: found[usual] for usual in OFFICIAL if usual in found}


def radical(number: int) -> str:
    """The character of a classical radical, 1 to 214; empty for another number."""
    if not 1 <= number <= 214:
        return ""
    return unicodedata.normalize("NFKC", chr(_RADICALS + number - 1))


def described(raw: RawKanji, grade: int | None, level: Level | None) -> list[object]:
    """A kanji as the file has it; see kanji.py, which reads it."""
    return [
        raw.meanings,
        raw.on,
        raw.kun,
        raw.strokes,
        grade or raw.grade,
        radical(raw.radical),
        raw.radical,
        raw.frequency,
        level or 0,
        raw.variants,
    ]


def strokes(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The characters of KanjiVG with the paths of their strokes, a line each, packed by zlib."""
    for path in sorted(folder.iterdir()):
        if _FILE.fullmatch(path.name):
            paths = _PATH.findall(path.read_text("utf-8"))
            yield chr(int(path.stem, 16)), zlib.compress("\n".join(paths).encode("ascii"))
