"""One form of a word for all the ways in which it can be typed; what the dictionary's index has."""

from __future__ import annotations

import unicodedata

from bot.study.kana import hiragana, seen

# The official forms of four Jōyō kanji that most keyboards, and older lists, write otherwise.
OFFICIAL = {"叱": "𠮟", "剥": "剝", "頬": "頰", "填": "塡"}
_USUAL = str.maketrans({official: usual for usual, official in OFFICIAL.items()})


def folded(text: str) -> str:
    """Hiragana for kana of either kind and width, small Latin letters, usual forms of kanji."""
    plain = unicodedata.normalize("NFKC", seen(text)).translate(_USUAL)
    return hiragana(plain).casefold()
