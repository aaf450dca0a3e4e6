"""What can be counted of a reply: how much it repeats itself, how much of it is Japanese.

Functions of a text. What is counted says nothing of whether a reply is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.study.kana import has_japanese

CHARACTERS = 4  # in a row, of Japanese, that count as one piece
WORDS = 3  # in a row, of other languages
PAIR = 2

_WORD = re.compile(r"\w+(?:['’]\w+)*")

Piece = tuple[str, ...]


def japanese_share(text: str) -> float:
    """The share (0 to 1) of kana and kanji among the letters; 0 where there are none."""
    letters = [character for character in text if character.isalpha()]
    return sum(map(has_japanese, letters)) / len(letters) if letters else 0.0


def is_japanese(text: str) -> bool:
    """Whether most of its letters are."""
    return japanese_share(text) >= 0.5


def pieces(text: str, *, length: int | None = None) -> list[Piece]:
    """Its characters in a row where it is Japanese, else its words in a row, as they overlap.

    White space is none of them, nor is a difference of upper and lower case.
    """
    japanese = is_japanese(text)
    lower = text.lower()
    units = [c for c in lower if not c.isspace()] if japanese else _WORD.findall(lower)
    size = length or (CHARACTERS if japanese else WORDS)
    return [tuple(units[at : at + size]) for at in range(len(units) - size + 1)]


def repetition(text: str) -> float:
    """The share (0 to 1) of a text's pieces that stood in it before."""
    found = pieces(text)
    return 1 - len(set(found)) / len(found) if found else 0.0


def variety(texts: Iterable[str]) -> float:
    """The share (0 to 1) of different ones among all pairs (distinct-2) of several texts."""
    found = [pair for text in texts for pair in pieces(text, length=PAIR)]
    return len(set(found)) / len(found) if found else 0.0
