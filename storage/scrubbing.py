"""What was deleted from a SQLite database is in none of its files any more.

`PRAGMA secure_delete` overwrites what is deleted where it stands. That leaves the write-ahead
log, in which every earlier page stays until it is written over: a checkpoint that truncates it
follows each deletion. And it leaves what SQLite copies as it moves rows between pages: of the
rows that went to another page, the bytes stay in the free part of the old one, and no later
deletion knows of them. Only writing the whole file anew (VACUUM) takes them away. That is done
at once where a person or a whole conversation is forgotten, and else in the background: soon,
yet never for more than a thousandth of the time. Meanwhile readers go on and writers wait: some
15 ms for a megabyte of the file, which is 0.6 s for 200,000 short messages.

It must not open the file itself: closing it would drop the locks that SQLite holds on it in
this process (https://www.sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import AbstractAsyncContextManager

from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.errors import DatabaseClosed, in_words
from storage.sqlite_connection import SqliteConnection

log = logging.getLogger(__name__)

PATIENCE_MS = 100  # that a checkpoint waits for readers; meanwhile nobody can write
AGAIN_SECONDS = 1.0  # between its tries
REST_SECONDS = 900.0  # between two times that the file is written anew in the background
REST_SHARE = 1_000  # or that many times as long as it took

# Another process reads or writes, the disk is full, no connection of the pool became free, or the
# database is being closed (of a connection that is, aiosqlite's error is a ValueError).
FORESEEN = (DBAPIError, TimeoutError, sqlite3.Error, DatabaseClosed, ValueError)


class Scrubber:
    """Scrubs one database. `turn` is held while nobody else may write."""

    def __init__(
        self, engine: AsyncEngine, turn: AbstractAsyncContextManager[None], busy_timeout_ms: int
    ) -> None:
        self._engine = engine
        self._turn = turn
        self._busy_timeout_ms = busy_timeout_ms
        self._log_is_clean = self._file_is_clean = True
        self._rest = REST_SECONDS
        self._working: asyncio.Task[None] | None = None
        self._closed = False
        self._told = False  # that it cannot be done now

    async def scrub(self, *, whole: bool) -> None:
        """Something was deleted; `whole`: leave no copy of it before this returns.

        What readers keep from being done, and otherwise the file, is done later. Once it was
        closed nothing is.
        """
        if self._closed:
            log.warning("deleted text could not be taken out of the file: it is closed")
            return
        self._log_is_clean = self._file_is_clean = False
        try:
            await (self._rewrite() if whole else self._truncate())
        except FORESEEN as error:  # what was deleted is deleted
            self._tell(error)
        clean = self._log_is_clean and self._file_is_clean
        if not clean and self._working is None and not self._closed:
            self._working = asyncio.create_task(self._work(), name="kaiwa-scrubbing")

    async def aclose(self) -> None:
        """Stop; the last connection that is closed takes the log away."""
        self._closed = True
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait([self._working])

    async def _work(self) -> None:
        """Do what is left, in the background."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._rest
        try:
            while not (self._log_is_clean and self._file_is_clean):
                wait = due - loop.time() if self._log_is_clean else AGAIN_SECONDS
                await asyncio.sleep(max(wait, 0))
                try:
                    await (self._rewrite() if loop.time() >= due else self._truncate())
                except FORESEEN as error:
                    self._tell(error)
                else:
                    self._told = False
                if loop.time() >= due:
                    due = loop.time() + self._rest
        finally:
            self._working = None

    def _tell(self, error: Exception) -> None:
        """Once, until it could be done: it is tried again and again."""
        if not self._told and not self._closed:
            self._told = True
            log.warning(
                "deleted text is deleted, and cannot be taken out of the database's file yet: %s "
                "It is tried again; writing the file anew takes as much free disk as it is large.",
                in_words(error),
            )

    async def _truncate(self) -> None:
        """Bring the log into the file, and leave it empty."""
        async with self._turn, self._engine.connect() as connection:
            await self._truncate_on(await _driver(connection))

    async def _rewrite(self) -> None:
        """Write the file anew, without what is left of deleted rows."""
        now = asyncio.get_running_loop().time
        async with self._turn, self._engine.connect() as connection:
            driver = await _driver(connection)
            began = now()
            self._file_is_clean = True  # what is deleted from now on comes after it
            try:
                await driver.run("execute", "VACUUM", ())
            except BaseException:
                self._file_is_clean = False
                raise
            self._rest = max(REST_SECONDS, REST_SHARE * (now() - began))
            await self._truncate_on(driver)

    async def _truncate_on(self, driver: SqliteConnection) -> None:
        await driver.run("execute", f"PRAGMA busy_timeout = {PATIENCE_MS}", ())
        try:
            self._log_is_clean = True
            _, rows = await driver.run("execute", "PRAGMA wal_checkpoint(TRUNCATE)", ())
            busy, *_ = rows[0]
            self._log_is_clean = not busy
        except BaseException:
            self._log_is_clean = False
            raise
        finally:
            await driver.run("execute", f"PRAGMA busy_timeout = {self._busy_timeout_ms}", ())


async def _driver(connection: AsyncConnection) -> SqliteConnection:
    """SQLite's own connection, with no transaction begun."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert isinstance(raw, SqliteConnection)
    return raw
