"""Two processes of the bot on one database, in one process of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import update

from storage.database import Database
from storage.processes import Process
from storage.schema import ProcessRow
from storage.store import SqlStore

LEASE = 3_600.0  # seconds: nobody renews it, and it ends where a test says so, by `lapse`


async def join(store: SqlStore) -> Process:
    """Have a store's database be used by a process that lives until `lapse`, however slow the
    machine is."""
    return await Process.join(store.database, seconds=LEASE)


def process_of(store: SqlStore) -> Process:
    """The process whose store this is."""
    process = store.database.process
    assert process is not None
    return process


async def lapse(store: SqlStore) -> None:
    """Let a process's lease end, as if it had been asleep: it does not know yet."""
    process = process_of(store)
    process._until = 0.0
    row = update(ProcessRow).where(ProcessRow.id == process.id)
    async with store.database.write() as connection:
        await connection.execute(row.values(alive_until=0.0))


@asynccontextmanager
async def another_process(beside: SqlStore) -> AsyncIterator[SqlStore]:
    """One more process with an engine of its own on a store's database."""
    url = beside.database.engine.url.render_as_string(hide_password=False)
    async with await Database.open(url) as database:
        store = SqlStore(database)
        await join(store)
        yield store
