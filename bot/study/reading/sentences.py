"""The words of one sentence, each read by who knows it best.

What a group has corrected comes first, then homographs.py, counters.py and the analyser.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from bot.study.kana import has_kanji, hiragana, is_kana
from bot.study.reading import homographs
from bot.study.reading.characters import Clean
from bot.study.reading.counters import Counted
from bot.study.reading.okurigana import Ruby, align, aligned, written
from bot.study.reading.pronunciation import Morpheme, morphemes
from bot.study.reading.words import Word


class _Token(NamedTuple):
    """A word at `[start:end]` of what was analysed."""

    start: int
    end: int
    morpheme: Morpheme


_NUMERAL = re.compile("[二三四五六七八九][十百千万]+")  # 八百 alone, which the analyser reads やお
_WEEKDAY = re.compile("[（(][月火水木金土日][）)]")
_NOUN = "猫"  # stands for a name or a Latin word before what is analysed, so that は is a particle
_MOST_SKIPPED = 8  # characters that the analyser may have written otherwise, in a row
_MOST_JOINED = 6  # words that a correction may span
_SPOKEN = {("は", "わ"), ("へ", "え"), ("を", "お")}


class Sentence:
    """One sentence while it is read: `text` stands at `offset` of what is analysed."""

    def __init__(
        self, text: str, offset: int, whole: Clean, back: Sequence[int], own: Mapping[str, str]
    ) -> None:
        self.text = text
        self.offset = offset
        self.whole = whole
        self.back = back
        self.own = own

    def inside(self, place: int) -> int:
        """The first place in what is analysed that comes from this one in the clean text."""
        return bisect_left(self.back, place)

    def words(self, counts: Sequence[Counted], named: bool) -> list[Word]:
        """The words in order."""
        tokens = _tokens(self.text, named)
        starts = {self.inside(count.start) - self.offset: count for count in counts}
        words: list[Word] = []
        at = 0
        while at < len(tokens):
            count = starts.get(tokens[at].start)
            word_is = not (count and count.arabic)  # 10分 is no 十分
            used, word = (
                (self.own and self._corrected(tokens, at))
                or (word_is and self._homograph(tokens, at, 2))
                or (starts and self._counted(tokens, at, starts))
                or self._homograph(tokens, at, 1)
                or (1, self._plain(tokens[at]))
            )
            words.append(word)
            at += used
        return words

    def _corrected(self, tokens: Sequence[_Token], at: int) -> tuple[int, Word] | None:
        """What the group reads otherwise: the longest word that starts here."""
        for count in range(min(_MOST_JOINED, len(tokens) - at), 0, -1):
            kana = self.own.get(self._clean(tokens[at : at + count]))
            if kana:
                return count, self._word(tokens[at : at + count], kana)
        token = tokens[at]
        plain = self.own.get(token.morpheme.base)
        reading = plain and respelled(self._clean([token]), token.morpheme.base, plain)
        return (1, self._word([token], reading)) if reading else None

    def _counted(
        self, tokens: Sequence[_Token], at: int, starts: Mapping[int, Counted]
    ) -> tuple[int, Word] | None:
        """A number with its counter, unless the analyser knows a longer word (一日中, 八百屋)."""
        first = tokens[at]
        count = next((starts[i] for i in range(first.start, first.end) if i in starts), None)
        if count is None:
            return None
        begin, middle, end = (
            self.inside(p) - self.offset for p in (count.start, count.middle, count.end)
        )
        last = at
        while last + 1 < len(tokens) and tokens[last].end < end:
            last += 1
        used = tokens[at : last + 1]
        surface = self._clean(used)
        numerals = all(token.morpheme.detail == "数" for token in used)
        numerals = numerals or _NUMERAL.fullmatch(surface) is not None
        if first.start < begin or used[-1].end < end:
            reading = None
        elif used[-1].end == end:
            chosen = homographs.chosen(surface, *self._around(used)) if not count.arabic else None
            reading = chosen or (
                count.reading if count.counter or numerals or count.arabic else None
            )
        elif used[-1].start >= middle and len(used) > 1:
            sound = hiragana(used[-1].morpheme.pron)
            reading = count.number + sound
            if count.counter and sound.startswith(count.counter):
                reading = count.reading + sound[len(count.counter) :]
        else:
            reading = None
        if reading is None and not count.arabic:
            return None
        reading = reading or "".join(hiragana(token.morpheme.pron) for token in used)
        return len(used), replace(self._word(used, reading), pos="名詞", detail="数")

    def _homograph(self, tokens: Sequence[_Token], at: int, count: int) -> tuple[int, Word] | None:
        """A word that the table reads by its sentence; perhaps two of the analyser's."""
        first = tokens[at].morpheme
        surface = first.surface
        if count == 2:
            if at + 1 == len(tokens):
                return None
            surface += tokens[at + 1].morpheme.surface
        if homographs.knows(surface):
            used = tokens[at : at + count]
            reading = homographs.chosen(surface, *self._around(used))
        elif count == 1 and homographs.knows(first.base):
            used = tokens[at : at + 1]
            plain = homographs.chosen(first.base, *self._around(used))
            reading = plain and respelled(surface, first.base, plain)
        else:
            return None
        return (count, self._word(used, reading)) if reading else None

    def _plain(self, token: _Token) -> Word:
        """A word as the analyser reads it, kana as they are written."""
        morpheme, whole = token.morpheme, self.whole
        start, end = self.back[self.offset + token.start], self.back[self.offset + token.end]
        surface = whole.text[start:end]
        made = _read_alone(surface, morpheme.pron, morpheme.read)
        if whole.text is whole.original:  # most are: not a character was changed
            return Word(surface, *made, morpheme.pos, morpheme.detail, morpheme.base)
        return self._made([token], *made)

    def _word(self, tokens: Sequence[_Token], reading: str) -> Word:
        """Words of the analyser's as one, with this reading."""
        pieces = aligned(self._clean(tokens), reading)
        kana = written(pieces)
        return self._made(tokens, kana, kana.replace("を", "お"), pieces)

    def _made(
        self, tokens: Sequence[_Token], reading: str, spoken: str, pieces: tuple[Ruby, ...]
    ) -> Word:
        """The word as it stands in the original, which may have other characters."""
        start = self.back[self.offset + tokens[0].start]
        end = self.back[self.offset + tokens[-1].end]
        text = self.whole.slice(start, end)
        if self.whole.text is not self.whole.original:
            ruby = []
            at = start
            for piece in pieces:
                ruby.append(Ruby(self.whole.slice(at, at + len(piece.text)), piece.reading))
                at += len(piece.text)
            pieces = tuple(piece for piece in ruby if piece.text)
        morpheme = tokens[-1].morpheme
        base = morpheme.base if len(tokens) == 1 else self.whole.text[start:end]
        return Word(text, reading, spoken, pieces, morpheme.pos, morpheme.detail, base)

    def _clean(self, tokens: Sequence[_Token]) -> str:
        start = self.back[self.offset + tokens[0].start]
        return self.whole.text[start : self.back[self.offset + tokens[-1].end]]

    def _around(self, tokens: Sequence[_Token]) -> tuple[str, str]:
        return self.text[: tokens[0].start], self.text[tokens[-1].end :]


