"""One form of a word for all the ways in which it can be typed; what the dictionary's index has."""

from __future__ import annotations

import unicodedata

from bot.study.kana import hiragana, seen

# The official forms of four Jōyō kanji that most keyboards, and older lists, write otherwise.
OFFICIAL = {"叱": "𠮟", "剥": "剝", "頬": "頰", "填": "塡"}
_USUAL = str.maketrans({official: usual for usual, official in OFFICIAL.items()})


def plain(text: str) -> str:
    """Usual widths and forms of characters, none of them unseen; kana stay of their kind."""
    return unicodedata.normalize("NFKC", seen(text)).translate(_USUAL)


def folded(text: str) -> str:
    """Hiragana for kana of either kind and width, small Latin letters, usual forms of kanji."""
    return hiragana(plain(text)).casefold()
