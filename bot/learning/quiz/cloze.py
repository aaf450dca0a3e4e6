"""Sentences with a word left out, in whatever form it stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.study.analysis import Token, tokens
from bot.study.kana import is_kana
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.entries import Entry
from bot.study.lexicon.expressions import expressions

BLANK = "＿＿＿"
MOST_TRIED = 12  # sentences of an entry
_SHORTEST, _LONGEST = 6, 60  # characters of a sentence

# What an inflected word goes on with, so that its whole form may be typed as well.
_ENDINGS = {"助動詞"}


@dataclass(frozen=True, slots=True)
class Cloze:
    """A sentence with BLANK in it, and what fills the blank: as written, and in kana."""

    sentence: str
    english: str
    forms: tuple[str, ...]
    readings: tuple[str, ...]


def cloze(entry: Entry, dictionary: Dictionary) -> Cloze | None:
    """The easiest sentence that has the entry once; None where there is none."""
    rank = dictionary.stored.rank(entry.id)
    for example in dictionary.examples(entry, MOST_TRIED):
        text = example.japanese
        if not _SHORTEST <= len(text) <= _LONGEST:
            continue
        words = tokens(text)
        found = expressions(text, words, dictionary.stored, listed=True)
        here = [each for each in found if each.candidates and each.candidates[0].rank == rank]
        if len(here) != 1:
            continue
        start, end = here[0].start, here[0].end
        stem = text[start:end]
        if text.count(stem) != 1:
            continue
        whole = _whole(words, start, end)
        forms = dict.fromkeys((stem, text[start:whole]))
        kana = dict.fromkeys(
            said for stop in (end, whole) if (said := _said(words, start, stop)) is not None
        )
        return Cloze(
            f"{text[:start]}{BLANK}{text[end:]}", example.english, tuple(forms), tuple(kana)
        )
    return None


def _whole(words: Sequence[Token], start: int, end: int) -> int:
    """Where the word with its endings ends."""
    for word in words:
        if word.start == end and start < end and word.pos[0] in _ENDINGS:
            end = word.end
    return end


def _said(words: Sequence[Token], start: int, end: int) -> str | None:
    """How a piece of a sentence is said, in kana, where the analyser says so."""
    said = ""
    for word in words:
        if start <= word.start and word.end <= end:
            kana = word.surface if is_kana(word.surface) else word.kana
            if not kana:
                return None
            said += kana
    return said or None
