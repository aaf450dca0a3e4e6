"""What a transaction asks of SQLite's thread, and that no transaction outlives its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.messages import FinishReason
from storage.database import Database, last
from storage.sqlite_connection import SqliteConnection
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, incoming

SETTING = text("INSERT INTO channel_settings VALUES ('console', 'home', 'general', :key, 'v')")


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A list that grows by one for each visit to a connection's thread."""
    made: list[Any] = []
    execute, submit = SqliteConnection._execute, SqliteConnection._submit

    async def counted(self: SqliteConnection, work: Any, *values: Any, **options: Any) -> Any:
        made.append(work)
        return await execute(self, work, *values, **options)  # type: ignore[no-untyped-call]

    def submitted(self: SqliteConnection, work: Any) -> Any:
        made.append(work)
        return submit(self, work)

    monkeypatch.setattr(SqliteConnection, "_execute", counted)
    monkeypatch.setattr(SqliteConnection, "_submit", submitted)
    yield made


async def raw(connection: Any) -> SqliteConnection:
    """The driver's connection."""
    driver: SqliteConnection = (await connection.get_raw_connection()).driver_connection
    return driver


async def in_transaction(database: Database) -> bool:
    """Whether the pool gives out a connection in which something is still going on."""
    async with database.engine.connect() as connection:
        return (await raw(connection)).in_transaction


async def test_a_transaction_visits_the_thread_for_each_statement_and_for_its_end(
    database: Database, visits: list[Any]
) -> None:
    """Its beginning comes with the first statement; a cursor and its rows need no visit. One
    that only reads has no end."""
    async with database.write() as connection:
        visits.clear()
        assert await connection.scalar(text("SELECT 1")) == 1
        assert await connection.scalar(text("SELECT 2")) == 2
    assert len(visits) == 3
    async with database.read() as connection:
        visits.clear()
        assert await connection.scalar(text("SELECT 1")) == 1
    assert len(visits) == 1


async def test_a_turn_visits_the_thread_seven_times(database: Database, visits: list[Any]) -> None:
    """To know and store a message, begin a reply, read the history, and store the reply."""
    store = SqlStore(database)
    await store.add_message(incoming("m1"))
    await store.known(incoming("m1"))  # by now the connections are open
    visits.clear()
    await store.known(incoming("m2"))
    stored = await store.add_message(incoming("m2"))
    reply = await store.start_reply(stored.conversation_id, stored.message_id)
    assert reply is not None
    await store.history(stored.conversation_id, limit=10)
    await store.finish_reply(reply.id, "はい。", FinishReason.END)
    assert len(visits) == 1 + 1 + 1 + 1 + 3


async def test_a_last_statement_is_committed_in_the_same_visit(
    database: Database, visits: list[Any]
) -> None:
    """Others see it, though the transaction was not left yet."""
    async with database.write() as connection:
        await connection.execute(SETTING, {"key": "a"})
        visits.clear()
        await last(connection).execute(SETTING, {"key": "b"})
        assert not (await raw(connection)).in_transaction
        assert set(await SqlStore(database).settings(CHANNEL)) == {"a", "b"}
        visits.clear()
    assert visits == []


async def test_a_last_statement_that_fails_is_rolled_back_with_those_before_it(
    database: Database,
) -> None:
    """It is called last before it is known to pass; the next transaction is none the wiser."""
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(SETTING, {"key": "a"})
            await last(connection).execute(SETTING, {"key": "a"})
    assert not await in_transaction(database)
    assert await SqlStore(database).settings(CHANNEL) == {}


async def test_a_last_statement_that_never_came_ends_nothing_later(database: Database) -> None:
    """The next transaction's first statement is not taken for it."""
    async with database.write() as connection:
        last(connection)
    async with database.write() as connection:
        await connection.execute(SETTING, {"key": "a"})
        assert (await raw(connection)).in_transaction


async def test_a_transaction_without_statements_visits_nothing(
    database: Database, visits: list[Any]
) -> None:
    """Nor is its beginning left over for somebody else."""
    async with database.write():
        visits.clear()
    assert visits == []
    assert not await in_transaction(database)


async def test_a_beginning_that_was_left_begins_nothing_later(database: Database) -> None:
    """A statement outside of a transaction stays outside."""
    async with database.write():
        pass
    async with database.engine.connect() as connection:
        driver = await raw(connection)
        await driver.run("execute", "SELECT 1", ())
        assert not driver.in_transaction


async def test_a_writer_holds_the_lock_from_its_first_statement(database: Database) -> None:
    """Also where that only reads: nobody else writes between look and write."""
    async with database.write() as connection:
        await connection.scalar(text("SELECT count(*) FROM messages"))
        driver = await raw(connection)
        assert driver.in_transaction
        async with database.read() as other:
            await other.exec_driver_sql("PRAGMA busy_timeout = 0")
            with pytest.raises(Exception, match="locked"):
                await (await raw(other)).run("execute", "DELETE FROM messages", ())


async def test_what_failed_is_rolled_back(database: Database) -> None:
    """All of the transaction, and the connection is as good as new."""
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(SETTING, {"key": "a"})
            await connection.execute(SETTING, {"key": "a"})
    assert not await in_transaction(database)
    assert await SqlStore(database).settings(CHANNEL) == {}


@pytest.mark.parametrize("cut", [1, 2])
async def test_what_is_cancelled_at_a_statement_is_rolled_back(
    database: Database, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    """The thread runs it all the same, the first one with the beginning, and then ends it."""
    run = SqliteConnection.run
    ran: list[str] = []

    async def cut_off(self: SqliteConnection, method: str, statement: str, values: Any) -> Any:
        ran.append(statement)
        task = asyncio.current_task()
        if len(ran) == cut and task is not None:
            task.cancel()  # it is told of once the statement is on its way
        return await run(self, method, statement, values)

    async def write() -> None:
        async with database.write() as connection:
            monkeypatch.setattr(SqliteConnection, "run", cut_off)
            await connection.execute(SETTING, {"key": "a"})
            await connection.execute(SETTING, {"key": "b"})

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(write())
    assert len(ran) == cut
    assert not await in_transaction(database)
    assert await SqlStore(database).settings(CHANNEL) == {}
    await SqlStore(database).set_setting(CHANNEL, "b", "v")  # nobody holds the lock


async def test_many_rows_at_once_are_all_stored(database: Database) -> None:
    """One visit for a list of parameters."""
    async with database.write() as connection:
        await connection.execute(SETTING, [{"key": str(number)} for number in range(100)])
    assert len(await SqlStore(database).settings(CHANNEL)) == 100
