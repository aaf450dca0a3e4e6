"""Forms measured: paradigms that UniDic leads back to their word, chains against gold.

The words with their classes are JMdict's as jamdict-data ships it; the gold is
tests/bot/study/chains.tsv and chains_unseen.tsv, written by hand, the latter after the rules
and before they had seen it.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.study.analysis import tokens
from bot.study.forms.conjugation import chain
from bot.study.forms.paradigm import Paradigm, paradigm
from bot.study.forms.word_class import WordClass, by_tag

GOLD = Path(__file__).parents[3] / "tests" / "bot" / "study"
MOST = 150  # words of each class
# Rows whose forms are other words, too: 休み is a noun, and UniDic has nouns for most stems.
OTHER_WORDS = frozenset({"ます-stem"})
_COMMON = """
    SELECT k.text, min(n.text), p.text, count(DISTINCT j.text) AS marks
    FROM Kanji k JOIN KJP j ON j.kid = k.id JOIN Kana n ON n.idseq = k.idseq
    JOIN Sense s ON s.idseq = k.idseq JOIN pos p ON p.sid = s.id
    WHERE j.text IN ('ichi1', 'news1', 'spec1')
    GROUP BY k.text, p.text ORDER BY marks DESC, k.text, p.text
"""


@dataclass(frozen=True, slots=True)
class Gold:
    """A form and what it is, written by hand."""

    form: str
    plain: str
    word_class: str
    parts: tuple[str, ...]
    names: tuple[str, ...]


def gold(name: str) -> tuple[Gold, ...]:
    """A set written by hand; a form of several words counts by its first."""
    lines = (GOLD / name).read_text("utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines if line)
    return tuple(
        Gold(form, plain, kind, tuple(parts.split("・")), tuple(names.split(" + ")))
        for form, plain, kind, parts, names in rows
    )


def wrong(row: Gold) -> str:
    """What the chain of a form says otherwise; empty where it is right."""
    found = chain(row.form)
    if not found:
        return f"{row.form}: nothing"
    first = found[0]
    texts = tuple(part.text for part in first.parts)
    names = tuple(part.name_english for part in first.parts)
    said = (first.plain, first.word_class.value, texts, names)
    if said == (row.plain, row.word_class, row.parts, row.names):
        return ""
    pieces = " ".join(f"{text}={name}" for text, name in zip(texts, names, strict=True))
    return f"{row.form}: {first.plain} {first.word_class} {pieces}"


def common_words(most: int = MOST) -> Iterator[tuple[str, WordClass]]:
    """Common words of JMdict with each class they inflect in, at most so many of each."""
    import jamdict_data  # type: ignore[import-untyped]

    path = f"file:{jamdict_data.JAMDICT_DB_PATH}?mode=ro"
    counts: Counter[WordClass] = Counter()
    with closing(sqlite3.connect(path, uri=True)) as database:
        for word, _, tag, _ in database.execute(_COMMON):
            word_class = by_tag(tag)
            if word_class is not None and counts[word_class] < most:
                counts[word_class] += 1
                yield word, word_class


def astray(table: Paradigm) -> Iterator[tuple[str, str]]:
    """The rows and forms of a table that do not come back to its word.

    A form comes back by UniDic's lemma, alone or after を (alone it takes the stem of 調べなかった
    for a noun), or, for the short causative, by the chain's plain form (UniDic has 書かす).
    """
    lemma = tokens(table.word)[0].lemma
    for row in table.rows:
        if row.name_english in OTHER_WORDS:
            continue
        for form in (*row.plain, *row.polite):
            firsts = (tokens(form.text)[0], *tokens(f"を{form.text}")[1:2])
            if any(first.lemma == lemma or first.base == table.word for first in firsts):
                continue
            found = chain(form.text)
            if not found or found[0].plain != table.word:
                yield row.name_english, form.text


def report() -> list[str]:
    """The figures, a line each."""
    said = []
    for name in ("chains.tsv", "chains_unseen.tsv"):
        if not (GOLD / name).exists():
            said.append(f"{name}: not here; run this in a checkout of the source")
            continue
        rows = gold(name)
        began = time.perf_counter()
        mistakes = [mistake for row in rows if (mistake := wrong(row))]
        each = (time.perf_counter() - began) / len(rows) * 1000
        said.append(f"{name}: {len(rows) - len(mistakes)} of {len(rows)} right, {each:.2f} ms each")
        said += mistakes
    words: Counter[WordClass] = Counter()
    forms: Counter[WordClass] = Counter()
    lost: Counter[WordClass] = Counter()
    began = time.perf_counter()
    tables = [paradigm(word, word_class) for word, word_class in common_words()]
    each = (time.perf_counter() - began) / len(tables) * 1000
    for table in tables:
        if table is not None and len(tokens(table.word)) <= 1 + table.word.endswith("する"):
            words[table.word_class] += 1
            forms[table.word_class] += sum(len(row.plain + row.polite) for row in table.rows)
            lost[table.word_class] += sum(1 for _ in astray(table))
    for kind in words:
        back = 1 - lost[kind] / forms[kind]
        said.append(f"{kind.english}: {words[kind]} words, {forms[kind]} forms, {back:.1%} back")
    back = 1 - lost.total() / forms.total()
    said.append(
        f"All: {words.total()} words, {forms.total()} forms, {back:.2%} back; {each:.2f} ms a table"
    )
    return said