@lru_cache(maxsize=4096)
def _read_alone(surface: str, pron: str, read: str) -> tuple[str, str, tuple[Ruby, ...]]:
    """How a word is written in kana, how it is spoken, and its pieces."""
    sound = hiragana(pron)
    if is_kana(surface):
        reading = hiragana(surface)
        return reading, _spoken(reading, sound), (Ruby(surface),)
    if not has_kanji(surface) or not is_kana(sound):
        return "", "", (Ruby(surface),)
    if align(surface, sound) is None and align(surface, read):
        sound = hiragana(read)
    pieces = aligned(surface, sound)
    reading = written(pieces)
    return reading, _spoken(reading, sound), pieces


def _tokens(sentence: str, named: bool) -> list[_Token]:
    """The analyser's words, each found again in the sentence by what stands there.

    Its own places are wrong for the rest of a sentence after some words, and it changes
    characters; a word that is not found where it must be is sought further on.
    """
    if named:
        first, *others = _tokens(_NOUN + sentence, False)
        if first.end == len(_NOUN):
            back = len(_NOUN)
            return [_Token(start - back, end - back, what) for start, end, what in others]
    tokens: list[_Token] = []
    at = 0
    for morpheme in morphemes(sentence):
        surface = morpheme.surface
        start = at
        there = sentence[at : at + len(surface)]
        if there != surface and _narrow(there) != _narrow(surface):
            start = sentence.find(surface, at)
        between = sentence[at : max(start, at)]
        if start < 0 or not surface or (len(between) > _MOST_SKIPPED and not between.isspace()):
            continue
        if start > at:
            tokens.append(_unread(sentence, at, start))
        at = start + len(surface)
        if _WEEKDAY.fullmatch(surface):  # one word of the analyser's, with its brackets
            tokens += [_unread(sentence, i, i + 1) for i in range(start, at)]
        else:
            tokens.append(_Token(start, at, morpheme))
    if at < len(sentence):
        tokens.append(_unread(sentence, at, len(sentence)))
    return tokens


def _unread(sentence: str, start: int, end: int) -> _Token:
    return _Token(start, end, Morpheme(sentence[start:end], "", "", "", "", "", 0, 0, False))


def _narrow(text: str) -> str:
    """Folded by what the analyser widens: Latin, digits and spaces."""
    return unicodedata.normalize("NFKC", text.replace("\n", " ").replace("\t", " "))


def respelled(surface: str, base: str, reading: str) -> str | None:
    """The reading of a form, from the reading of its plain form: 辛かっ from 辛い, からい."""
    plain = align(base, reading)
    if plain is None or not plain[0].reading or not surface.startswith(plain[0].text):
        return None
    rest = surface[len(plain[0].text) :]
    return plain[0].reading + hiragana(rest) if is_kana(rest) or not rest else None


def _spoken(reading: str, sound: str) -> str:
    """A reading with わ え お where they are said for は へ を."""
    fits = len(reading) == len(sound) and all(
        a == b or (a, b) in _SPOKEN for a, b in zip(reading, sound, strict=True)
    )
    return (sound if fits else reading).replace("を", "お")
