"""Everything from one database into another, of whichever kind: `kaiwa move`.

It goes by the tables of the schema, so that no new one is forgotten. All of it is one transaction
of the target, in which every table is read again and held against what was given, row by row: a
move that is broken off, or that does not arrive as it was, leaves the target as empty as before.
Neither database is written by anybody else meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from os.path import realpath
from typing import Any

from sqlalchemy import Row, Table, exists, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BotError
from storage.alone import alone
from storage.database import Database
from storage.errors import DatabaseTrouble
from storage.looking import look
from storage.pages import pages
from storage.processes import database_time
from storage.schema import ProcessRow, storable
from storage.tables import every_table
from storage.urls import parsed, place

_PAGE = 500  # rows that are in memory at a time
_TABLES: Sequence[Table] = every_table()


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that arrived: as many rows, and the same ones by `checksum`, whatever database they
    are in and in whatever order."""

    table: str
    rows: int
    checksum: str


class NotMoved(BotError):
    """Nothing was moved, and why."""


async def move(
    source: str, target: str, told: Callable[[Moved], None] = lambda _: None
) -> Sequence[Moved]:
    """Copy everything; `told` hears of each table before all of it is committed. Raises BotError.

    Both databases are brought to the newest version before. The source stays as it is.
    """
    here = place(parsed(source))
    if _is_one(here, place(parsed(target))):
        raise NotMoved(
            "That is the database itself. Name another one.",
            "同じデータベースです。別のデータベースを指定してください。",
        )
    if (await look(source)).version is None:
        raise NotMoved(
            f"There is nothing to move: {here} is not there, or is empty.",
            f"移すものがありません：{here} がないか、空です。",
        )
    with alone(source), alone(target):
        try:
            async with await Database.open(source) as giving, await Database.open(target) as taking:
                return await _moved(giving, taking, told)
        except DatabaseTrouble as error:  # its own text is for those who talk with the bot
            raise NotMoved(f"Nothing was moved. {error.operator}", error.japanese) from error


def _is_one(here: str, there: str) -> bool:
    """Whether two places are the same database, as far as their names tell."""
    return realpath(here) == realpath(there)


async def _moved(
    giving: Database, taking: Database, told: Callable[[Moved], None]
) -> Sequence[Moved]:
    """See `move`."""
    async with giving.write() as source, taking.write() as target:
        await _keep_still(source)
        await _keep_still(target)
        return await copied(source, target, told)


async def copied(
    source: AsyncConnection,
    target: AsyncConnection,
    told: Callable[[Moved], None] = lambda _: None,
    go_on: Callable[[], None] = lambda: None,
) -> Sequence[Moved]:
    """Copy everything from one connection's transaction to another's, and compare. Raises NotMoved.

    Both are of the newest version, and the target is empty. `go_on` is called with each page, and
    raises what is to end it. What the source's transaction reads is one moment.
    """
    filled = [table.name for table in _TABLES if await target.scalar(select(_any(table)))]
    if filled:
        names = ", ".join(filled)
        raise NotMoved(
            f"The other database is not empty ({names}). Name an empty one.",
            f"移す先のデータベースが空ではありません（{names}）。"
            "空のデータベースを指定してください。",
        )
    done = []
    for table in _TABLES:
        given = Sum(table)
        async for rows in pages(source, table, _PAGE):
            go_on()
            await target.execute(insert(table), [dict(row._mapping) for row in rows])
            given.add(rows)
        await _number_on(source, target, table)
        arrived = Sum(table)
        async for rows in pages(target, table, _PAGE):
            go_on()
            arrived.add(rows)
        if arrived.moved() != given.moved():
            raise NotMoved(
                f"{table.name} did not arrive as it was: {arrived.moved()} in place of "
                f"{given.moved()}. Nothing was moved.",
                f"{table.name} が元のとおりに届きませんでした。何も移していません。",
            )
        done.append(given.moved())
        told(done[-1])
    return done


class Sum:
    """The rows of a table, added up as they are seen."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows = 0
        self._sum = 0

    def add(self, rows: Iterable[Row[Any]]) -> None:
        """See rows."""
        for row in rows:
            values = repr([storable(v) if isinstance(v, str) else v for v in row]).encode()
            digest = blake2b(values, digest_size=16).digest()
            self._sum = (self._sum + int.from_bytes(digest)) % 2**128
            self._rows += 1

    def moved(self) -> Moved:
        """All that was seen."""
        return Moved(self._table.name, self._rows, f"{self._sum:032x}")


async def _keep_still(connection: AsyncConnection) -> None:
    """See that nobody else writes until the transaction ends, as is so on SQLite. Raises BotError
    where a bot runs on the database."""
    if connection.dialect.name == "sqlite":
        return
    names = ", ".join(f'"{table.name}"' for table in _TABLES)
    await connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    await connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    # Now that none can join any more.
    if await connection.scalar(select(exists().where(ProcessRow.alive_until > database_time()))):
        raise NotMoved(
            "A bot is running on the database. Stop it first.",
            "このデータベースでボットが動いています。先に終了してください。",
        )


def _any(table: Table) -> Any:
    """Whether a table has a row."""
    return exists(select(1).select_from(table))


async def _number_on(source: AsyncConnection, target: AsyncConnection, table: Table) -> None:
    """Have a table's new rows get ids that none ever had: also not one that was deleted, since
    positions in the order of ids are kept."""
    column = table.autoincrement_column
    if column is None:
        return
    named = {"table": table.name, "column": column.name}
    newest = await source.scalar(select(func.max(column))) or 0
    if source.dialect.name == "sqlite":
        given = "SELECT max(seq) FROM sqlite_sequence WHERE name = :table"
        last = await source.scalar(text(given), {"table": table.name}) or 0
    else:
        sequence = await source.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"), named
        )
        given = f"SELECT last_value FROM {sequence} WHERE is_called"
        last = await source.scalar(text(given)) or 0
    last = max(last, newest)
    if not last:
        return
    if target.dialect.name == "sqlite":
        where = {"table": table.name, "last": last}
        await target.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), named)
        await target.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), where
        )
    else:
        follow = "SELECT setval(pg_get_serial_sequence(:table, :column), :last)"
        await target.execute(text(follow), named | {"last": last})
