"""A database that fails while the bot runs: one contract, over both platforms' servers.

Each fault is a real one: another process's lock, a disk without room, a file that is overwritten.
What was acknowledged, by an answer or by being stored, is not lost; nothing is answered twice; and
the bot serves again by itself where that is possible.
"""

from __future__ import annotations

import logging
import os
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage.backup import back_up
from storage.database import Database
from storage.restoring import restore
from storage.store import SqlStore
from tests.adapters.stages.fixtures import open_stage
from tests.adapters.stages.stage import Place, Stage
from tests.fakes.generator import FakeGenerator

LONG = "長い話。" * 350  # more than what is free in a database's pages


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a lock, and what is owed is tried again soon."""
    monkeypatch.setattr("storage.database._BUSY_TIMEOUT_MS", 20)
    monkeypatch.setattr("storage.owed.FIRST_PAUSE", 0.02)
    monkeypatch.setattr("storage.owed.LONGEST_PAUSE", 0.02)


@asynccontextmanager
async def locked(file: Path) -> AsyncIterator[None]:
    """Another process writes, and does not come to an end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@asynccontextmanager
async def failing(file: Path) -> AsyncIterator[None]:
    """The system writes to no file of this process any more, but for its first bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@asynccontextmanager
async def full(database: Database) -> AsyncIterator[None]:
    """The database's file cannot grow: a limit of SQLite's own, with the error of a full disk."""
    await _limit(database, 1)  # no less than there are
    try:
        yield
    finally:
        await _limit(database, 1_000_000)


async def _limit(database: Database, pages: int) -> None:
    for connection in database._connections._open:
        await connection.driver_connection.run("execute", f"PRAGMA max_page_count = {pages}", ())


# Not each on each platform: what becomes of them is decided in one place.
faults = pytest.mark.parametrize(
    ("stage", "kind"),
    [("discord", "full"), ("slack", "locked"), ("slack", "failing")],
    indirect=["stage"],
)


def fault(kind: str, store: SqlStore, file: Path) -> tuple[Any, str, str]:
    """What happens to the database, while it is entered, and what its user and operator read."""
    if kind == "locked":
        return locked(file), "busy", "another program holds it"
    if kind == "full":
        return full(store._database), "disk is full", "Free some space"
    return failing(file), "wrong with the disk", "Check that it has space"


async def until_told(stage: Stage, place: Place, text: str) -> None:
    """Wait until something is said, complete reply or not."""
    await stage.until(lambda: any(text in each for each in stage.texts(place)))


async def ended_and_started_anew(stage: Stage) -> None:
    """The next process takes up whatever the platform's history has."""
    await stage.stop()
    await stage.store.set_setting(stage.own, "seen", None)
    read = stage.histories()
    await stage.start()
    await stage.until(lambda: stage.histories() > read)


@faults
async def test_a_question_that_is_not_stored_is_told_so_and_the_next_is_answered(
    stage: Stage, tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Who asked is told at once what to do, the log says what the operator can do, and no more
    than once."""
    broken, told, logged = fault(kind, stage.store, tmp_path / "kaiwa.db")
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    first = await stage.remembered(channel, tanaka, "前")
    caplog.set_level(logging.INFO)
    async with broken:
        stage.ask(channel, tanaka, LONG)
        await until_told(stage, channel, told)
        stage.ask(channel, tanaka, LONG)
        await stage.until(lambda: sum(told in each for each in stage.texts(channel)) == 2)
    assert sum(logged in each for each in caplog.messages) == 1
    await stage.marked(channel, tanaka, "後")
    assert "works again" in caplog.text
    assert (await stage.kept(first))[:2] == ["前", "前"]
    assert "kaiwa.db" not in "".join(stage.texts(channel))


@faults
async def test_a_reply_whose_end_cannot_be_stored_is_shown_and_stored_later(
    stage: Stage, tmp_path: Path, generator: FakeGenerator, kind: str
) -> None:
    """Before what comes after it, and it is not answered again by the next process."""
    broken, *_ = fault(kind, stage.store, tmp_path / "kaiwa.db")
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    generator.gate.clear()
    generator.script = [["はい、", LONG]]
    first = stage.ask(channel, tanaka, "問い")
    await stage.until_kept(first, len)
    await stage.until(lambda: generator.running)
    async with broken:
        generator.gate.set()
        await stage.answered(channel, LONG[-20:])
        assert await stage.kept(first) == ["問い"]
    await stage.until_kept(first, lambda kept: kept == ["問い", f"はい、{LONG}"])
    shown = stage.texts(channel)
    await ended_and_started_anew(stage)
    await stage.marked(channel, tanaka, "後")
    assert stage.texts(channel)[: len(shown)] == shown
    assert not any("問い" in each for each in stage.texts(channel))
    assert not await stage.store.unanswered(stage.own.platform)


async def test_a_damaged_database_is_told_and_a_backup_put_back_goes_on(
    tmp_path: Path, generator: FakeGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    """While the bot runs its users are told, and the log has the command once; nothing spins."""
    file, copied = tmp_path / "kaiwa.db", tmp_path / "copy.db"
    url = f"sqlite+aiosqlite:///{file}"
    damaged = await Database.open(url)
    async with open_stage("slack", SqlStore(damaged), generator) as stage:
        tanaka = stage.person("田中")
        channel = stage.channel(tanaka)
        await stage.start()
        first = await stage.remembered(channel, tanaka, "前")
        back_up(file, copied)
        with overwritten(file):
            stage.ask(channel, tanaka, "今")
            await until_told(stage, channel, "database is damaged")
            stage.ask(channel, tanaka, "今も")
            await stage.until(lambda: sum("damaged" in t for t in stage.texts(channel)) == 2)
            await stage.stop()
            await damaged.close()
        assert sum("kaiwa restore FILE" in each for each in caplog.messages) == 1
        assert len(caplog.messages) < 12
        restored = restore(copied, file, datetime.now(UTC))
        assert restored.contents.rows["messages"] == 2
        async with await Database.open(url) as sound:
            stage.store = SqlStore(sound)
            await stage.start()
            await stage.marked(channel, tanaka, "後")
            assert (await stage.kept(first))[:2] == ["前", "前"]
            await stage.stop()


@contextmanager
def overwritten(file: Path) -> Iterator[None]:
    """All of a database but its head is overwritten. Its file is closed at the end only: closing
    it drops the locks that SQLite holds on it in this process."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE conversations SET memory_from = memory_from")
        connection.commit()  # nobody has its pages in memory any more
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.pwrite(descriptor, b"\xff" * (file.stat().st_size - 4_096), 4_096)
        yield
    finally:
        os.close(descriptor)
