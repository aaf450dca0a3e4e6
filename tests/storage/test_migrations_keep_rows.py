"""No migration loses a row: filled databases of every earlier version, counted before and after.

SQLite cannot change every part of a table where it stands; Alembic then makes another table and
drops the old one, which empties the tables that cascade from it (seen with Alembic 1.20). A new
version is tried here without a line more.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, create_engine, insert

from storage.database import Database
from storage.migrations import versions

FOLDER = Path(versions.__path__[0])
VERSIONS = sorted(file.name[:4] for file in FOLDER.glob("[0-9]*.py"))
ROWS = 3


async def migrated_to(url: str, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a database, or bring one, to a version and no further."""
    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _: upgrade(config, version))
        await (await Database.open(url)).close()


def value(table: Table, column: Any, number: int) -> Any:
    """What a row of that number has: each refers to the row of its own number."""
    kind = str(column.type).upper()
    if column.foreign_keys or "INT" in kind:
        return number
    if "BOOL" in kind or "DOUBLE" in kind or "FLOAT" in kind:
        return 1
    if "DATE" in kind:
        return datetime(2026, 1, number, 3, 4, 5)
    return "[]" if column.name == "platform_ids" else f"{column.name} {number}"


def fill(file: Path) -> None:
    """Put rows into every table, as it is in this version."""
    engine = create_engine(f"sqlite:///{file}")
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name != "alembic_version":
                rows = [
                    {column.name: value(table, column, number) for column in table.columns}
                    for number in range(1, ROWS + 1)
                ]
                connection.execute(insert(table), rows)
    engine.dispose()


def counted(file: Path) -> dict[str, int]:
    """How many rows each table has."""
    with closing(sqlite3.connect(file)) as connection:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in named
            if not name.startswith(("sqlite_", "alembic_"))
        }


def broken(file: Path) -> list[Any]:
    """Rows that refer to what is not there."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA foreign_key_check").fetchall()


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_filled_database_of_any_version_keeps_its_rows(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """In every table, through every later migration on the way."""
    file = tmp_path / "kaiwa.db"
    await migrated_to(url, version, monkeypatch)
    fill(file)
    before = counted(file)
    assert before and set(before.values()) == {ROWS}
    await (await Database.open(url)).close()
    after = counted(file)
    assert {name: after[name] for name in before} == before
    assert broken(file) == []


async def test_the_loss_that_is_looked_for_would_be_seen(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parent that is made anew takes its children along."""
    file = tmp_path / "kaiwa.db"
    await migrated_to(url, VERSIONS[-1], monkeypatch)
    fill(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "PRAGMA foreign_keys = ON; CREATE TABLE other AS SELECT * FROM saved_words;"
            "DROP TABLE saved_words; ALTER TABLE other RENAME TO saved_words;"
        )
    after = counted(file)
    assert after["saved_words"] == ROWS and after["cards"] == after["reviews"] == 0
