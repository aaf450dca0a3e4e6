"""SQLite's connection as SQLAlchemy drives it, with few visits to its thread.

aiosqlite has a thread for each connection, and a statement makes SQLAlchemy go there four times:
to make a cursor, to execute, to fetch and to close. A visit costs more than most of our
statements do. Here a statement is one visit, in which all of its rows are read; the beginning of
a transaction comes along with its first statement, and its end with a last one that is called so;
and what is over, or was never begun, is not rolled back. It knows no SQL but that.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self, TypeVar

import aiosqlite

T = TypeVar("T")

_CHUNK = 64  # rows, of aiosqlite's own cursors: nobody makes one here


async def surely(future: asyncio.Future[T]) -> T:
    """The result of what is done in any case, also where the task that waits is cancelled."""
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return future.result()


class SqliteConnection(aiosqlite.Connection):
    """aiosqlite's, but for its cursors and for when a transaction begins."""

    _beginning: str | None = None  # the statement that is to begin a transaction
    _begun = False  # a transaction was begun and has not ended
    _ending = False  # the next statement is its last
    _may_end: Callable[[], bool] | None = None  # whether it may be committed by itself

    @classmethod
    def to(cls, file: str, **options: Any) -> Self:
        """A connection, open once it was awaited. `options` as of `sqlite3.connect`."""
        connection = cls(partial(sqlite3.connect, file, **options), _CHUNK)
        connection._thread.daemon = True  # as SQLAlchemy has it: it keeps no process alive
        return connection

    async def _connect(self) -> Self:
        """Open it. Who is cancelled meanwhile, or cannot open it, waits until nothing is open:
        aiosqlite leaves it to its thread, which opens the file though the database was closed."""

        def in_its_thread() -> None:
            self._connection = self._connector()

        try:
            await surely(self._submit(in_its_thread))
        except BaseException:
            stopped = self.stop()
            assert stopped is not None  # there is an event loop
            await surely(stopped)
            raise
        return self

    def begin(self, statement: str, may_end: Callable[[], bool]) -> None:
        """Begin a transaction, together with its first statement. `may_end`: whether it may be
        committed by itself."""
        self._beginning, self._ending, self._may_end = statement, False, may_end

    def end_with_next(self) -> None:
        """Commit together with the next statement, unless that fails or others have a part."""
        self._ending = self._may_end is not None and self._may_end()

    def is_open(self) -> bool:
        """Whether the transaction that was begun last had a statement, and was not committed."""
        never, self._beginning, self._ending = self._beginning is not None, None, False
        return self._begun and not never

    def undo(self, savepoint: str | None) -> asyncio.Future[bool]:
        """Roll back to where the transaction began that was begun last: with the statement
        `savepoint`, or the only one. Whether one is still open."""
        never, self._beginning, self._ending = self._beginning is not None, None, False

        def in_its_thread() -> bool:
            if never or not self._conn.in_transaction:
                pass
            elif savepoint is None:
                self._conn.rollback()
            else:
                self._conn.execute(f"ROLLBACK TO {savepoint}")
            self._begun = self._conn.in_transaction
            return self._begun

        return self._submit(in_its_thread)

    def commit_all(self) -> asyncio.Future[None]:
        """Commit, or roll back where that fails, once everything before it was executed."""

        def in_its_thread() -> None:
            try:
                self._conn.commit()
            except sqlite3.Error:
                self._conn.rollback()
                raise
            finally:
                self._begun = False

        return self._submit(in_its_thread)

    def _submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Let the thread do something after what it was told before. Raises ValueError where it
        is closed."""
        if not self._running:
            raise ValueError("Connection closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((future, work))
        return future

    def cursor(self) -> Cursor:  # type: ignore[override]  # it need not be awaited
        """A cursor, of which the thread hears when there is something to execute."""
        return Cursor(self)

    async def commit(self) -> None:
        """SQLAlchemy ends a transaction that only read: nothing was begun."""
        if self._begun:
            await super().commit()
            self._begun = False

    async def rollback(self) -> None:
        """Roll back what was begun. SQLAlchemy asks for it after each commit, too."""
        self._beginning, self._ending = None, False
        if self._begun:
            await super().rollback()
            self._begun = False

    async def run(
        self, method: str, statement: str, parameters: Iterable[Any]
    ) -> tuple[sqlite3.Cursor, list[Any]]:
        """Let a new cursor `execute` or `executemany`; the cursor, and all of the rows."""
        beginning, self._beginning = self._beginning, None
        ending, self._ending = self._ending, False

        def in_its_thread() -> list[Any]:
            cursor = self._conn.cursor()
            if beginning is not None:
                self._begun = True
                cursor.execute(beginning)
            getattr(cursor, method)(statement, parameters)
            rows = cursor.fetchall()
            if ending:
                self._conn.commit()
                self._begun = False
            return [cursor, rows]

        ran: list[Any] = await self._execute(in_its_thread)  # type: ignore[no-untyped-call]
        cursor, rows = ran
        # The thread holds on to its last work until there is other work: not to what it read.
        ran.clear()
        parameters = ()
        return cursor, rows


class Cursor:
    """What came of a statement, as SQLAlchemy asks for it where it reads all rows at once."""

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement and read all of its rows."""
        self._keep(*await self._connection.run("execute", statement, parameters))

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each of the parameters."""
        self._keep(*await self._connection.run("executemany", statement, parameters))

    def _keep(self, cursor: sqlite3.Cursor, rows: list[Any]) -> None:
        self._rows = rows
        self.description = cursor.description
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid

    async def fetchall(self) -> list[Any]:
        """The rows, which were read already."""
        return self._rows

    async def close(self) -> None:
        """Nothing is open: a statement of which all rows were read has ended."""
