"""Opening, closing and failing of a database, on real files."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from bot.errors import BotError
from storage import database as database_module
from storage.database import Database
from storage.errors import DatabaseClosed, is_busy
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, incoming


def on_each_connection(database: Database, pragma: str) -> None:
    """Set a pragma on every connection that the database opens from now on."""

    def set_pragma(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(database.engine.sync_engine, "connect", set_pragma)


async def refusal(url: str) -> BotError:
    """The error that opening this URL raises."""
    with pytest.raises(BotError) as raised:
        await Database.open(url)
    assert raised.value.english.isascii() or "/" in raised.value.english
    assert any("ぁ" <= character <= "ん" for character in raised.value.japanese)
    return raised.value


async def test_a_connection_is_set_up_to_lose_nothing(database: Database) -> None:
    """WAL, a wait for the lock, foreign keys, and every commit on the disk before it returns."""
    async with database.read() as connection:
        pragmas = {
            name: await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "busy_timeout": 10_000,
        "foreign_keys": 1,
        "synchronous": 2,
    }


async def test_what_was_stored_is_there_after_closing(url: str) -> None:
    """A conversation goes on where it was left."""
    async with await Database.open(url) as database:
        stored = await SqlStore(database).add_message(incoming("m1", "はい"))
    async with await Database.open(url) as database:
        history = SqlStore(database)
        assert [m.text for m in await history.history(stored.conversation_id, limit=5)] == ["はい"]
        assert not (await history.add_message(incoming("m1"))).is_new


async def test_folders_are_made_as_needed(tmp_path: Path) -> None:
    """Also those whose names look like Alembic's or a URL's own signs."""
    folder = tmp_path / "データ" / "50% ready"
    async with await Database.open(f"sqlite+aiosqlite:///{folder}/kaiwa.db"):
        assert (folder / "kaiwa.db").is_file()


async def test_a_url_without_driver_is_understood(tmp_path: Path) -> None:
    """sqlite:///… is what people write."""
    async with await Database.open(f"sqlite:///{tmp_path}/kaiwa.db") as database:
        assert database.engine.dialect.driver == "aiosqlite"


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql+aiomysql://host/name", "sqlite+nodriver:///x.db"]
)
async def test_an_unusable_url_is_refused_with_examples(url: str) -> None:
    """It says how a URL looks."""
    assert "sqlite+aiosqlite:///kaiwa.db" in (await refusal(url)).english


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
async def test_a_database_in_memory_is_refused(url: str) -> None:
    """It would forget everything."""
    assert "forget" in (await refusal(url)).english


async def test_a_server_that_is_not_there_is_a_clear_error_without_the_password() -> None:
    """Whether the driver is missing or the server: nothing secret is shown."""
    error = await refusal("postgresql://kaiwa:secret@127.0.0.1:1/kaiwa")
    assert "secret" not in error.both()


async def test_a_file_that_is_no_database_is_named_and_left_alone(url: str, tmp_path: Path) -> None:
    """The text says what to do; nothing is overwritten."""
    file = tmp_path / "kaiwa.db"
    file.write_bytes(b"not a database " * 1_000)
    error = await refusal(url)
    assert "damaged" in error.english
    assert str(file) in error.english and str(file) in error.japanese
    assert file.read_bytes() == b"not a database " * 1_000


async def test_a_folder_in_the_files_place_cannot_be_opened(url: str, tmp_path: Path) -> None:
    """It is said that the database cannot be opened, and where."""
    (tmp_path / "kaiwa.db").mkdir()
    assert "cannot be opened" in (await refusal(url)).english


async def test_a_refused_database_leaves_no_thread_behind(url: str, tmp_path: Path) -> None:
    """The driver has one for each connection, and it would keep the process from ending."""
    (tmp_path / "kaiwa.db").write_bytes(b"not a database " * 1_000)
    before = set(threading.enumerate())
    error = await refusal(url)
    for thread in set(threading.enumerate()) - before:
        await asyncio.to_thread(thread.join, 30)
        assert not thread.is_alive() or "asyncio" in thread.name
    assert "damaged" in error.english


async def test_a_file_in_the_folders_place_is_a_clear_error(tmp_path: Path) -> None:
    """The folder cannot be created."""
    (tmp_path / "data").write_text("")
    error = await refusal(f"sqlite+aiosqlite:///{tmp_path}/data/kaiwa.db")
    assert "cannot be opened" in error.english


async def test_a_read_only_database_is_refused_at_start(url: str, tmp_path: Path) -> None:
    """Not at the first message, which would be too late."""
    async with await Database.open(url):
        pass
    error = await refusal(f"sqlite+aiosqlite:///file:{tmp_path}/kaiwa.db?mode=ro&uri=true")
    assert "cannot be written" in error.english


