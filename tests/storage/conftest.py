"""Stores to test: in memory, on SQLite, and on PostgreSQL where one is named.

PostgreSQL: KAIWA_TEST_POSTGRES_URL=postgresql+asyncpg://user:password@host/database. Kaiwa's
tables in that database are dropped.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.messages import ConversationKey
from bot.ports import HistoryStore
from storage.database import Database
from storage.history import SqlHistory
from storage.schema import Base
from tests.fakes.history import FakeHistory

POSTGRES = "KAIWA_TEST_POSTGRES_URL"


class Store(HistoryStore, Protocol):
    """What the contract suite tests: the port, and the look-ups of the command line."""

    async def conversations(self) -> Sequence[tuple[int, ConversationKey, int]]: ...

    async def key_of(self, conversation_id: int) -> ConversationKey | None: ...

    async def forget(self, conversation_id: int) -> int | None: ...


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a database file that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An open SQLite database."""
    async with await Database.open(url) as database:
        yield database


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, url: str) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield FakeHistory()
        return
    if request.param == "postgresql":
        url = os.environ.get(POSTGRES, "")
        if not url:
            pytest.skip(f"{POSTGRES} is not set")
        await _empty(url)
    async with await Database.open(url) as database:
        yield SqlHistory(database)


async def _empty(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    await engine.dispose()
