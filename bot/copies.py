"""Copies of the database, whatever kind it is: made, and put back in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

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
    """Copy the database at `url` into a file. It blocks, and has an event loop of its own where
    the database is a server's. See `storage.backup.back_up`."""
    from storage.backup import back_up
    from storage.sqlite_files import file_of

    database = file_of(url)
    if database is not None:
        return back_up(database, file, replace=replace, stopped=stopped)
    from storage.server_backup import back_up_server

    return asyncio.run(back_up_server(url, file, replace=replace, stopped=stopped))


def put_back(url: str, file: Path) -> Restored:
    """Put a copy in the place of the database at `url`, from which no bot serves meanwhile; a
    server's must be empty. See `storage.restoring.restore`."""
    from storage.alone import alone
    from storage.restoring import Restored, restore
    from storage.sqlite_files import file_of

    database = file_of(url)
    if database is not None:
        with alone(url):
            return restore(file, database, datetime.now())
    from storage.server_backup import restore_server

    return Restored(asyncio.run(restore_server(file, url)), None)


def name_of(url: str) -> str:
    """What a database is called, for the names of its copies."""
    from storage.sqlite_files import name_of as called

    return called(url)
