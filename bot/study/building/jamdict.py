"""Words and kanji from the database in the package jamdict-data: JMdict and KANJIDIC2 of 2021.

Reads its tables, since jamdict itself takes 24 ms a word and is not needed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bot.study.building.jamdict_tags import code_of, codes
from bot.study.building.words import Form, Meaning, RawKanji, RawWord
from bot.study.lexicon.tags import table

Lists = dict[int, list[str]]


def words(path: Path) -> list[RawWord]:
    """All entries, in the order of their numbers."""
    with closing(_connect(path)) as database:
        found = {row[0]: RawWord(row[0]) for row in database.execute("SELECT idseq FROM Entry")}
        for id, form in _forms(database, "Kanji", "KJI", "KJP", None):
            found[id].writings.append(form)
        for id, form in _forms(database, "Kana", "KNI", "KNP", "KNR"):
            found[id].readings.append(form)
        for id, meaning in _meanings(database):
            found[id].meanings.append(meaning)
    return [word for word in found.values() if word.readings and word.meanings]


def kanji(path: Path) -> list[RawKanji]:
    """All characters."""
    with closing(_connect(path)) as database:
        rows = database.execute("SELECT ID, literal, stroke_count, grade, freq FROM character")
        found = {
            id: RawKanji(character, strokes, _number(grade), _number(frequency))
            for id, character, strokes, grade, frequency in rows
        }
        for id, number in database.execute(
            "SELECT cid, value FROM radical WHERE rad_type = 'classical'"
        ):
            found[id].radical = int(number)
        for id, kind, reading in database.execute(
            "SELECT cid, r_type, value FROM reading JOIN rm_group ON rm_group.ID = gid "
            "WHERE r_type IN ('ja_on', 'ja_kun') ORDER BY reading.rowid"
        ):
            (found[id].on if kind == "ja_on" else found[id].kun).append(reading)
        for id, meaning in database.execute(
            "SELECT cid, value FROM meaning JOIN rm_group ON rm_group.ID = gid "
            "WHERE m_lang IN ('', 'en') ORDER BY meaning.rowid"
        ):
            found[id].meanings.append(meaning)
        for id, variant in database.execute(
            "SELECT DISTINCT variant.cid, literal FROM variant "
            "JOIN codepoint ON cp_type = var_type AND codepoint.value = variant.value "
            "JOIN character ON character.ID = codepoint.cid"
        ):
            found[id].variants.append(variant)
    return list(found.values())


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _lists(database: sqlite3.Connection, table: str, column: str) -> Lists:
    found: Lists = defaultdict(list)
    for id, text in database.execute(f"SELECT {column}, text FROM {table} ORDER BY rowid"):
        found[id].append(text)
    return found


def _coded(lists: Lists, known: dict[str, str]) -> Lists:
    return {id: [code_of(text, known) for text in texts] for id, texts in lists.items()}


def _forms(
    database: sqlite3.Connection, table_of: str, marks: str, priorities: str, only: str | None
) -> Iterator[tuple[int, Form]]:
    tags = _coded(_lists(database, marks, "kid"), codes(_english()))
    priority = _lists(database, priorities, "kid")
    belongs = _lists(database, only, "kid") if only else {}
    rows = database.execute(f"SELECT ID, idseq, text FROM {table_of} ORDER BY ID")
    for id, entry, text in rows:
        yield (
            entry,
            Form(text, tags.get(id, ()), priority.get(id, ()), belongs.get(id, ())),
        )


def _meanings(database: sqlite3.Connection) -> Iterator[tuple[int, Meaning]]:
    known = codes(_english())
    parts = _coded(_lists(database, "pos", "sid"), known)
    tags = [_coded(_lists(database, kind, "sid"), known) for kind in ("misc", "field", "dialect")]
    only = [_lists(database, kind, "sid") for kind in ("stagk", "stagr")]
    glosses = _lists(database, "SenseGloss", "sid")
    before = 0, 0
    for id, entry in database.execute("SELECT ID, idseq FROM Sense ORDER BY ID"):
        if id not in parts and before[1] == entry:  # it goes on as the meaning before
            parts[id] = parts.get(before[0], [])
        before = id, entry
        if id in glosses:
            yield (
                entry,
                Meaning(
                    glosses[id],
                    parts.get(id, ()),
                    [code for kind in tags for code in kind.get(id, ())],
                    [text for kind in only for text in kind.get(id, ())],
                ),
            )


def _english() -> dict[str, str]:
    return {code: tag.english for code, tag in table().items()}
