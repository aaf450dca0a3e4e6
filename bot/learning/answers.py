"""Whether a typed answer is right: what was meant is told from how it is written.

Readings: any that is listed, in kana of either kind and width, or in romaji of any common
spelling. Meanings: any gloss, in any usual spelling, and with small slips. Knows no quiz.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.learning import english
from bot.learning.english import IsOther
from bot.study.kana import has_japanese, hiragana
from bot.study.lexicon.folding import folded, plain
from bot.study.romaji import LongVowels, spellings, to_romaji

LONGEST = 80  # characters of an answer; what is longer is none

_AROUND = re.compile(r"[\s・.,。、．，!?！？~〜～()（）「」'’\"-]+")
_NOT_ROMAJI = re.compile(r"[^a-zāīūēōâîûêô'’\s-]")
_ROWS = {
    "あ": "あかさたなはまやらわがざだばぱぁゃゎゕ",
    "い": "いきしちにひみりぎじぢびぴぃゐ",
    "う": "うくすつぬふむゆるぐずづぶぷぅゅゔ",
    "え": "えけせてねへめれげぜでべぺぇゑゖ",
    "お": "おこそとのほもよろごぞどぼぽぉょを",
}
_VOWEL = {kana: vowel for vowel, row in _ROWS.items() for kana in row}
_LONG = {("え", "い"), ("お", "う")}  # as well as the vowel itself
_SEVERAL = re.compile(r"[,;、，；]|\bor\b|(?:^|\s)/(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Right:
    """An answer that counts. `written`: how it is written, where that is not how it was."""

    written: str = ""


def reading(text: str, readings: Iterable[str]) -> Right | None:
    """Whether a text is one of these readings (kana)."""
    known = [(each, _kana(each)) for each in readings]
    if has_japanese(text):
        given = _kana(text)
        return next((Right() for _, kana in known if given and _sounds(given, kana)), None)
    latin = plain(text).casefold().strip(' .,!?"')
    if not latin or len(latin) > LONGEST or _NOT_ROMAJI.search(latin):
        return None
    latin = "".join(re.split(r"[\s-]+", latin))
    ways = list(map(hiragana, spellings(latin)))
    typed = {_romaji(way) for way in ways} | {latin.replace("'", "").replace("’", "")}
    for _, kana in known:
        if _romaji(kana) in typed or any(_sounds(way, kana) for way in ways):
            return Right()
    return None


def writing(text: str, writings: Iterable[str]) -> Right | None:
    """Whether a text is one of these spellings, which have kanji."""
    given = _AROUND.sub("", folded(text))
    known = {_AROUND.sub("", folded(each)) for each in writings}
    return Right() if given and given in known else None


def meaning(text: str, glosses: Iterable[str], is_other: IsOther) -> Right | None:
    """Whether a text is one of these glosses, or several of them."""
    if not text.strip() or len(text) > LONGEST or has_japanese(text):
        return None
    every = list(glosses)
    whole = _meaning(text, every, is_other)
    if whole is not None:
        return whole
    parts = [part for part in _SEVERAL.split(text) if part.strip()]
    if len(parts) < 2:
        return None
    found = [_meaning(part, every, is_other) for part in parts]
    counted = [each for each in found if each is not None]
    if len(counted) < len(found):  # one of them is wrong: no choosing
        return None
    return Right(", ".join(each.written for each in counted if each.written))


def _meaning(text: str, glosses: list[str], is_other: IsOther) -> Right | None:
    given = english.typed(text)
    if not given:
        return None
    known = [(gloss, way) for gloss in glosses for way in english.ways(gloss)]
    if any(english.same(given, way) for _, way in known):
        return Right()
    for gloss, way in known:
        if english.slipped(given, way, is_other):
            return Right(gloss)
    return None


def _kana(text: str) -> str:
    """Kana as they are compared: hiragana without spaces and dots."""
    return _AROUND.sub("", folded(text))


def _romaji(kana: str) -> str:
    return to_romaji(kana, LongVowels.DOUBLED).replace("'", "")


def _sounds(one: str, other: str) -> bool:
    """Whether two kana texts are the same, where ー is as good as any kana for a long vowel."""
    if len(one) != len(other):
        return False
    before = ""
    for first, second in zip(one, other, strict=True):
        if first != second:
            long = second if first == "ー" else first if second == "ー" else ""
            if not long or not _lengthens(before, long):
                return False
        kana = second if first == "ー" else first
        before = _VOWEL.get(kana, before if kana == "ー" else "")
    return True


def _lengthens(vowel: str, kana: str) -> bool:
    return kana == vowel or (vowel, kana) in _LONG
