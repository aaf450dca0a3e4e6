"""A database, looked at: whether it is there, of which version it is, and whether it can be used.

Nothing is written, migrated or made, but for a folder that is taken away at once where only that
can tell whether one could be made.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, inspect, select, text

from storage.database import Database
from storage.errors import cannot_open
from storage.schema import ConversationRow
from storage.sqlite_files import Contents, beside, file_of, opened
from storage.sqlite_files import contents as contents_of
from storage.tables import every_table
from storage.versions import newest


@dataclass(frozen=True, slots=True)
class Seen:
    """`version`: None where the next start makes it."""

    version: str | None
    conversations: int

    @property
    def old(self) -> bool:
        """Whether the next start migrates it."""
        return self.version not in (None, newest())


_NOT_THERE = Seen(None, 0)


async def look(url: str) -> Seen:
    """What a database is. Raises BotError where it cannot be used."""
    file = file_of(url)
    if file is None:
        return await _on_a_server(url)
    if str(file).startswith("file:"):  # an SQLite URI, made by somebody who knows what is there
        return _NOT_THERE
    if not file.exists() or (file.is_file() and not file.stat().st_size):
        _see_that_it_can_be_made(file)
        return _NOT_THERE
    writable = os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK)
    if not (file.is_file() and writable):
        raise cannot_open(str(file))
    found = _contents(file)
    return Seen(found.version, found.rows["conversations"])


async def amounts(url: str) -> Contents | None:
    """How much a database holds; None where there is none. Raises BotError."""
    file = file_of(url)
    if file is None:
        return await _amounts_on_a_server(url)
    if not file.is_file() or not file.stat().st_size:
        return None
    return _contents(file)


def _contents(file: Path) -> Contents:
    # Without a log nobody has it open, and SQLite would make one even to read.
    mode = "ro" if any(each.exists() for each in beside(file)[1:]) else "ro&immutable=1"
    with opened(file, mode=mode) as connection:
        return contents_of(connection, file)


async def _amounts_on_a_server(url: str) -> Contents | None:
    async with Database.unmigrated(url) as database, database.read() as connection:
        there = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        if "alembic_version" not in there:
            return None
        version = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        rows = {
            table.name: await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in every_table()
            if table.name in there
        }
        size = await connection.scalar(text("SELECT pg_database_size(current_database())"))
    return Contents(version, rows, size or 0)


def _see_that_it_can_be_made(file: Path) -> None:
    there = next(folder for folder in file.absolute().parents if os.path.exists(folder))
    try:
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError
        if there != file.absolute().parent:
            with TemporaryDirectory(prefix=".kaiwa-check-", dir=there):
                pass
    except OSError as error:
        raise cannot_open(str(file)) from error


async def _on_a_server(url: str) -> Seen:
    async with Database.unmigrated(url) as database, database.read() as connection:
        there = await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version"))
        if not there:
            return _NOT_THERE
        version = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        count = await connection.scalar(select(func.count()).select_from(ConversationRow))
    return Seen(version, count or 0)