async def test_a_database_that_becomes_read_only_is_a_clear_error(database: Database) -> None:
    """A user of a platform reads it: no file is named."""
    await database.engine.dispose()
    on_each_connection(database, "query_only = ON")
    with pytest.raises(BotError, match="cannot be written") as raised:
        await SqlStore(database).add_message(incoming("m1"))
    assert "kaiwa.db" not in raised.value.both()


async def test_a_full_disk_is_a_clear_error_and_loses_nothing(database: Database) -> None:
    """What was stored stays readable, and what fits is stored again."""
    history = SqlStore(database)
    await database.engine.dispose()
    on_each_connection(database, "max_page_count = 60")
    stored = await history.add_message(incoming("m1"))
    with pytest.raises(BotError, match="disk is full"):
        await history.add_message(incoming("m2", "x" * 500_000))
    await history.add_message(incoming("m3"))
    texts = [message.text for message in await history.history(stored.conversation_id, limit=5)]
    assert texts == ["m1", "m3"]


async def test_a_held_database_is_a_clear_error(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the wait; and once it is free the same message is stored."""
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_MS", 20)
    async with await Database.open(url) as database:
        other = sqlite3.connect(tmp_path / "kaiwa.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BotError, match="busy"):
            await SqlStore(database).add_message(incoming("m1"))
        other.close()
        assert (await SqlStore(database).add_message(incoming("m1"))).is_new


async def test_opening_a_new_file_waits_for_who_opens_it_too(url: str, tmp_path: Path) -> None:
    """SQLite does not wait where it switches a file to WAL that another process writes to."""
    other = sqlite3.connect(tmp_path / "kaiwa.db", isolation_level=None)
    other.execute("CREATE TABLE others (id)")
    other.execute("BEGIN IMMEDIATE")
    opening = asyncio.create_task(Database.open(url))
    await asyncio.sleep(0.1)
    assert not opening.done()
    other.execute("COMMIT")
    other.close()
    await (await opening).close()


async def test_a_start_waits_longer_for_a_migration_than_for_another_writer(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a large file, or on a busy machine, takes its time and lets the others start."""
    await (await Database.open(url)).close()
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_MS", 20)
    other = sqlite3.connect(tmp_path / "kaiwa.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    asked = 0

    def once_busy(error: Any) -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            other.execute("COMMIT")
        return is_busy(error)

    monkeypatch.setattr("storage.database.is_busy", once_busy)
    await (await Database.open(url)).close()
    other.close()
    assert asked == 2


async def test_opening_a_file_that_stays_held_is_a_clear_error(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the wait."""
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_MS", 20)
    other = sqlite3.connect(tmp_path / "kaiwa.db", isolation_level=None)
    other.execute("CREATE TABLE others (id)")
    other.execute("BEGIN IMMEDIATE")
    assert "busy" in (await refusal(url)).english
    other.close()


async def test_a_writer_waits_for_the_lock(url: str, tmp_path: Path) -> None:
    """Another process's transaction delays a message and does not fail it."""
    async with await Database.open(url) as database:
        other = sqlite3.connect(tmp_path / "kaiwa.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        adding = asyncio.create_task(SqlStore(database).add_message(incoming("m1")))
        await asyncio.sleep(0.05)
        assert not adding.done()
        other.execute("COMMIT")
        other.close()
        assert (await adding).is_new


async def test_a_mistake_of_ours_is_not_dressed_up_as_the_operators(database: Database) -> None:
    """Wrong SQL stays what it is, so that it is logged with its traceback."""
    with pytest.raises(OperationalError):
        async with database.read() as connection:
            await connection.execute(text("SELECT * FROM nowhere"))


async def test_a_cancelled_write_holds_nothing_up(database: Database) -> None:
    """Cancelled at any step it is done whole or not at all, and the next write goes through."""
    history = SqlStore(database)
    for steps in range(12):
        task = asyncio.create_task(history.add_message(incoming(f"m{steps}")))
        for _ in range(steps * 3):
            await asyncio.sleep(0.0005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    last = await history.add_message(incoming("last"))
    messages = await history.history(last.conversation_id, limit=100)
    assert messages[-1].text == "last"
    assert len({message.platform_id for message in messages}) == len(messages)


async def test_many_tasks_write_and_read_at_once(database: Database) -> None:
    """More than there are connections; all are stored, and each task's in its order."""
    history = SqlStore(database)

    async def talk(name: str) -> None:
        for number in range(5):
            stored = await history.add_message(incoming(f"{name}-{number}"))
            await history.history(stored.conversation_id, limit=5)

    await asyncio.gather(*(talk(f"w{writer}") for writer in range(25)))
    here = await history.find(CHANNEL)
    assert here is not None
    texts = [message.text for message in await history.history(here, limit=1_000)]
    assert len(texts) == 125
    for writer in range(25):
        mine = [text for text in texts if text.startswith(f"w{writer}-")]
        assert mine == [f"w{writer}-{number}" for number in range(5)]


async def test_closing_waits_for_what_is_in_use(url: str) -> None:
    """A transaction that was cut off just before gives its connection back, and it is closed."""
    database = await Database.open(url)
    begun = asyncio.Event()
    opened: list[Any] = []

    async def look() -> None:
        async with database.read() as connection:
            raw = await connection.get_raw_connection()
            opened.append(raw.driver_connection)
            begun.set()
            await connection.execute(text("SELECT 1"))
            await asyncio.sleep(60)

    looking = asyncio.create_task(look())
    await begun.wait()
    looking.cancel()
    await asyncio.sleep(0)  # it is being rolled back
    await database.close()
    assert opened[0]._connection is None
    with pytest.raises(asyncio.CancelledError):
        await looking


async def test_closing_waits_for_a_connection_that_is_being_opened(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where who wanted it was cut off: its thread would open the file after the end."""
    database = await Database.open(url)
    connect = sqlite3.connect
    asked, go_on = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def slowly(*arguments: Any, **options: Any) -> sqlite3.Connection:
        threads.append(threading.current_thread())
        asked.set()
        go_on.wait(60)
        opened: sqlite3.Connection = connect(*arguments, **options)
        return opened

    async with database.read():  # the one that is open already
        monkeypatch.setattr(sqlite3, "connect", slowly)
        looking = asyncio.create_task(database.ping())
        await asyncio.to_thread(asked.wait, 60)
        looking.cancel()
        await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    await database.close()
    assert go_on.is_set()
    threads[0].join(60)
    assert not threads[0].is_alive()
    with pytest.raises(asyncio.CancelledError):
        await looking


async def test_a_closed_database_opens_nothing(url: str) -> None:
    """Who still asks is told so; a pool that was disposed of would open a new connection."""
    database = await Database.open(url)
    store = SqlStore(database)
    await database.close()
    opened: list[Any] = []
    event.listen(database.engine.sync_engine, "connect", lambda *new: opened.append(new))
    with pytest.raises(DatabaseClosed, match="shutting down"):
        await store.add_message(incoming("m1"))
    with pytest.raises(DatabaseClosed):
        await store.find(CHANNEL)
    await database.scrub(whole=True)
    assert not opened


async def test_who_waits_for_its_turn_while_the_database_is_closed_opens_nothing(url: str) -> None:
    """It is told when its turn comes."""
    database = await Database.open(url)
    store = SqlStore(database)
    with pytest.raises(DatabaseClosed):
        async with database.write():
            waiting = asyncio.create_task(store.add_message(incoming("m1")))
            await asyncio.sleep(0)
            await database.close(patience=0)
    with pytest.raises(DatabaseClosed):
        await waiting


@pytest.mark.parametrize("patience", [0.0, 60.0])
async def test_a_transaction_over_the_deadline_is_cut_off_and_its_connection_closed(
    url: str, patience: float
) -> None:
    """Whoever holds it is told that nothing was stored; so also where nobody waits for the
    deadline."""
    database = await Database.open(url)
    held, go_on = asyncio.Event(), asyncio.Event()
    opened: list[Any] = []

    async def hold() -> None:
        async with database.write() as connection:
            opened.append((await connection.get_raw_connection()).driver_connection)
            await connection.execute(text("DELETE FROM members"))
            held.set()
            await go_on.wait()

    holding = asyncio.create_task(hold())
    await held.wait()
    closing = asyncio.create_task(database.close(patience))
    await asyncio.sleep(0)
    if patience:
        closing.cancel()
    await asyncio.wait([closing])
    async with asyncio.timeout(30):
        while opened[0]._connection is not None:  # noqa: ASYNC110
            await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(DatabaseClosed):
        await holding


async def test_a_statement_over_the_deadline_is_interrupted(url: str) -> None:
    """Closing does not wait for its end."""
    database = await Database.open(url)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

    async def count() -> None:
        async with database.read() as connection:
            await connection.execute(text(endless))

    counting = asyncio.create_task(count())
    while not database.engine.pool.checkedout():  # type: ignore[attr-defined]  # noqa: ASYNC110
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    await database.close(patience=0)
    with pytest.raises(DatabaseClosed):
        await counting
