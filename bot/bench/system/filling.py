"""Fills a database with the rows of a past, as fast as it takes them.

SQLite's file is written by the driver itself, without its log and its indexes, which are made at
the end; PostgreSQL takes a COPY. Only a database in which nothing was said is filled.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import make_url, text
from sqlalchemy.engine import URL

from bot.bench.system.rows import CONVERSATIONS, MESSAGES, REPLIES, SENT, Past, Row
from bot.errors import BotError
from storage.database import Database

AT_ONCE = 50_000  # exchanges
TABLES = {"messages": MESSAGES, "replies": REPLIES, "sent_messages": SENT}


async def fill(url: str, conversations: int, messages: int, say: Callable[[str], None]) -> None:
    """Make the database at `url`, and fill it."""
    async with await Database.open(url) as database, database.read() as connection:
        if await connection.scalar(text("SELECT 1 FROM messages LIMIT 1")):
            raise BotError(
                "Only a database in which nothing was said can be filled.",
                "何も保存されていないデータベースにしか書き込めません。",
            )
    parsed = make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    past = Past(conversations, messages, datetime.now(UTC), text_times=sqlite)
    if sqlite:
        await asyncio.to_thread(_fill_sqlite, parsed.database or "", past, say)
    else:
        await _fill_postgres(parsed, past, say)


def _batches(past: Past, begun: dict[int, int]) -> Iterable[tuple[int, dict[str, list[Row]]]]:
    """The rows of each table, by many exchanges, and the last of these."""
    for first in range(0, past.exchanges, AT_ONCE):
        batch: dict[str, list[Row]] = {name: [] for name in TABLES}
        for rows in past.rows(first, first + AT_ONCE, begun):
            for name, more in zip(TABLES, rows, strict=True):
                batch[name] += more
        yield min(first + AT_ONCE, past.exchanges), batch


def _fill_sqlite(file: str, past: Past, say: Callable[[str], None]) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        run = connection.execute
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            run(f"PRAGMA {pragma}")
        run("PRAGMA locking_mode = EXCLUSIVE")
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        indexes = run(named).fetchall()
        for name, _ in indexes:
            run(f"DROP INDEX {name}")
        begun: dict[int, int] = {}
        run("BEGIN EXCLUSIVE")
        for done, batch in _batches(past, begun):
            for name, rows in batch.items():
                connection.executemany(_insert(name, TABLES[name]), rows)
            if done % (20 * AT_ONCE) == 0:
                say(f"{2 * done:,} messages …")
        connection.executemany(
            _insert("conversations", CONVERSATIONS), past.conversation_rows(begun)
        )
        say("indexes …")
        for _, statement in indexes:
            run(statement)
        run("COMMIT")
        run("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _insert(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"


async def _fill_postgres(url: URL, past: Past, say: Callable[[str], None]) -> None:
    import asyncpg  # type: ignore[import-untyped]  # it ships no types

    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection: Any = await asyncpg.connect(plain)
    try:
        begun: dict[int, int] = {}
        async with connection.transaction():
            # Rows come before those that they refer to; all are there at the end.
            await connection.execute("SET LOCAL session_replication_role = replica")
            for done, batch in _batches(past, begun):
                for name, rows in batch.items():
                    await connection.copy_records_to_table(name, records=rows, columns=TABLES[name])
                if done % (20 * AT_ONCE) == 0:
                    say(f"{2 * done:,} messages …")
            await connection.copy_records_to_table(
                "conversations", records=past.conversation_rows(begun), columns=CONVERSATIONS
            )
            for name in ("conversations", "messages", "replies"):
                await connection.execute(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), "
                    f"(SELECT max(id) FROM {name}))"
                )
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
