"""Stores to test: on SQLite, and on PostgreSQL where one is named.

PostgreSQL: KAIWA_TEST_POSTGRES_URL=postgresql+asyncpg://user:password@host/database. Kaiwa's
tables in that database are dropped.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.database import Database
from storage.schema import Base
from storage.store import SqlStore
from tests.empty_database import put_empty_database

POSTGRES = "KAIWA_TEST_POSTGRES_URL"


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


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(
    request: pytest.FixtureRequest, url: str, tmp_path: Path
) -> AsyncIterator[SqlStore]:
    """An empty store of each kind."""
    if request.param == "postgresql":
        url = os.environ.get(POSTGRES, "")
        if not url:
            pytest.skip(f"{POSTGRES} is not set")
        await empty(url)
    else:
        put_empty_database(tmp_path / "kaiwa.db")
    async with await Database.open(url) as database:
        yield SqlStore(database)


async def empty(url: str) -> None:
    """Take everything of Kaiwa's out of a database."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    await engine.dispose()
