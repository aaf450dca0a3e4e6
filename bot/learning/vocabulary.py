"""Words to learn, made of the dictionary's entries and of the texts in which they stand."""

from __future__ import annotations

import re

from bot.learning.ports.words import Word
from bot.study import levels
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.entries import Entry

LONGEST_MEANING = 200  # characters
LONGEST_SENTENCE = 75  # characters: what a button has room for beside its command
MOST_SENSES, MOST_GLOSSES = 3, 3
MOST_NOTABLE = 15
_UNLISTED = 2.5  # between N4 and N3: on no list, which does not say that it is hard
_SENTENCE = re.compile(r"[^。！？!?\n]*(?:[。！？!?]+[」』）)]*|\n|$)")


def word_of(entry: Entry, sentence: str = "") -> Word:
    """An entry as a word to learn: as it is usually written, and what it means in a line."""
    senses = ("; ".join(sense.glosses[:MOST_GLOSSES]) for sense in entry.senses[:MOST_SENSES])
    meaning = " | ".join(senses)
    if len(meaning) > LONGEST_MEANING:
        meaning = meaning[: LONGEST_MEANING - 1] + "…"
    return Word(entry.headword, entry.reading, meaning, entry.id, sentence)


def notable(text: str, dictionary: Dictionary) -> list[tuple[Entry, str]]:
    """The words of a text that are worth saving, in its order, each with its sentence: of many,
    the hardest. The sentence is empty where it is long, or is the word alone."""
    found = {
        word.entry.id: (word.entry, sentence_at(text, word.start, word.end))
        for word in levels.profile(text, dictionary).words
        if word.entry is not None
    }
    hardest = sorted(found.values(), key=lambda each: -(each[0].level or _UNLISTED))
    kept = {entry.id for entry, _ in hardest[:MOST_NOTABLE]}
    return [each for id, each in found.items() if id in kept]


def sentence_at(text: str, start: int, end: int) -> str:
    """The sentence of a text in which something stands; empty where it is too long to be kept,
    or nothing more than that."""
    for found in _SENTENCE.finditer(text):
        if found.start() <= start < found.end():
            whole = " ".join(found[0].split())
            bare = whole.rstrip("。！？!?") == text[start:end].strip()
            return "" if bare or len(whole) > LONGEST_SENTENCE else whole
    return ""
