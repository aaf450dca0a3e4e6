"""Opening the database: engine, transactions, migrations. It knows no table.

SQLite gets what it needs to serve several tasks and processes without losing a write:
WAL, so that readers and the writer do not block each other; `synchronous=FULL`, since WAL's
NORMAL may lose the last commits when the power fails. A transaction that only reads is none to
SQLite: each statement sees what was committed before it, as on PostgreSQL. Other databases keep
their own defaults.
Longer than most files: how a database is opened and how it is closed belong together.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, ExceptionContext, event, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import BotError
from bot.meters import DatabaseTimes, timed
from bot.private import private_file, private_folder
from storage.connections import CLOSING_SECONDS, Connections
from storage.errors import MigrationFailed, as_bot_errors, cannot_open, is_busy
from storage.readers import Readers
from storage.scrubbing import Scrubber
from storage.server import server_engine
from storage.sqlite_connection import SqliteConnection
from storage.tables import every_table
from storage.urls import parsed, place
from storage.versions import MIGRATIONS, newest
from storage.writer import Writer

if TYPE_CHECKING:
    from storage.processes import Process

_BUSY_TIMEOUT_MS = 10_000
# Of each connection, of which there are several; the system keeps the file's pages besides. What a
# connection has read is void once another has written, so that more would hardly be used.
_CACHE_KIB = 256
_MIGRATION_WAITS = 6  # times as long as for another writer
_MIGRATION_LOCK = 0x6B61697761  # "kaiwa": PostgreSQL's advisory lock while migrating


class Database:
    """An open database: `read()` and `write()` are its transactions. `process` is who uses it,
    where it is shared by several processes of the bot."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.process: Process | None = None
        self.times = DatabaseTimes()
        self._connections = Connections(engine)
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._readers: Readers | None = None
        self._writer: Writer | None = None
        self._scrubber: Scrubber | None = None
        if engine.dialect.name == "sqlite":
            self._readers = Readers(engine, self._connections)
            self._writer = Writer(engine, self._connections)
            self._scrubber = Scrubber(engine, self._writer, _BUSY_TIMEOUT_MS)

    @classmethod
    async def open(cls, url: str) -> Database:
        """Open the database at `url`, creating and migrating it as needed.

        Raises BotError, with what to do, when it cannot be used.
        """
        named = parsed(url)
        with as_bot_errors(place(named)):
            database = cls(_engine(named))
            try:
                await database.migrate()
            except BaseException:
                await database.close()
                raise
        return database

    @classmethod
    @asynccontextmanager
    async def unmigrated(cls, url: str) -> AsyncIterator[Database]:
        """A database as it is, of whatever version, to be looked at. Raises BotError."""
        named = parsed(url)
        async with cls(_engine(named)) as database:
            with as_bot_errors(place(named)):
                async with database.engine.connect():  # what prevents that is told with its place
                    pass
            yield database

    def another(self) -> Database:
        """The same database over connections of its own, for what must not wait until one of
        these is free."""
        return Database(_engine(self.engine.url))

    @property
    def holder(self) -> int | None:
        """The id of the process that uses it, where there may be others."""
        return None if self.process is None else self.process.id

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; each statement sees what was committed before it.

        Raises DatabaseClosed where the database is closed, or was before it ended.
        """
        self._connections.check()
        with timed(self.times.read), self._connections.errors():
            if self._readers is not None:
                async with self._readers.connection() as connection:
                    yield connection
                return
            async with self.engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; committed, and on disk, once it was left.

        Raises DatabaseClosed where the database is closed, or was before it was committed.
        """
        with timed(self.times.write), self._connections.errors():
            async with self._transaction() as connection:
                yield connection
        self._connections.trouble.over()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        self._connections.check()
        if self._writer is not None:
            async with self._writer.transaction() as connection:
                yield connection
            return
        async with self.engine.begin() as connection:
            yield connection
            self._connections.check_open(connection)

    async def ping(self) -> None:
        """See whether it answers. Raises BotError where it does not."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def scrub(self, *, whole: bool = False) -> None:
        """Something was deleted: see that no file keeps it. `whole`: before this returns.

        To be called outside a transaction. A server's files are its own.
        """
        if self._scrubber is not None:
            await self._scrubber.scrub(whole=whole)

    def when_closing(self, end: Callable[[], Awaitable[None]]) -> None:
        """Have something done before the database is closed."""
        self._closing.append(end)

    async def migrate(self) -> None:
        """Bring the schema to the newest revision, in one transaction.

        Of several processes that start at once one migrates, the others wait for it: longer than
        for any other writer, since a large file on a busy machine takes its time.
        """
        for further in reversed(range(_MIGRATION_WAITS)):
            try:
                async with self._transaction() as connection:
                    if connection.dialect.name == "postgresql":
                        lock = f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"
                        await connection.execute(text(lock))
                    await connection.run_sync(_upgrade)
                if self._writer is not None:
                    await self._writer.rest(CLOSING_SECONDS)
                return
            except OperationalError as error:
                if not further or not is_busy(error):
                    raise

    async def close(self, patience: float = CLOSING_SECONDS) -> None:
        """Close every connection: those in use once they are given back, or after `patience`
        seconds. From then on nothing is read or written; see `DatabaseClosed`."""
        now = asyncio.get_running_loop().time
        deadline = now()
        try:
            for end in self._closing:
                await end()
            deadline = now() + patience
            if self._scrubber is not None:
                await self._scrubber.aclose()
            self._connections.shut()
            if self._readers is not None:
                await self._readers.rest()
            if self._writer is not None:
                await self._writer.rest(patience)
        except BaseException:
            deadline = now()
            raise
        finally:
            await self._connections.aclose(deadline - now())

    async def __aenter__(self) -> Database:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def last(connection: AsyncConnection) -> AsyncConnection:
    """A writer's connection, whose next statement is its last: it commits at once where that
    saves a way (SQLite). One that fails is rolled back, as ever."""
    synchronous = connection.sync_connection
    driver = None if synchronous is None else synchronous.connection.driver_connection
    if isinstance(driver, SqliteConnection):
        driver.end_with_next()
    return connection


def _engine(url: URL) -> AsyncEngine:
    """An engine for `url`; nothing is connected yet."""
    if url.get_backend_name() == "postgresql":
        return server_engine(url)

    async def connect_sqlite() -> SqliteConnection:
        arguments, options = engine.dialect.create_connect_args(url)
        connection = SqliteConnection.to(*arguments, **options)
        await connection
        return connection

    engine = create_async_engine(
        url,
        async_creator=connect_sqlite,
        hide_parameters=True,  # an error, and so the log, has no message's text
    )
    _prepare_file(url.database or "")
    event.listen(engine.sync_engine, "connect", _configure_sqlite)
    event.listen(engine.sync_engine, "handle_error", _keep_open)
    return engine


def _prepare_file(file: str) -> None:
    """Create the file and its folder, for this account alone, and see that SQLite can open it.

    Looked at beforehand, since the driver's thread may outlive the event loop when opening
    fails. One that is there is only looked at: opening and closing it here would drop the locks
    that this process holds on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    if file.startswith("file:"):  # an SQLite URI, made by somebody who knows what is there
        return
    path = Path(file)
    try:
        private_folder(path.parent)
    except OSError as error:
        raise cannot_open(file) from error
    reachable = os.access(path.parent, os.W_OK | os.X_OK)  # the journal stands beside the file
    if path.exists():
        reachable &= path.is_file() and os.access(path, os.R_OK | os.W_OK)
    try:
        if not reachable:
            raise PermissionError
        private_file(path)
    except OSError as error:
        raise cannot_open(file) from error


