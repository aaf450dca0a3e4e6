"""Being one of several processes that share a database: living in it, and hearing of the others.

On PostgreSQL, by NOTIFY; other databases have one process of the bot, which is alone. What is
heard comes over a connection of its own; while that is lost, nothing is heard, and afterwards
that is said (`Missed`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select

from bot import signals
from bot.errors import BotError
from bot.messages import ConversationKey
from bot.signals import Left, Missed, Signal, Signals
from storage.database import Database
from storage.errors import DatabaseTrouble
from storage.processes import LEASE_SECONDS, RENEW_SECONDS, Process
from storage.trouble import Trouble

log = logging.getLogger(__name__)

CHANNEL = "kaiwa"
ALIVE_SECONDS = 5.0  # between two looks at whether the connection stands
PAUSES = (0.1, 1.0, 5.0)  # seconds between attempts to hear again; the last goes on
_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        signals.Stop,
        signals.Changed,
        signals.Forgotten,
        signals.Awaited,
        signals.Free,
        signals.QuizBegan,
        Left,
        Missed,
    )
}


def written(signal: Signal, sender: int) -> str:
    """A signal as NOTIFY carries it."""
    return json.dumps([sender, type(signal).__name__, asdict(signal)])


def read(payload: str) -> tuple[int, Signal]:
    """Who sent a signal, and which it is. Raises ValueError."""
    try:
        sender, name, values = json.loads(payload)
        if "conversation" in values:
            values["conversation"] = ConversationKey(**values["conversation"])
        return int(sender), _KINDS[name](**values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("no signal") from error


async def tell(database: Database, signal: Signal, sender: int = 0) -> None:
    """Tell all processes that share a database, where there may be any. Raises BotError."""
    if database.engine.dialect.name == "postgresql":
        async with database.write() as connection:
            await connection.execute(select(func.pg_notify(CHANNEL, written(signal, sender))))


class SqlSignals:
    """`bot.signals.Signals` between the processes of a database on PostgreSQL."""

    shared = True

    def __init__(self, database: Database, process: Process) -> None:
        self._database = database
        self._process = process
        self._heard: list[Callable[[Signal], None]] = []
        self.hearing = asyncio.Event()  # while it hears the others
        self._deaf = Trouble("what other processes tell is heard again", logging.WARNING)
        self._silent = Trouble("this process can say again that it lives", logging.WARNING)

    def listen(self, heard: Callable[[Signal], None]) -> None:
        """Have something done with what others tell."""
        self._heard.append(heard)

    async def tell(self, signal: Signal) -> None:
        """Tell the others."""
        try:
            await tell(self._database, signal, self._process.id)
        except BotError as error:
            log.warning("the other processes could not be told of something: %s", error)

    def hear(self, signal: Signal) -> None:
        """Something was told."""
        for heard in self._heard:
            try:
                heard(signal)
            except Exception:
                log.exception("what another process told could not be done")

    def _received(self, *arguments: Any) -> None:
        """A notification of the driver's: connection, backend, channel, payload."""
        try:
            sender, signal = read(arguments[-1])
        except ValueError:
            log.warning("another process told what this version does not know")
            return
        if sender != self._process.id:
            self.hear(signal)

    async def keep_hearing(self) -> None:
        """Hear what the others tell, until cancelled."""
        attempt, gap = 0, False
        while True:
            lost = asyncio.Event()
            try:
                async with self._database.engine.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    driver.add_termination_listener(lambda _, lost=lost: lost.set())
                    await driver.add_listener(CHANNEL, self._received)
                    try:
                        if gap:
                            self.hear(Missed())
                        attempt, gap = 0, True
                        while not lost.is_set():  # it may be dead, too, and nobody tell
                            await driver.fetchval("SELECT 1", timeout=ALIVE_SECONDS)
                            self.hearing.set()
                            self._deaf.over()
                            with suppress(TimeoutError):
                                async with asyncio.timeout(ALIVE_SECONDS):
                                    await lost.wait()
                    finally:
                        self.hearing.clear()
                        await connection.invalidate()  # it listens: not to go back to the pool
            except Exception as error:
                self._deaf.began(f"what other processes tell cannot be heard: {_why(error)}")
                gap = True
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    async def keep_living(self, every: float) -> None:
        """Renew the lease, and look who of the others lives no more, until cancelled."""
        while True:
            await asyncio.sleep(every)
            try:
                async with asyncio.timeout(LEASE_SECONDS):  # a server that is gone says nothing
                    good = await self._process.renew()
                if not good:
                    log.warning("this process could not say that it lives: others may go on")
                    continue  # it does not judge others now: perhaps none of them could
                self._silent.over()
                if await self._process.others_ended():
                    self.hear(Left())
            except (BotError, TimeoutError) as error:
                self._silent.began(f"this process could not say that it lives: {_why(error)}")
            except Exception:
                log.exception("this process could not say that it lives")


def _why(error: Exception) -> str:
    """For whoever runs the bot."""
    if isinstance(error, DatabaseTrouble):
        return error.operator
    return str(error) if isinstance(error, BotError) else type(error).__name__


@asynccontextmanager
async def sharing(database: Database, *, every: float = RENEW_SECONDS) -> AsyncIterator[Signals]:
    """Be one of the processes that share a database, where several may; else be alone."""
    if database.engine.dialect.name != "postgresql":
        yield signals.Alone()
        return
    async with database.another() as own:
        process = await Process.join(database, over=own)
        log.info("this is process %d of those that share the database", process.id)
        told = SqlSignals(own, process)
        tasks = [
            asyncio.create_task(told.keep_hearing(), name="kaiwa-signals"),
            asyncio.create_task(told.keep_living(every), name="kaiwa-lease"),
        ]
        try:
            yield told
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            with suppress(BotError):
                await process.leave()
                await tell(own, Left(), process.id)
