"""How the dictionary's file is laid out, and the writing of it.

Entries are numbered by commonness (`rank`), so that whatever is read in order of its number
gives common words first. `form` and `gloss` are what is looked up, exactly; `gloss_words` finds
single words of glosses.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass

from bot.study.building import meanings
from bot.study.building.levels import Listed
from bot.study.building.ranking import weights
from bot.study.building.sentences import Sentence
from bot.study.building.words import Form, Meaning, RawWord
from bot.study.kana import KANJI
from bot.study.levels import Level
from bot.study.lexicon.entries import Source
from bot.study.lexicon.evidence import kinds_of_codes
from bot.study.lexicon.expressions import Candidate
from bot.study.lexicon.tags import HIDDEN

_SCHEMA = """
CREATE TABLE about (
    name TEXT NOT NULL, version TEXT NOT NULL, licence TEXT NOT NULL,
    attribution TEXT NOT NULL, url TEXT NOT NULL
);
CREATE TABLE entry (rank INTEGER PRIMARY KEY, id INTEGER NOT NULL, entry TEXT NOT NULL);
CREATE INDEX entry_id ON entry (id);
CREATE TABLE form (
    form TEXT NOT NULL, weight INTEGER NOT NULL, rank INTEGER NOT NULL,
    kinds INTEGER NOT NULL, level INTEGER NOT NULL,
    PRIMARY KEY (form, weight, rank)
) WITHOUT ROWID;
CREATE TABLE gloss (
    gloss TEXT NOT NULL, weight INTEGER NOT NULL, rank INTEGER NOT NULL, kinds INTEGER NOT NULL,
    PRIMARY KEY (gloss, weight, rank)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE gloss_words USING fts5 (
    glosses, content = '', columnsize = 0, detail = none, tokenize = 'porter unicode61'
);
CREATE TABLE kanji (character TEXT PRIMARY KEY, kanji TEXT, strokes BLOB) WITHOUT ROWID;
CREATE TABLE kanji_word (
    character TEXT NOT NULL, rank INTEGER NOT NULL, level INTEGER NOT NULL,
    PRIMARY KEY (character, rank)
) WITHOUT ROWID;
CREATE TABLE example (id INTEGER PRIMARY KEY, japanese TEXT, english TEXT, lemmas TEXT);
CREATE TABLE example_word (
    rank INTEGER NOT NULL, example INTEGER NOT NULL, PRIMARY KEY (rank, example)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry with its place by commonness."""

    rank: int
    word: RawWord
    listed: Listed
    points: float

    @property
    def level(self) -> Level | None:
        """None: unlisted."""
        return self.listed.level


class Index:
    """The forms in memory, while the file is made."""

    def __init__(self, ranked: Iterable[Ranked]) -> None:
        self.forms: dict[str, list[Candidate]] = {}
        for item in ranked:
            codes = (code for meaning in item.word.meanings for code in meaning.parts)
            kinds = kinds_of_codes(tuple(dict.fromkeys(codes)))
            for form, weight in weights(item.word, item.points).items():
                candidate = Candidate(weight, item.rank, kinds, item.level or 0)
                self.forms.setdefault(form, []).append(candidate)
        for candidates in self.forms.values():
            candidates.sort()

    def find(self, form: str) -> list[Candidate]:
        """For a folded form; the likeliest first."""
        return self.forms.get(form, [])


def create(database: sqlite3.Connection) -> None:
    """Empty tables."""
    database.executescript(_SCHEMA)


def write_words(database: sqlite3.Connection, ranked: list[Ranked], index: Index) -> None:
    """Entries with everything that finds them."""
    database.executemany(
        "INSERT INTO entry VALUES (?, ?, ?)",
        ((item.rank, item.word.id, _entry(item)) for item in ranked),
    )
    database.executemany(
        "INSERT INTO form VALUES (?, ?, ?, ?, ?)",
        ((form, *found) for form in sorted(index.forms) for found in index.forms[form]),
    )
    glosses = sorted(
        (phrase, weight, item.rank, kinds)
        for item in ranked
        for phrase, weight, kinds in meanings.meanings(item.word, item.points, item.listed)
    )
    database.executemany("INSERT OR IGNORE INTO gloss VALUES (?, ?, ?, ?)", glosses)
    database.executemany(
        "INSERT INTO gloss_words (rowid, glosses) VALUES (?, ?)",
        (
            (item.rank, "\n".join(g for m in item.word.meanings for g in m.glosses))
            for item in ranked
        ),
    )
    kanji = sorted(
        (character, item.rank, item.level or 0)
        for item in ranked
        for character in _kanji(item.word)
    )
    database.executemany("INSERT INTO kanji_word VALUES (?, ?, ?)", kanji)


def _kanji(word: RawWord) -> set[str]:
    """Those of its first writing, which is how it is usually written."""
    return set(KANJI.findall(word.writings[0].text)) if word.writings else set()


def _entry(item: Ranked) -> str:
    word = item.word
    content = [
        item.level or 0,
        [_form(form) for form in _shown(word.writings)],
        [[*_form(form), form.only] if form.only else _form(form) for form in _shown(word.readings)],
        [_meaning(meaning) for meaning in word.meanings],
    ]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _shown(forms: list[Form]) -> list[Form]:
    """Without forms for searching only; the irregular ones last."""
    if not any(form.tags for form in forms):
        return forms
    shown = [form for form in forms if HIDDEN.isdisjoint(form.tags)]
    return sorted(shown or forms[:1], key=lambda form: form.irregular)


def _form(form: Form) -> list[object]:
    return [form.text, int(form.common), " ".join(form.tags)]


def _meaning(meaning: Meaning) -> list[object]:
    return [meaning.glosses, " ".join(meaning.parts), " ".join(meaning.tags), meaning.only]


def write_sentences(database: sqlite3.Connection, placed: list[tuple[Sentence, set[int]]]) -> None:
    """Sentences, the easiest first, and which entries stand in them."""
    database.executemany(
        "INSERT INTO example VALUES (?, ?, ?, ?)",
        (
            (id, sentence.japanese, sentence.english, " ".join(sentence.lemmas))
            for id, (sentence, _) in enumerate(placed)
        ),
    )
    pairs = sorted((rank, id) for id, (_, ranks) in enumerate(placed) for rank in ranks)
    database.executemany("INSERT INTO example_word VALUES (?, ?)", pairs)


def write_kanji(
    database: sqlite3.Connection, described: dict[str, list[object]], strokes: dict[str, bytes]
) -> None:
    """What is known of kanji, and the strokes of these and of kana."""
    database.executemany(
        "INSERT INTO kanji VALUES (?, ?, ?)",
        (
            (
                character,
                json.dumps(described[character], ensure_ascii=False, separators=(",", ":"))
                if character in described
                else None,
                strokes.get(character),
            )
            for character in sorted(described.keys() | strokes.keys())
        ),
    )


def write_sources(database: sqlite3.Connection, of: list[Source]) -> None:
    """What is owed to whom."""
    database.executemany("INSERT INTO about VALUES (?, ?, ?, ?, ?)", (astuple(s) for s in of))
