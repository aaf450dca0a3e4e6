"""Connections for reading are kept, and nothing of one reader is left to the next."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.readers import MOST


async def driver(connection: Any) -> Any:
    """The driver's own connection."""
    return (await connection.get_raw_connection()).driver_connection


async def test_one_reader_after_the_other_has_the_same_connection(database: Database) -> None:
    """It sees what was written between."""
    async with database.read() as connection:
        first = await driver(connection)
        assert await connection.scalar(text("SELECT count(*) FROM members")) == 0
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO members VALUES ('p', 'u', NULL, NULL)"))
    async with database.read() as connection:
        assert await driver(connection) is first and not first.in_transaction
        assert await connection.scalar(text("SELECT count(*) FROM members")) == 1


async def test_so_many_are_kept_however_many_read_at_once(database: Database) -> None:
    """The others are the pool's, who had them before."""
    go_on = asyncio.Event()

    async def look() -> None:
        async with database.read() as connection:
            await connection.scalar(text("SELECT 1"))
            await go_on.wait()

    looking = [asyncio.create_task(look()) for _ in range(MOST + 3)]
    pool: Any = database.engine.pool
    async with asyncio.timeout(30):
        while pool.checkedout() < MOST + 3:  # noqa: ASYNC110
            await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*looking)
    assert pool.checkedout() == MOST


async def test_one_whose_reader_failed_is_not_kept(database: Database) -> None:
    """Nor is the next one's any worse."""
    with pytest.raises(KeyError):
        async with database.read() as connection:
            failed = connection
            raise KeyError
    assert failed.closed
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
