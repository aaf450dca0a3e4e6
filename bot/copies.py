"""Copies of the database, whatever kind it is: made, and put back in its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import BotError

if TYPE_CHECKING:
    from storage.restoring import Restored
    from storage.sqlite_files import Contents


def copy_to(
    url: str,
    file: Path,
    *,
    replace: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> Contents:
    """Copy the database at `url` into a file. It blocks. See `storage.backup.back_up`."""
    from storage.backup import back_up

    return back_up(_file(url), file, replace=replace, stopped=stopped)


def put_back(url: str, file: Path) -> Restored:
    """Put a copy in the place of the database at `url`, from which no bot serves meanwhile. See
    `storage.restoring.restore`."""
    from storage.alone import alone
    from storage.restoring import restore

    database = _file(url)
    with alone(url):
        return restore(file, database, datetime.now())


def name_of(url: str) -> str:
    """What a database is called, for the names of its copies."""
    from storage.sqlite_files import name_of as called

    return called(url)


def _file(url: str) -> Path:
    """The database's file. Raises BotError where it is a server's."""
    from storage.sqlite_files import file_of

    file = file_of(url)
    if file is None:
        raise BotError(
            "This database is a server's: copy it with pg_dump, and put it back with pg_restore. "
            "docs/operation.md says how.",
            "このデータベースはサーバーにあります。pg_dump でコピーし、pg_restore で戻して"
            "ください（docs/operation.md）。",
        )
    return file
