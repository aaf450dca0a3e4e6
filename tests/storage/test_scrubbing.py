"""What is left in SQLite's files of what was deleted: nothing."""

from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, TimeoutError

from storage import scrubbing
from storage.database import Database
from storage.errors import as_bot_errors
from storage.store import SqlStore
from tests.empty_database import put_empty_database
from tests.fakes.incoming import CHANNEL, incoming
from tests.storage.steps import answer, begin

SECRET = "ひみつのはなし"


def copies(folder: Path) -> int:
    """How often the secret stands in the files of a folder."""
    return sum(file.read_bytes().count(SECRET.encode()) for file in folder.iterdir())


async def until_clean(folder: Path) -> None:
    """Wait for what is done in the background."""
    async with asyncio.timeout(20):
        while copies(folder):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def talk(store: SqlStore, draw: random.Random, messages: int = 300) -> None:
    """So many messages, many of them edited to a longer text, so that SQLite moves rows."""
    for number in range(messages):
        secret = draw.random() < 0.2
        words = (SECRET if secret else "ほかの") * draw.choice([1, 3, 10, 80])
        author = "secretive" if secret else "u2"
        await store.add_message(incoming(f"m{number}", words, author=author))
        if draw.random() < 0.3:
            longer = words * 4
            await store.edit_message(incoming(f"m{number}", longer, author=author))


async def test_rows_that_were_moved_leave_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """secure_delete does not see the bytes that SQLite left where a row stood before."""
    monkeypatch.setattr(scrubbing.Scrubber, "scrub", _leave)
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        store = SqlStore(database)
        await talk(store, random.Random(5))
        assert copies(tmp_path)
        monkeypatch.undo()
        assert await store.forget_member("console", "secretive") > 30
        assert copies(tmp_path) == 0


async def test_who_only_rated_replies_leaves_no_user_id(tmp_path: Path) -> None:
    """Nor who asked what was not stored, or was deleted since."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        store = SqlStore(database)
        await answer(store, (await store.add_message(incoming("m1", author="u2"))).message_id)
        (reply,) = await store.undelivered("console")
        await store.rate(reply.reply_id, SECRET, 1)
        assert copies(tmp_path)
        assert await store.forget_member("console", SECRET) == 0
        assert copies(tmp_path) == 0
        asked = await store.add_message(incoming("m2", author=SECRET))
        await begin(store, asked.message_id)
        await store.delete_message(CHANNEL, "m2")
        assert copies(tmp_path)
        assert await store.forget_member("console", SECRET) == 0
        assert copies(tmp_path) == 0


async def _leave(self: object, *, whole: bool) -> None:
    """Nothing is scrubbed, as before."""


async def test_a_single_deletion_leaves_no_copy_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is written anew in the background."""
    monkeypatch.setattr(scrubbing, "REST_SECONDS", 0.0)
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        store = SqlStore(database)
        await talk(store, random.Random(6), 80)
        for number in range(80):
            await store.delete_message(CHANNEL, f"m{number}")
        await until_clean(tmp_path)


async def test_a_reader_delays_it_and_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that reads keeps the log as it is: once it has done, the log goes."""
    monkeypatch.setattr(scrubbing, "AGAIN_SECONDS", 0.01)
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        store = SqlStore(database)
        await store.add_message(incoming("m1", SECRET))
        reader = sqlite3.connect(tmp_path / "kaiwa.db", isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM messages").fetchone() == (1,)
        assert await store.delete_message(CHANNEL, "m1") is not None
        assert copies(tmp_path)
        await store.add_message(incoming("m2"))  # nobody waits for it
        reader.close()
        await until_clean(tmp_path)


async def test_a_pool_with_no_free_connection_delays_it_and_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion is committed: nobody is told of an error, and the rest is done later."""
    scrub = scrubbing.Scrubber.scrub
    monkeypatch.setattr(scrubbing, "AGAIN_SECONDS", 0.01)
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        store = SqlStore(database)
        await store.add_message(incoming("m1", SECRET))
        monkeypatch.setattr(database.engine.pool, "_timeout", 0.01)
        async with AsyncExitStack() as others:

            async def all_taken(self: scrubbing.Scrubber, *, whole: bool) -> None:
                with suppress(TimeoutError):
                    while True:
                        await others.enter_async_context(database.engine.connect())
                await scrub(self, whole=whole)

            monkeypatch.setattr(scrubbing.Scrubber, "scrub", all_taken)
            assert await store.delete_message(CHANNEL, "m1") is not None
            await asyncio.sleep(0.1)  # it tries again, in vain
            assert copies(tmp_path)
        await until_clean(tmp_path)


