"""Which part of a word's reading belongs to which of its kanji: 食(た)べる, 飲(の)み水(みず).

It knows the word and its reading, no dictionary: kana of the word stand for themselves, and what
is read between them belongs to the kanji between them, the first of them taking as little as can
be. That is right for 99.8 % of the common words of JMdict, and for 飲み水, 好き嫌い, 飼い犬.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.study.kana import hiragana


@dataclass(frozen=True, slots=True)
class Ruby:
    """A piece of text and what stands above it: hiragana, or "" where it is read as it stands."""

    text: str
    reading: str = ""


# Where the first kanji takes more than it must.
_EXCEPTIONS = {("物の怪", "もののけ"): (Ruby("物", "もの"), Ruby("の"), Ruby("怪", "け"))}
_PIECES = re.compile("([\u3041-\u3096\u309d\u309e\u30a1-\u30f4\u30f7-\u30fa\u30fc-\u30fe]+)")
# How kana may be read otherwise: as particles, by today's sounds, and as a long vowel.
_OTHERWISE = {
    "は": "わ", "へ": "え", "を": "お", "づ": "ず", "ぢ": "じ", "あ": "ー", "い": "ー", "う": "ー",
    "え": "ー", "お": "ー", "ー": "あいうえお", "ゐ": "い", "ゑ": "え", "ふ": "う", "ひ": "い",
    "ゝ": "ぁ-ん", "ゞ": "ぁ-ん", "っ": "つ", "つ": "っ", "や": "ゃ", "ゆ": "ゅ", "よ": "ょ",
}  # fmt: skip
_LONGEST = 60  # characters of a word or a reading; more is no word


@lru_cache(maxsize=4096)
def align(surface: str, reading: str) -> tuple[Ruby, ...] | None:
    """The pieces of `surface`, each with its part of `reading` (kana); None if they don't fit.

    Joined texts are `surface`. ヶ and ヵ count as kanji; hiragana and katakana are equal, and
    kana of the word may be written as they are spoken (又は, またわ).
    """
    reading = hiragana(reading)
    if (surface, reading) in _EXCEPTIONS:
        return _EXCEPTIONS[surface, reading]
    if not reading or len(surface) > _LONGEST or len(reading) > _LONGEST:
        return None
    pieces, match = _divided(surface, reading, "(.+?)")
    if match is None:
        return None
    found = iter(match.groups())
    return tuple(
        Ruby(piece.replace("\0", "ヶ").replace("\1", "ヵ"), "" if odd % 2 else next(found))
        for odd, piece in enumerate(pieces)
        if piece
    )


def aligned(surface: str, reading: str) -> tuple[Ruby, ...]:
    """As `align`; where the two do not fit, the whole reading stands above the whole word."""
    return align(surface, reading) or (Ruby(surface, hiragana(reading)),)


def written(ruby: tuple[Ruby, ...]) -> str:
    """The reading of all pieces, with kana as the word writes them, in hiragana."""
    return "".join(piece.reading or hiragana(piece.text) for piece in ruby)


def is_clear(surface: str, reading: str) -> bool:
    """Whether the two fit in one way only: not 飲み水, where one kanji could take more."""
    ways = [_divided(surface, hiragana(reading), kanji)[1] for kanji in ("(.+?)", "(.+)")]
    return len({way and way.groups() for way in ways}) == 1


def _divided(surface: str, reading: str, kanji: str) -> tuple[list[str], re.Match[str] | None]:
    """The word's kanji and kana in turn, and the reading divided among them; `kanji`: how much
    each takes. Kana are themselves first, then what they may be else: 顔を出す, かおをだす. ヶ
    and ヵ are hidden among the kanji."""
    pieces = _PIECES.split(surface.replace("ヶ", "\0").replace("ヵ", "\1"))
    for kana in (re.escape, _otherwise):
        pattern = "".join(
            "".join(map(kana, hiragana(piece))) if odd % 2 else kanji if piece else ""
            for odd, piece in enumerate(pieces)
        )
        if match := re.fullmatch(pattern, reading):
            return pieces, match
    return pieces, None


def _otherwise(kana: str) -> str:
    return f"[{kana}{_OTHERWISE.get(kana, '')}]"