def _configure_sqlite(connection: Any, _record: object) -> None:
    """Set up a new connection. It is the driver's own, which has no common type."""
    connection.isolation_level = None  # the driver begins nothing by itself, see writer.py
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    connection.run_async(_use_wal)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    cursor.execute("PRAGMA secure_delete = ON")  # what users delete is overwritten
    cursor.close()


async def _use_wal(driver: SqliteConnection) -> None:
    """Switch a file to WAL, where it is not.

    Waits while another process does the same, or closes the file: SQLite itself does not wait
    for the lock that this takes, whatever its busy timeout.
    """
    now = asyncio.get_running_loop().time
    deadline = now() + _BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            await driver.run("execute", "PRAGMA journal_mode = WAL", ())
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or now() > deadline:
                raise
            await asyncio.sleep(0.005)
        else:
            return


def _keep_open(context: ExceptionContext) -> None:
    """A task that was cancelled leaves the connection as it was: what it was told is done in its
    thread, in order. Without this SQLAlchemy closes it."""
    if isinstance(context.original_exception, asyncio.CancelledError):
        context.is_disconnect = False


def _upgrade(connection: Connection) -> None:
    """Migrate to head on a connection that holds the write lock."""
    if _is_newest(connection):
        # A database that cannot be written is to fail now, not at the first message.
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        return
    from alembic import command  # half a second, which few starts need
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in scripts.walk_revisions()}
    current = set(MigrationContext.configure(connection).get_current_heads())
    if not current <= known:
        raise BotError(
            "This database was written by a newer version of Kaiwa. Upgrade Kaiwa, or use "
            "another database.",
            "このデータベースは新しいバージョンのKaiwaで作られました。Kaiwaを更新するか、"
            "別のデータベースを使ってください。",
        )
    if not current and set(inspect(connection).get_table_names()) & {
        table.name for table in every_table()
    }:
        raise BotError(
            "This database belongs to another program: it has tables with the names of "
            "Kaiwa's. Use another database.",
            "このデータベースは他のプログラムのものです（同じ名前のテーブルがあります）。"
            "別のデータベースを使ってください。",
        )
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        raise MigrationFailed(error) from error


def _is_newest(connection: Connection) -> bool:
    """Whether the last migration has run here."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
    return list(found) == [newest()]
