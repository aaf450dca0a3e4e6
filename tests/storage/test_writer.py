"""Transactions that wait for each other share a commit, and nothing else."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import IntegrityError

from bot.errors import BotError
from storage.database import Database, last
from storage.errors import DatabaseClosed
from storage.sqlite_connection import SqliteConnection

SETTING = text("INSERT INTO channel_settings VALUES ('console', 'home', 'general', :key, :value)")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: other databases have many writers."""
    return f"sqlite+aiosqlite:///{tmp_path / 'kaiwa.db'}"


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[None]]:
    """A list that grows by one for each commit of several statements or transactions."""
    made: list[None] = []
    commit_all = SqliteConnection.commit_all

    def counted(self: SqliteConnection) -> asyncio.Future[None]:
        made.append(None)
        return commit_all(self)

    monkeypatch.setattr(SqliteConnection, "commit_all", counted)
    yield made


async def write(database: Database, key: str, value: str = "v") -> None:
    """A transaction of two statements."""
    async with database.write() as connection:
        await connection.execute(SETTING, {"key": f"{key} first", "value": value})
        await connection.execute(SETTING, {"key": key, "value": value})


def on_disk(database: Database) -> set[str]:
    """The keys that another process would find."""
    file = make_url(str(database.engine.url)).database
    other = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        rows = other.execute("SELECT key FROM channel_settings WHERE key NOT LIKE '% first'")
        return {key for (key,) in rows}
    finally:
        other.close()


async def behind(database: Database, *writing: asyncio.Task[None]) -> list[BaseException | None]:
    """Let tasks queue behind a transaction that takes its time; what became of them."""
    async with database.write() as connection:
        await connection.execute(SETTING, {"key": "before", "value": "v"})
        await asyncio.sleep(0.01)
    return await asyncio.gather(*writing, return_exceptions=True)


async def test_those_that_wait_share_a_commit(database: Database, commits: list[None]) -> None:
    """Ten that queue behind one are on disk with it."""
    queued = [asyncio.create_task(write(database, f"key {n}")) for n in range(10)]
    assert await behind(database, *queued) == [None] * 10
    assert len(commits) == 1
    assert on_disk(database) == {"before"} | {f"key {n}" for n in range(10)}


async def test_whoever_waits_for_nobody_is_committed_at_once(
    database: Database, commits: list[None]
) -> None:
    """Each by itself; with a last statement that is called so, even without a visit more."""
    for n in range(3):
        await write(database, f"key {n}")
    assert len(commits) == 3
    async with database.write() as connection:
        await last(connection).execute(SETTING, {"key": "last", "value": "v"})
        assert "last" in on_disk(database)
    assert len(commits) == 3


async def test_a_last_statement_leaves_the_commit_to_those_that_wait(database: Database) -> None:
    """Else it would commit what shares its transaction, and may yet fail."""

    async def write_last(n: int) -> None:
        async with database.write() as connection:
            await last(connection).execute(SETTING, {"key": f"key {n}", "value": "v"})
            assert f"key {n}" not in on_disk(database) or n == 4  # nobody waits for the last one
        assert f"key {n}" in on_disk(database)

    queued = [asyncio.create_task(write_last(n)) for n in range(5)]
    assert await behind(database, *queued) == [None] * 5


async def test_one_that_fails_takes_none_of_the_others_with_it(database: Database) -> None:
    """Neither those before it nor those behind, whether it is the first, in between or the last."""
    for failing in range(3):
        names = [f"key {failing} {n}" for n in range(3)]
        names[failing] = "before"  # it is there already, once the second statement is run
        queued = [asyncio.create_task(write(database, name)) for name in names]
        if failing:
            ended = await asyncio.gather(*queued, return_exceptions=True)
        else:
            ended = await behind(database, *queued)
        assert [isinstance(error, IntegrityError) for error in ended] == [
            n == failing for n in range(3)
        ]
        assert on_disk(database) >= set(names)
    async with database.read() as connection:
        firsts = "SELECT count(*) FROM channel_settings WHERE key = 'before first'"
        assert await connection.scalar(text(firsts)) == 0


