"""Kana and kanji as characters: which is which, and one kind turned into the other."""

from __future__ import annotations

import re
import unicodedata

# Katakana that have a hiragana beside them: ァ to ヶ, and the marks of repetition.
_HIRAGANA = {code: code - 0x60 for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_KATAKANA = {hiragana: katakana for katakana, hiragana in _HIRAGANA.items()}

# Everything that is written as kanji: the unified ideographs with their extensions, those of
# compatibility, radicals, and the signs that stand for kanji.
_KANJI = (
    r"\u2E80-\u2FDF\u3005-\u3007\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF"
)
_KANA = r"\u3041-\u3096\u309D-\u309F\u30A1-\u30FA\u30FC-\u30FF\u31F0-\u31FF"
KANJI = re.compile(f"[{_KANJI}]")
KANA = re.compile(f"[{_KANA}]")
_ALL_KANA = re.compile(f"[{_KANA}]+")
_JAPANESE = re.compile(f"[{_KANJI}{_KANA}\uff66-\uff9f]")

# What readers do not see, and analysers trip over: characters of no width, and the selectors
# of a kanji's variants.
_UNSEEN = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def hiragana(text: str) -> str:
    """Katakana as hiragana; ー, ヷ to ヺ and everything else as they are."""
    return text.translate(_HIRAGANA)


def katakana(text: str) -> str:
    """Hiragana as katakana; everything else as it is."""
    return text.translate(_KATAKANA)


def is_kana(text: str) -> bool:
    """Whether it is kana alone (ー belongs to them), and something."""
    return _ALL_KANA.fullmatch(text) is not None


def has_kanji(text: str) -> bool:
    """Whether a kanji is in it, or a sign that stands for one (々 〆 〇)."""
    return KANJI.search(text) is not None


def has_japanese(text: str) -> bool:
    """Whether kana or kanji are in it, of any width."""
    return _JAPANESE.search(text) is not None


def seen(text: str) -> str:
    """A text as its reader sees it: composed (NFC), and without what has no width."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text))
