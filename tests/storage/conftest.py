"""Stores to test, on SQLite and on PostgreSQL: the same tests for both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.schema import Base
from storage.store import SqlStore
from tests.empty_database import put_empty_database

# Quicker than to truncate: that makes a new file of each table and index.
_DELETE_ALL = " ".join(f"DELETE FROM {table.name};" for table in Base.metadata.sorted_tables[::-1])
_EMPTY = (
    f"DO $$ BEGIN {_DELETE_ALL} PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S';"
    "END $$"
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a database file that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db"


@pytest.fixture
async def database(url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """An open SQLite database."""
    put_empty_database(tmp_path / "kaiwa.db")
    async with await Database.open(url) as database:
        yield database


@pytest.fixture(scope="session")
def used_postgres_url(new_postgres: Callable[[], str]) -> str:
    """The URL of the PostgreSQL database that tests empty and use one after another."""
    return new_postgres()


@pytest.fixture(params=["sqlite", "postgresql"])
async def either(
    request: pytest.FixtureRequest, url: str, tmp_path: Path
) -> AsyncIterator[Database]:
    """An open database of each kind, in which there are no rows."""
    if request.param == "postgresql":
        url = request.getfixturevalue("used_postgres_url")
    else:
        put_empty_database(tmp_path / "kaiwa.db")
    async with await Database.open(url) as database:
        if request.param == "postgresql":
            async with database.write() as connection:
                await connection.execute(text(_EMPTY))
        yield database


@pytest.fixture
def store(either: Database) -> SqlStore:
    """An empty store of each kind."""
    return SqlStore(either)
