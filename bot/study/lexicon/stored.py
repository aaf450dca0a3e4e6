"""The dictionary's file, opened: what stands in its tables, as values. Decides nothing.

See building/store.py for the tables. One connection for all threads, one at a time; a question
takes some 10 µs.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.study.levels import Level
from bot.study.lexicon.entries import Entry, Example, Reading, Sense, Source, Writing
from bot.study.lexicon.expressions import Candidate
from bot.study.lexicon.schema import APPLICATION, VERSION
from bot.study.lexicon.tags import tag

_MOST_CANDIDATES = 60  # of one form; こう has 51
_REMEMBERED = 20_000  # forms
_ENTRIES = 5_000
_COMMONEST = 20_000  # words by rank


class NoDictionary(BotError):
    """The file is missing, something else, or of another version of this program."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no dictionary in {path}, or it is of another version. "
            "Please run: kaiwa study setup",
            f"{path} に辞書がないか、別のバージョンのものです。次を実行してください: "
            "kaiwa study setup",
        )


class Stored:
    """The file, for reading."""

    def __init__(self, path: Path) -> None:
        """Raises NoDictionary."""
        self._lock = threading.Lock()
        self._path = path
        try:
            self._database = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise NoDictionary(path) from error
        try:
            (application,) = self.rows("PRAGMA application_id")[0]
            (version,) = self.rows("PRAGMA user_version")[0]
        except NoDictionary:
            self._database.close()
            raise
        if (application, version) != (APPLICATION, VERSION):
            self._database.close()
            raise NoDictionary(path)
        self.find = lru_cache(_REMEMBERED)(self._find)
        self.entry = lru_cache(_ENTRIES)(self._entry)
        self.listed = lru_cache(len(Level) + 1)(self._listed)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a question gives. Raises NoDictionary where the file was damaged or closed."""
        try:
            with self._lock:
                return self._database.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise NoDictionary(self._path) from error

    def _find(self, form: str) -> Sequence[Candidate]:
        """The entries with a folded form, the likeliest first."""
        rows = self.rows(
            "SELECT weight, rank, kinds, level FROM form WHERE form = ? LIMIT ?",
            form,
            _MOST_CANDIDATES,
        )
        return tuple(Candidate(*row) for row in rows)

    def beginning(self, prefix: str, limit: int) -> list[tuple[int, int]]:
        """Weight and rank of the likeliest forms that begin like this; ranks may be repeated."""
        rows = self.rows(
            "SELECT weight, rank FROM form WHERE form >= ? AND form < ? ORDER BY weight LIMIT ?",
            prefix,
            prefix + "\U0010ffff",
            limit,
        )
        return [(weight, rank) for weight, rank in rows]

    def meaning(self, gloss: str) -> list[Candidate]:
        """The entries with exactly this bare gloss, the likeliest first."""
        rows = self.rows(
            "SELECT weight, rank, kinds, 0 FROM gloss WHERE gloss = ? LIMIT ?",
            gloss,
            _MOST_CANDIDATES,
        )
        return [Candidate(*row) for row in rows]

    def mentioning(self, words: Sequence[str], limit: int) -> list[int]:
        """The ranks of entries whose glosses have all these words, the commonest first."""
        rows = self.rows(
            "SELECT rowid FROM gloss_words WHERE gloss_words MATCH ? ORDER BY rowid LIMIT ?",
            " ".join(f'"{word}"' for word in words),
            limit,
        )
        return [rank for (rank,) in rows]

    def rank(self, id: int) -> int | None:
        """The rank of JMdict's entry of this number."""
        rows = self.rows("SELECT rank FROM entry WHERE id = ?", id)
        return rows[0][0] if rows else None

    def _entry(self, rank: int) -> Entry:
        ((id, text),) = self.rows("SELECT id, entry FROM entry WHERE rank = ?", rank)
        level, writings, readings, senses = json.loads(text)
        return Entry(
            id,
            tuple(Writing(form, bool(common), _tags(tags)) for form, common, tags in writings),
            tuple(
                Reading(form, bool(common), tuple(only[0]) if only else (), _tags(tags))
                for form, common, tags, *only in readings
            ),
            tuple(
                Sense(tuple(glosses), _tags(parts), _tags(tags), tuple(only))
                for glosses, parts, tags, only in senses
            ),
            any(form[1] for form in (*writings, *readings)),
            Level(level) if level else None,
        )

    def levels(self, ids: Iterable[int]) -> dict[int, Level]:
        """The levels of JMdict's entries of these numbers, of those that are on a list. Some 40 ms
        for 10,000."""
        rows = self.rows(
            "SELECT id, json_extract(entry, '$[0]') FROM entry "
            "WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(list(ids)),
        )
        return {id: Level(level) for id, level in rows if level}

    def examples(self, rank: int, limit: int) -> tuple[Example, ...]:
        """Sentences with this entry, the easiest first."""
        rows = self.rows(
            "SELECT japanese, english FROM example_word JOIN example ON id = example "
            "WHERE rank = ? ORDER BY example LIMIT ?",
            rank,
            limit,
        )
        return tuple(Example(*row) for row in rows)

    def company(self, rank: int, limit: int) -> list[set[str]]:
        """The lemmas of sentences with this entry, folded."""
        rows = self.rows(
            "SELECT lemmas FROM example_word JOIN example ON id = example WHERE rank = ? LIMIT ?",
            rank,
            limit,
        )
        return [set(lemmas.split(" ")) for (lemmas,) in rows]

    def kanji(self, character: str) -> list[Any] | None:
        """What building/characters.py wrote of it."""
        rows = self.rows("SELECT kanji FROM kanji WHERE character = ?", character)
        return json.loads(rows[0][0]) if rows and rows[0][0] else None

    def strokes(self, character: str) -> tuple[str, ...]:
        """The paths of its strokes."""
        rows = self.rows("SELECT strokes FROM kanji WHERE character = ?", character)
        packed = rows[0][0] if rows else None
        return tuple(zlib.decompress(packed).decode("ascii").splitlines()) if packed else ()

    def written_with(self, character: str, hardest: int, limit: int) -> list[int]:
        """The ranks of words with this kanji that are listed up to a level (0: all words)."""
        rows = self.rows(
            "SELECT rank FROM kanji_word WHERE character = ? "
            "AND (? = 0 OR level BETWEEN 1 AND ?) ORDER BY rank LIMIT ?",
            character,
            hardest,
            hardest,
            limit,
        )
        return [rank for (rank,) in rows]

    def _listed(self, level: Level | None) -> Sequence[int]:
        """The ranks of the words of a level; None: of the commonest that have none. Some 50 ms."""
        rows = self.rows(
            "SELECT DISTINCT rank FROM form WHERE level = ? AND rank < ? ORDER BY rank",
            level or 0,
            _COMMONEST if level is None else 1 << 60,
        )
        return tuple(rank for (rank,) in rows)

    def sources(self) -> tuple[Source, ...]:
        """What the file was made of."""
        return tuple(
            Source(*row)
            for row in self.rows("SELECT name, version, licence, attribution, url FROM about")
        )


def _tags(codes: str) -> tuple[Any, ...]:
    return tuple(map(tag, codes.split()))
