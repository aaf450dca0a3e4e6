"""The connections that a database has open, so that closing it leaves none.

Disposing of an engine forgets a connection that is in use, and whoever gives it back gives it
to a pool that nobody closes any more; and an engine that was disposed of opens new ones for
whoever asks. So each connection is noted from its opening to its closing. It knows no SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import greenlet_spawn

from bot.errors import BotError
from storage.errors import DatabaseClosed, DatabaseTrouble, as_bot_errors
from storage.sqlite_connection import SqliteConnection
from storage.trouble import Trouble

CLOSING_SECONDS = 5.0  # that transactions have to end when the database is closed


class Connections:
    """An engine's connections, as SQLAlchemy's pool opens and closes them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._open: set[Any] = set()  # SQLAlchemy's own around the driver's; no common type
        self._cut_off: list[Any] = []  # that were closed while somebody used them
        self._closed = False
        self.trouble = Trouble()
        pool = engine.sync_engine
        event.listen(pool, "connect", self._opened, insert=True)  # before anything can fail
        event.listen(pool, "close", self._gone)
        event.listen(pool, "close_detached", self._gone)

    @property
    def closed(self) -> bool:
        """Whether nothing is opened any more."""
        return self._closed

    def check(self) -> None:
        """Raises DatabaseClosed, where it is."""
        if self._closed:
            raise DatabaseClosed

    def check_open(self, connection: AsyncConnection) -> None:
        """Raises DatabaseClosed where a transaction was cut off: to commit it may do nothing."""
        synchronous = connection.sync_connection
        if not self._cut_off or synchronous is None:
            return
        if synchronous.invalidated or synchronous.connection.dbapi_connection in self._cut_off:
            raise DatabaseClosed

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the database's errors into `BotError`; what closing broke off is DatabaseClosed."""
        try:
            with as_bot_errors():
                yield
        except (BotError, DBAPIError) as error:
            if isinstance(error, DatabaseTrouble) and not self._closed:
                self.trouble.began(error.operator)
            if self._closed and not isinstance(error, DatabaseClosed):
                raise DatabaseClosed from error
            raise

    def shut(self) -> None:
        """Open nothing any more."""
        self._closed = True

    async def aclose(self, patience: float) -> None:
        """Open nothing any more, and close all: those in use once they are given back, or after
        `patience` seconds, or where the task is cancelled that waits."""
        self.shut()
        now = asyncio.get_running_loop().time
        deadline = now() + patience
        try:
            while self._in_use() and now() < deadline:  # noqa: ASYNC110  the pool tells nobody
                await asyncio.sleep(0.005)
        finally:
            await asyncio.shield(self._close_all())

    def _in_use(self) -> int:
        """How many connections somebody has now."""
        pool = self._engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    async def _close_all(self) -> None:
        await self._engine.dispose()
        for connection in list(self._open):  # they are in use
            self._open.discard(connection)
            self._cut_off.append(connection)
            driver = connection.driver_connection
            closing = asyncio.ensure_future(greenlet_spawn(connection.terminate))
            while not closing.done():
                # Until it is closed a statement may begin, and run for as long as it likes.
                if isinstance(driver, SqliteConnection):
                    with suppress(ValueError):  # it is closed
                        await driver.interrupt()
                await asyncio.wait([closing], timeout=0.05)
            await closing

    def _opened(self, connection: Any, _record: object) -> None:
        """Note a new connection; where the database was closed meanwhile, the pool closes it."""
        self.check()
        self._open.add(connection)

    def _gone(self, connection: Any, _record: object = None) -> None:
        self._open.discard(connection)
