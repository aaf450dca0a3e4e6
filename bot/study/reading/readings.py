"""How each word of a text is read.

The analyser (pronunciation.py) says what the words are and how they sound; numbers are read by
counters.py, words with several readings by homographs.py, and what a group has corrected comes
before all of them. Every character of the text comes back in order, whatever is in it. It does
not guess names that the analyser has never seen: they are read kanji by kanji, and corrected.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.study.kana import has_kanji, hiragana
from bot.study.reading import counters, homographs
from bot.study.reading.characters import Clean, clean
from bot.study.reading.counters import Counted
from bot.study.reading.okurigana import Ruby, align, aligned, written
from bot.study.reading.pronunciation import alternatives
from bot.study.reading.sentences import Sentence, respelled
from bot.study.reading.spans import split
from bot.study.reading.words import Word

_SENTENCE = re.compile("[^。！？!?\n]*[。！？!?\n]*")


def read(text: str, corrections: Mapping[str, str] | None = None) -> tuple[Word, ...]:
    """The words of a text with their readings; 400 characters take some 2 ms.

    `corrections`: how the group reads a word, in kana, by the word as it is written; the plain
    form of a verb or adjective stands for all of its forms. Any thread. Raises BotError where
    the analyser is not installed or cannot be loaded.
    """
    own = {clean(word).text: hiragana(kana) for word, kana in (corrections or {}).items()}
    words: list[Word] = []
    named = False  # a name, link or Latin word stands right before
    for span in split(text):
        if span.japanese:
            words += _read(clean(span.text), own, named)
        else:
            words.append(Word(span.text, ruby=(Ruby(span.text),)))
        named = not span.japanese and not span.text.startswith(("`", ":"))
    return tuple(words)


def candidates(word: Word, known: Collection[str] = ()) -> tuple[str, ...]:
    """Other readings that a word may have, in hiragana, likelier ones first; perhaps none.

    From the tables of homographs and counters, `known` (a dictionary's readings), and what the
    analyser would take instead. Only those that fit the kana of the word.
    """
    surface = clean(word.text).text
    if not has_kanji(surface) and not re.search(r"\d", surface):
        return ()
    found = [*homographs.readings(surface)]
    if word.base and word.base != surface:
        found += [
            respelled(surface, word.base, kana) or "" for kana in homographs.readings(word.base)
        ]
    found += [count.reading for count in counters.find(surface) if count.end == len(surface)]
    found += [*known, *alternatives(surface)]
    fitting = [aligned(surface, kana) for kana in found if align(surface, kana)]
    return tuple(dict.fromkeys(kana for ruby in fitting if (kana := written(ruby)) != word.reading))


def _read(text: Clean, own: Mapping[str, str], named: bool) -> list[Word]:
    """The words of a stretch that is to be analysed."""
    if not text.text:
        return [Word(text.original, ruby=(Ruby(text.original),))] if text.original else []
    counts = counters.find(text.text)
    analysed, back = _in_kanji(text.text, counts)
    words: list[Word] = []
    at = 0
    while at < len(analysed):
        match = _SENTENCE.match(analysed, at)
        assert match is not None and match.end() > at
        sentence = Sentence(match[0], at, text, back, own)
        words += sentence.words(
            [c for c in counts if at <= sentence.inside(c.start) < match.end()], named
        )
        named = False
        at = match.end()
    return _without_empty(words)


def _in_kanji(text: str, counts: Sequence[Counted]) -> tuple[str, list[int]]:
    """The text with kanji numerals for digits, and for each character where it comes from."""
    out: list[str] = []
    back: list[int] = []
    at = 0
    for count in counts:
        if count.arabic:
            out += text[at : count.start] + count.kanji
            back += [*range(at, count.start), *[count.start] * len(count.kanji)]
            at = count.middle
    out += text[at:]
    back += [*range(at, len(text) + 1)]
    return "".join(out), back


def _without_empty(words: Sequence[Word]) -> list[Word]:
    """A character that stands for several words (㋿) is one word with all their readings."""
    out: list[Word] = []
    waiting = Word("")
    for word in words:
        if word.text == "":
            waiting = replace(
                waiting, reading=waiting.reading + word.reading, spoken=waiting.spoken + word.spoken
            )
        elif waiting.reading:
            reading = waiting.reading + word.reading
            ruby = (Ruby(word.text, reading),)
            out.append(
                replace(word, reading=reading, spoken=waiting.spoken + word.spoken, ruby=ruby)
            )
            waiting = Word("")
        else:
            out.append(word)
    return out
