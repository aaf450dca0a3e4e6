"""Pitch accent: where the voice falls, in the speech of Tokyo, by the analyser's dictionary.

It knows words with the endings and particles behind them as one phrase each, as they are spoken;
no sentence melody, no other dialect, and of names and compounds only what rules make of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.study.kana import hiragana, is_kana
from bot.study.reading.characters import clean
from bot.study.reading.pronunciation import Morpheme, morphemes
from bot.study.reading.spans import split


@dataclass(frozen=True, slots=True)
class Accent:
    """One accent phrase: a word with what leans on it. `moras` in hiragana, as spoken.

    `nucleus`: the mora after which the pitch falls, from 1; 0: it does not fall (flat).
    """

    text: str
    moras: tuple[str, ...]
    nucleus: int

    @property
    def kana(self) -> str:
        """All of it in hiragana."""
        return "".join(self.moras)

    @property
    def high(self) -> tuple[bool, ...]:
        """Whether each mora is high: low at first unless the fall comes after the first."""
        fall = self.nucleus or len(self.moras)
        return tuple(n <= fall and (n > 1 or fall == 1) for n in range(1, len(self.moras) + 1))


_APART = re.compile("[\\s、,，・/／]+")  # words of a list are said one by one
_MORA = re.compile(".[ぁぃぅぇぉゃゅょゎ]?")


def pitch(text: str) -> tuple[Accent, ...]:
    """The accent phrases of a text; of words alone, one each. Raises BotError as `read` does."""
    found: list[Accent] = []
    for span in split(text):
        for apart in _APART.split(clean(span.text).text) if span.japanese else ():
            phrase: list[Morpheme] = []
            for word in morphemes(apart):
                if not word.joins or not is_kana(word.pron):
                    found += _accent(phrase)
                    phrase = []
                phrase.append(word)
            found += _accent(phrase)
    return tuple(found)


def pattern(accent: Accent) -> str:
    """A phrase drawn in text: ↘ where the pitch falls, ￣ at the end where it stays up.

    は↘し (箸: falls after the first mora), はし↘ (橋: falls on what follows, はし↘が), はし￣
    (端: does not fall, はしが￣). Source: the notation of NHK's accent dictionary of 2016.
    """
    n = accent.nucleus
    if n == 0:
        return accent.kana + "￣"
    return "".join(accent.moras[:n]) + "↘" + "".join(accent.moras[n:])


def _accent(phrase: list[Morpheme]) -> list[Accent]:
    kana = "".join(hiragana(word.pron) for word in phrase if is_kana(word.pron)).replace("を", "お")
    if not kana:
        return []
    moras = tuple(_MORA.findall(kana))
    text = "".join(word.surface for word in phrase)
    return [Accent(text, moras, min(phrase[0].nucleus, len(moras)))]