async def test_a_database_is_closed_though_something_is_left_to_do(tmp_path: Path) -> None:
    """And its log goes with its last connection."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        store = SqlStore(database)
        await store.add_message(incoming("m1", SECRET))
        await store.delete_message(CHANNEL, "m1")
    assert copies(tmp_path) == 0


async def test_an_error_names_no_value_of_a_row(tmp_path: Path) -> None:
    """It stands in the log, with its traceback."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        store = SqlStore(database)
        await store.add_message(incoming("m1"))
        with pytest.raises(IntegrityError) as failed:
            async with database.write() as connection:
                await connection.exec_driver_sql(
                    "INSERT INTO messages (conversation_id, role, author_id, author_name, text, "
                    "addressed, partial, created_at) VALUES (99, 'user', ?, 'a', ?, 1, 0, '2026')",
                    ("u1", SECRET),
                )
        assert SECRET not in str(failed.value) and "u1" not in str(failed.value)


class FailingRow(Exception):
    """As asyncpg has it: what stands in the row is its `detail`, and part of its text."""

    detail: str | None = f"Failing row contains (1, {SECRET})."

    def __str__(self) -> str:
        return f"{self.args[0]}\nDETAIL: {self.detail}" if self.detail else str(self.args[0])


@pytest.mark.parametrize(
    "said",
    [
        f"null value violates a constraint\nDETAIL:  Failing row contains (1, {SECRET}).",
        f"invalid input for query argument $3: '{SECRET}' (an integer is required)",
    ],
)
def test_an_error_of_postgresql_loses_the_rows_values(said: str) -> None:
    """Its own message, and those of what it was made of."""
    cause = FailingRow("null value violates a constraint")
    wrapped = ValueError(said)
    wrapped.__cause__ = cause
    with pytest.raises(IntegrityError) as failed, as_bot_errors():
        raise IntegrityError("INSERT", {}, wrapped) from wrapped
    for error in (failed.value, wrapped, cause):
        assert SECRET not in str(error)
    assert "null value" in str(cause)


async def test_nothing_is_scrubbed_once_it_is_closed(tmp_path: Path) -> None:
    """No task is begun that nobody ends, and no connection opened that nobody closes."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db")
    before = asyncio.all_tasks()
    await database.close()
    await database.scrub()
    await database.scrub(whole=True)
    assert asyncio.all_tasks() == before


async def test_what_a_full_disk_keeps_is_told_once_and_scrubbed_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The deletion itself is done: it took its room from the log that was there."""
    monkeypatch.setattr("storage.scrubbing.REST_SECONDS", 0.02)
    monkeypatch.setattr("storage.scrubbing.REST_SHARE", 0)
    monkeypatch.setattr("storage.scrubbing.AGAIN_SECONDS", 0.02)
    put_empty_database(tmp_path / "kaiwa.db")
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        store = SqlStore(database)
        await store.add_message(incoming("m1", SECRET))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # a third of the file
        try:
            await store.delete_message(CHANNEL, "m1")
            await asyncio.sleep(0.3)  # in which it is tried again and again
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        (told,) = caplog.messages
        assert "tried again" in told and "Check that it has space" in told
        await until_clean(tmp_path)
