"""How the words of a sentence are read, to tell whether a word in it is a certain entry.

この缶は空だ has から, and is no example of そら; 十月 has no つき in it. What cannot be compared,
since the reader cuts the sentence otherwise, is believed.
"""

from __future__ import annotations

from collections.abc import Collection

from bot.study.analysis import Token
from bot.study.kana import hiragana
from bot.study.reading.readings import read
from bot.study.reading.sentences import respelled
from bot.study.reading.words import Word

_NUMERALS = "0123456789０１２３４５６７８９一二三四五六七八九十百千何数"


class Heard:
    """A sentence as it is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: dict[int, Word] = {}
        self._inside: dict[int, Word] = {}
        at = 0
        for word in read(text):
            self._starts[at] = word
            for place in range(at + 1, at + len(word.text)):
                self._inside[place] = word
            at += len(word.text)

    def fits(self, start: int, end: int, token: Token, readings: Collection[str]) -> bool:
        """Whether the word at `[start:end]`, that begins with a token, can be read in a way."""
        around = self._inside.get(start)
        if around is not None:
            return around.text[0] not in _NUMERALS  # as 月 in 十月
        word = self._starts.get(start)
        if word is None or not word.reading or token.lemma == "来る":  # き, こ, く
            return True
        if word.text == self.text[start:end] and word.reading in readings:
            return True
        if len(word.text) > end - start or end > token.end:
            return True
        forms = {respelled(word.text, token.base, kana) for kana in readings}
        forms |= {respelled(token.surface, token.base, kana) for kana in readings}
        heard = {word.reading, hiragana(word.reading)}
        return None in forms or bool(forms & heard)
