"""A text as words with their grammar, by MeCab and UniDic (fugashi, unidic-lite).

For finding words and their forms. Not for readings: see readings.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any


@dataclass(frozen=True, slots=True)
class Token:
    """One short unit of UniDic, at `text[start:end]`.

    `lemma` is the dictionary's headword (読める: 読む), without what UniDic appends to tell
    homographs and loanwords apart; `base` the plain form as it is written here (読める). `pos`
    are four levels of the part of speech, `*` where there is none. `kana`: as UniDic reads it,
    katakana, or empty. https://clrd.ninjal.ac.jp/unidic/
    """

    surface: str
    start: int
    end: int
    lemma: str
    base: str
    pos: tuple[str, str, str, str]
    conjugation_type: str
    conjugation_form: str
    kana: str = ""

    @property
    def is_content(self) -> bool:
        """Whether it is a word of its own, that a dictionary explains."""
        return self.pos[0] in _CONTENT and self.pos[1] not in ("数詞", "非自立可能助数詞")


_CONTENT = {"名詞", "代名詞", "動詞", "形容詞", "形状詞", "副詞", "連体詞", "接続詞", "感動詞"}


def tokens(text: str) -> tuple[Token, ...]:
    """The words of a text, in order; white space is none of them.

    About 0.03 ms a sentence; the first call loads the dictionary. May be called by any thread.
    """
    with _ONE_AT_A_TIME:
        return _tokens(text)


# A node's features are read from MeCab's memory when they are asked for, and that memory belongs to
# the next sentence as soon as any thread begins one (fugashi 1.5.2).
_ONE_AT_A_TIME = Lock()


def _tokens(text: str) -> tuple[Token, ...]:
    found = []
    at = 0
    for node in _tagger()(text):
        surface: str = node.surface
        at = text.index(surface, at)
        feature = node.feature
        if feature.pos1 != "空白":
            found.append(
                Token(
                    surface,
                    at,
                    at + len(surface),
                    (feature.lemma or surface).partition("-")[0] or surface,
                    feature.orthBase or surface,
                    (feature.pos1, feature.pos2 or "*", feature.pos3 or "*", feature.pos4 or "*"),
                    feature.cType or "*",
                    feature.cForm or "*",
                    feature.kana or "",
                )
            )
        at += len(surface)
    return tuple(found)


@cache
def _tagger() -> Any:
    import fugashi  # type: ignore[import-untyped]
    import unidic_lite  # type: ignore[import-untyped]

    return fugashi.Tagger(f'-d "{unidic_lite.DICDIR}"')