async def test_what_was_acknowledged_is_on_disk_where_the_disk_is_full(database: Database) -> None:
    """Whoever is told of no error finds what they wrote, and nobody else does."""
    await database.engine.dispose()
    event.listen(
        database.engine.sync_engine,
        "connect",
        lambda connection, _: connection.cursor().execute("PRAGMA max_page_count = 120"),
    )
    values = ["v" * (2_000_000 if n == 3 else 10) for n in range(6)]
    queued = [asyncio.create_task(write(database, f"{n}", value)) for n, value in enumerate(values)]
    ended = await asyncio.gather(*queued, return_exceptions=True)
    assert isinstance(ended[3], BotError) and "full" in ended[3].english
    written = {f"{n}" for n, error in enumerate(ended) if error is None}
    assert on_disk(database) == written
    assert not written >= {"0", "1", "2"}  # SQLite took back all that was not committed yet
    await write(database, "later")
    assert "later" in on_disk(database)


async def test_one_that_is_cancelled_while_it_waits_leaves_no_commit_undone(
    database: Database,
) -> None:
    """The one before it relied on its coming."""
    async with database.write() as connection:
        waiting = asyncio.create_task(write(database, "never"))
        await connection.execute(SETTING, {"key": "before", "value": "v"})
    waiting.cancel()  # it has its turn by now, or is about to
    await asyncio.wait([waiting])
    async with asyncio.timeout(30):
        await write(database, "after")
    assert on_disk(database) >= {"before", "after"}


async def test_a_commit_that_fails_is_told_to_all_who_share_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of theirs is stored, and the next one is none the wiser."""

    def fails(self: SqliteConnection) -> asyncio.Future[None]:
        def in_its_thread() -> None:
            self._conn.rollback()
            self._begun = False
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error

        return self._submit(in_its_thread)

    queued = [asyncio.create_task(write(database, f"key {n}")) for n in range(3)]
    with monkeypatch.context() as patch, pytest.raises(BotError, match="disk is full"):
        patch.setattr(SqliteConnection, "commit_all", fails)
        await behind(database)
    ended = await asyncio.gather(*queued, return_exceptions=True)
    assert all(isinstance(error, BotError) for error in ended)
    assert on_disk(database) == set()
    await write(database, "after")
    assert on_disk(database) == {"after"}


async def test_those_that_wait_while_the_database_is_closed_are_told(url: str) -> None:
    """What ended before is on disk all the same."""
    database = await Database.open(url)
    queued = [asyncio.create_task(write(database, f"key {n}")) for n in range(3)]
    await asyncio.sleep(0)
    await database.close()
    ended = await asyncio.gather(*queued, return_exceptions=True)
    stored = on_disk(database)
    for n, error in enumerate(ended):
        assert error is None or isinstance(error, DatabaseClosed)
        assert (error is None) == (f"key {n}" in stored)


async def test_whatever_fails_or_is_cancelled_what_was_acknowledged_is_there(
    database: Database,
) -> None:
    """Nobody waits for ever, and what failed has left nothing."""
    draw = random.Random(7)

    async def once(n: int) -> None:
        await asyncio.sleep(draw.random() * 0.02)
        async with database.write() as connection:
            await connection.execute(SETTING, {"key": f"{n} first", "value": "v"})
            if n % 5 == 1:
                await connection.execute(SETTING, {"key": f"{n} first", "value": "v"})
            if n % 7 == 2:
                raise KeyError(n)
            await (last(connection) if n % 2 else connection).execute(
                SETTING, {"key": f"{n}", "value": "v"}
            )

    tasks = [asyncio.create_task(once(n)) for n in range(150)]
    for task in tasks[::6]:
        asyncio.get_running_loop().call_later(draw.random() * 0.05, task.cancel)
    async with asyncio.timeout(60):
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    stored = on_disk(database)
    for n, error in enumerate(ended):
        if not isinstance(error, asyncio.CancelledError):  # of those nobody can say
            assert (error is None) == (f"{n}" in stored)
            assert error is None or isinstance(error, (IntegrityError, KeyError))
    async with database.read() as connection:
        count = "SELECT count(*) FROM channel_settings"
        assert await connection.scalar(text(count)) == 2 * len(stored)
