"""A copy of a database put in its place; the one that was there is kept beside it.

The copy is verified, and copied once more, before anything is touched. The place is taken only
where no process has the database open: as long as one does, SQLite lets nobody else take it
out of its log (WAL), which also brings it all into its one file.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import BotError
from bot.private import private_folder
from storage.backup import UNFINISHED, copy, file_errors, on_disk
from storage.sqlite_files import Contents, beside, opened

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in the database now, and where the one is that was there before."""

    contents: Contents
    kept: Path | None


class InUse(BotError):
    """Some process has the database open."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"{database} is in use. End Kaiwa (kaiwa run, chat or web) first.",
            f"{database} は使用中です。先にKaiwa（kaiwa run、chat、web）を終了してください。",
        )


def restore(file: Path, database: Path, at: datetime) -> Restored:
    """Put a copy in a database's place. `at` names what was there.

    Raises BotError, after which everything is as it was.
    """
    must_be_there(file)
    with file_errors(database.parent):
        private_folder(database.parent)
        with TemporaryDirectory(prefix=UNFINISHED, dir=database.parent) as folder:
            copied, contents = copy(file, Path(folder))
            see_that_it_is_unused(database)
            kept = _set_aside(database, at)
            os.replace(copied, database)
        on_disk(database.parent)
    return Restored(contents, kept)


def must_be_there(file: Path) -> None:
    """Raises BotError for a copy that is not there."""
    if not file.is_file():
        raise BotError(f"There is no file {file}.", f"{file} というファイルはありません。")


def see_that_it_is_unused(database: Path) -> None:
    """Raises InUse where somebody has a database open; one that is sound is one file then."""
    if not database.exists() or not database.stat().st_size:
        return
    try:
        with opened(database) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode = DELETE")
    except BotError as error:
        code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_BUSY:
            raise InUse(database) from error
        if code not in _DAMAGED:  # for which a copy is restored
            raise


def _set_aside(database: Path, at: datetime) -> Path | None:
    """Give what is there another name; which. Its own file first: where this is broken off, a log
    without its database is left, which SQLite takes for nothing."""
    stem = f"{database.stem}-replaced-{at:%Y-%m-%d-%H%M%S}"
    kept = database.with_name(f"{stem}{database.suffix}")
    number = 1
    while kept.exists():
        number += 1
        kept = database.with_name(f"{stem}-{number}{database.suffix}")
    was = database.exists()
    for old, new in zip(beside(database), beside(kept), strict=True):
        if old.exists():
            old.rename(new)
    return kept if was else None
