"""Signals between processes that share a database, on a real PostgreSQL; and being alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from bot import signals
from bot.messages import ConversationKey
from bot.signals import Alone, Left, Missed, Signal
from storage.database import Database
from storage.errors import busy
from storage.processes import Process
from storage.signals import CHANNEL, SqlSignals, read, sharing, tell, written
from storage.store import SqlStore
from tests.storage.processes import lapse

PATIENCE = 30.0  # seconds for what takes milliseconds
KEY = ConversationKey("discord", "g1", "c1", "t1")
ALL: list[Signal] = [
    signals.Stop(7),
    signals.Changed(KEY, 9, True),
    signals.Forgotten("slack", "U1"),
    signals.Awaited(7),
    signals.Free(7),
    signals.QuizBegan("slack"),
    Left(),
    Missed(),
]


@dataclass
class Member:
    """A process among others, and what it heard."""

    database: Database
    signals: SqlSignals
    heard: list[Signal] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, signal: Signal) -> None:
        """Note it."""
        self.heard.append(signal)
        self.news.set()

    async def until(self, signal: Signal) -> None:
        """Wait until it was heard."""
        async with asyncio.timeout(PATIENCE):
            while signal not in self.heard:
                await self.news.wait()
                self.news.clear()


@pytest.fixture
async def members(
    used_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Member]]:
    """Two processes that hear each other, and take no slow answer for a lost connection."""
    monkeypatch.setattr("storage.signals.ALIVE_SECONDS", 10 * PATIENCE)
    url = used_postgres_url
    async with AsyncExitStack() as stack:
        found = list[Member]()
        for _ in range(2):
            database = await stack.enter_async_context(await Database.open(url))
            told = await stack.enter_async_context(sharing(database, every=0.05))
            assert isinstance(told, SqlSignals)
            found.append(Member(database, told))
            told.listen(found[-1].hear)
            async with asyncio.timeout(PATIENCE):
                await told.hearing.wait()
        yield found


@pytest.mark.parametrize("signal", ALL)
def test_a_signal_arrives_as_it_was_told(signal: Signal) -> None:
    """Whatever it carries, and with who told it."""
    assert read(written(signal, 3)) == (3, signal)


@pytest.mark.parametrize("payload", ["", "no", "[]", '[1, "Other", {}]', '[1, "Stop", {"a": 1}]'])
def test_what_another_version_tells_is_left_out(payload: str) -> None:
    """It is no signal."""
    with pytest.raises(ValueError, match="no signal"):
        read(payload)


async def test_a_process_on_sqlite_is_alone(database: Database) -> None:
    """It claims nothing, and nobody hears what it tells."""
    async with sharing(database) as told:
        assert isinstance(told, Alone) and not told.shared
        assert database.holder is None
        await tell(database, Left())


async def test_what_one_tells_the_others_hear(members: list[Member]) -> None:
    """Not who told it; also what a command tells that is no process of the bot."""
    one, two = members
    for signal in ALL[:4]:
        await one.signals.tell(signal)
    await tell(one.database, Missed())
    await two.until(Missed())
    assert two.heard == [*ALL[:4], Missed()]
    await one.until(Missed())
    assert one.heard == [Missed()]


async def test_what_is_no_signal_is_passed_over(members: list[Member]) -> None:
    """As is who fails at one."""
    one, two = members

    def fail(_: Signal) -> None:
        raise RuntimeError("broken")

    two.signals._heard.insert(0, fail)
    async with one.database.write() as connection:
        await connection.execute(text(f"NOTIFY {CHANNEL}, 'no'"))
    await one.signals.tell(Left())
    await two.until(Left())


async def test_a_lost_connection_is_made_anew_and_what_was_missed_is_said(
    members: list[Member],
) -> None:
    """And what is told from then on is heard."""
    one, two = members
    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')"
    )
    async with one.database.write() as connection:
        assert (await connection.execute(kill)).rowcount >= 1
    await two.until(Missed())
    await one.until(Missed())
    await one.signals.tell(signals.Stop(1))
    await two.until(signals.Stop(1))


async def test_the_others_hear_of_who_ends_and_of_who_is_killed(members: list[Member]) -> None:
    """Of the latter once its lease has ended."""
    one, two = members
    await Process.join(two.database)  # nobody renews its lease
    await lapse(SqlStore(two.database))
    await one.until(Left())
    one.heard.clear()
    async with sharing(two.database):
        pass
    await one.until(Left())


async def test_a_server_that_stays_away_is_told_of_once(
    members: list[Member], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not each time that a lease is to be renewed; and once more when it is back."""
    process = members[0].signals._process
    renew, tried = process.renew, 0
    often, good = asyncio.Event(), asyncio.Event()

    async def renewed() -> bool:
        nonlocal tried
        tried += 1
        if tried < 5:
            raise busy()
        often.set()
        found = await renew()
        good.set()
        return found

    monkeypatch.setattr(process, "renew", renewed)
    with caplog.at_level(logging.INFO, "storage.trouble"):
        async with asyncio.timeout(PATIENCE):
            await often.wait()
            await good.wait()
    first, second = caplog.messages
    assert "could not say that it lives" in first and "can say again" in second
