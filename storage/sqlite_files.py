"""A database of SQLite's as files: which they are, and what is in one. It changes nothing.

Opened with SQLite's own library only, never as a plain file: to close one would drop the locks
that this process holds on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import BotError
from storage.errors import sqlite_errors
from storage.versions import newest, versions

BUSY_SECONDS = 10.0
_LOOK_EVERY = 10_000  # of SQLite's instructions, whether to stop


class Stopped(Exception):
    """Whoever asked for something does not want it any more."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds. `rows`: of each table, by its name."""

    version: str
    rows: Mapping[str, int]
    bytes: int

    @property
    def old(self) -> bool:
        """Whether the next start will migrate it."""
        return self.version != newest()


def file_of(url: str) -> Path | None:
    """The file of a database; None where it is a server's."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def beside(file: Path) -> list[Path]:
    """The database's files: its own, and those that SQLite has beside it while it is open."""
    return [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))]


def name_of(url: str) -> str:
    """What a database is called, whatever kind it is."""
    return Path(make_url(url).database or "kaiwa").stem


def files_of(url: str) -> list[Path]:
    """All of a database's files; none where it is a server's."""
    file = file_of(url)
    return [] if file is None else beside(file)


def never() -> bool:
    """Nobody stops it."""
    return False


@contextmanager
def opened(
    file: Path, *, mode: str = "rw", stopped: Callable[[], bool] = never
) -> Iterator[sqlite3.Connection]:
    """A connection to a file that is there. `mode` as of SQLite's URIs. Raises BotError, and
    Stopped where `stopped` says so."""
    with sqlite_errors(str(file)):
        uri = f"{file.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        with closing(connection):
            connection.set_progress_handler(stopped, _LOOK_EVERY)
            try:
                yield connection
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    raise Stopped from error
                raise


def contents(connection: sqlite3.Connection, file: Path) -> Contents:
    """What is in a database. Raises BotError where it is not Kaiwa's, or a newer Kaiwa's."""
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    tables = sorted(name for (name,) in connection.execute(named))
    if "alembic_version" not in tables or "conversations" not in tables:
        raise BotError(
            f"{file} is no database of Kaiwa's.",
            f"{file} はKaiwaのデータベースではありません。",
        )
    version = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    if version not in versions():
        raise BotError(
            f"{file} was written by a newer version of Kaiwa. Upgrade Kaiwa first.",
            f"{file} は新しいバージョンのKaiwaで作られました。先にKaiwaを更新してください。",
        )
    count = "SELECT count(*) FROM {}"
    rows = {
        name: connection.execute(count.format(f'"{name}"')).fetchone()[0]
        for name in tables
        if name != "alembic_version"
    }
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return Contents(version, rows, pages * size)


def verify(connection: sqlite3.Connection, file: Path) -> None:
    """Have SQLite read all of a database. Raises BotError where it finds anything wrong."""
    ((found, *_), *_) = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if found != "ok":
        raise BotError(
            f"{file} is damaged, and was left as it is: {found}. Take another copy.",
            f"{file} は壊れています（そのままにしてあります）：{found}。"
            "別のコピーを使ってください。",
        )
