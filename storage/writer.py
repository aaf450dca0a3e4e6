"""SQLite's one writer: transactions that wait for each other share a commit.

SQLite has one writer at a time, and each commit waits for the disk. So where others wait, a
transaction that has ended leaves its place to the next one and is committed together with it:
each is a savepoint of its own, so that one that fails takes none of the others with it, and none
is over for who made it before all of it is on disk. Who waits for nobody commits at once. The
connection stays open from one to the next: fetching it from the pool costs as much as a statement.

It knows no SQL but that of transactions.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.connections import Connections
from storage.errors import DatabaseClosed, busy
from storage.sqlite_connection import SqliteConnection, surely

MOST = 32  # transactions that share a commit: who came first waits for the others

_BEGIN = "BEGIN IMMEDIATE"  # one that reads first and then writes fails where another writes
_NEXT = "SAVEPOINT kaiwa"


class Writer:
    """Entered, it keeps everybody else from writing, with no transaction open."""

    def __init__(self, engine: AsyncEngine, connections: Connections) -> None:
        self._engine = engine
        self._connections = connections
        self._turn = asyncio.Lock()  # a queue is fairer than SQLite's polling for its lock
        self._waiting = 0  # that want to write next
        self._connection: AsyncConnection | None = None
        self._driver: SqliteConnection | None = None
        self._ended: list[asyncio.Future[None]] = []  # transactions that are to be committed

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One that may write; on disk once it was left. Raises DatabaseClosed."""
        committed: asyncio.Future[None] | None = None
        await self._wait_for_turn()
        try:
            self._connections.check()
            connection, driver = await self._connected()
            driver.begin(_NEXT if self._ended else _BEGIN, self._is_alone)
            try:
                yield connection
                self._connections.check_open(connection)
            except BaseException as error:
                await self._undo(driver, error)
                raise
            if driver.is_open():  # it was not committed by its last statement
                committed = asyncio.get_running_loop().create_future()
                self._ended.append(committed)
        finally:
            self._commit_in_time()
            self._turn.release()
        if committed is not None:
            await committed

    async def __aenter__(self) -> None:
        await self._turn.acquire()
        self._commit()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._turn.release()

    async def rest(self, patience: float) -> None:
        """Give the connection back to the pool, unless somebody uses it for longer."""
        try:
            async with asyncio.timeout(patience), self:
                if self._connection is not None:
                    await self._connection.close()
                    self._connection = self._driver = None
        except TimeoutError:
            pass

    async def _wait_for_turn(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        except BaseException:
            self._waiting -= 1
            if not self._turn.locked():  # those before left their commit to this one
                self._commit_in_time()
            raise
        self._waiting -= 1

    def _is_alone(self) -> bool:
        """Whether nobody shares a commit with the transaction that has its turn."""
        return not self._ended and not self._waiting

    async def _connected(self) -> tuple[AsyncConnection, SqliteConnection]:
        connection, driver = self._connection, self._driver
        if connection is None or driver is None or connection.closed or connection.invalidated:
            self._connection = None
            connection = await self._engine.connect()
            raw = (await connection.get_raw_connection()).driver_connection
            assert isinstance(raw, SqliteConnection)
            self._connection, self._driver = connection, driver = connection, raw
        return connection, driver

    async def _undo(self, driver: SqliteConnection, error: BaseException) -> None:
        """Roll back a transaction that failed: it alone, where SQLite leaves the others."""
        shared = bool(self._ended)
        try:
            others_stand = await surely(driver.undo(_NEXT if shared else None))
        except (sqlite3.Error, ValueError):  # it was closed
            others_stand = False
        if shared and not others_stand:
            self._settle(self._take(), error)

    def _commit_in_time(self) -> None:
        """Commit what has ended, unless somebody comes next who will."""
        if not self._waiting or len(self._ended) >= MOST:
            self._commit()

    def _commit(self) -> None:
        """Begin to commit what has ended; what is executed from now on comes after it."""
        if self._ended and self._driver is not None:
            try:
                done = self._driver.commit_all()
            except ValueError as error:  # it was closed
                self._settle(self._take(), error)
            else:
                done.add_done_callback(partial(self._committed, self._take()))

    def _take(self) -> Sequence[asyncio.Future[None]]:
        ended, self._ended = self._ended, []
        return ended

    def _committed(self, ended: Sequence[asyncio.Future[None]], done: asyncio.Future[None]) -> None:
        self._settle(ended, None if done.cancelled() else done.exception())

    def _settle(self, ended: Sequence[asyncio.Future[None]], error: BaseException | None) -> None:
        """Tell those who wait that their transactions are on disk, or what became of them."""
        for future in ended:
            if future.done():  # nobody waits for it any more
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(_told(error))


def _told(error: BaseException) -> Exception:
    """An error of the driver as SQLAlchemy raises it; of a transaction that another took along,
    that it may be tried again."""
    if isinstance(error, DBAPIError):
        return error
    if isinstance(error, sqlite3.Error):
        wrapped: Any = DBAPIError.instance(
            "COMMIT", None, error, sqlite3.Error, hide_parameters=True
        )
        return wrapped  # type: ignore[no-any-return]
    return DatabaseClosed() if isinstance(error, ValueError) else busy()
