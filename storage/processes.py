"""The processes of the bot that share a database, and which of them live.

A process lives as long as it renews its lease, by the database's own clock: no process compares
its clock with another's. One whose lease has ended may be asleep, or cut off from the database,
and not know: what it held may be another's by then (see ledger.py). Knows nothing of what is held.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from sqlalchemy import Double, bindparam, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from storage.database import Database
from storage.schema import ProcessRow
from storage.statements import now
from storage.writes import upsert

LEASE_SECONDS = 10.0  # that a process lives without a word
RENEW_SECONDS = 2.5  # between two of its words
KNOWN_SECONDS = 300.0  # that one is remembered which lives no more: until all have seen that
DOUBT_SECONDS = 3_600.0  # after a lapse, that a process asks whether what it holds is still its own


class database_time(FunctionElement[float]):
    """This moment by the database's clock, in seconds since 1970, also in a long transaction."""

    type = Double()
    inherit_cache = True


@compiles(database_time, "postgresql")
def _postgresql(_element: Any, _compiler: Any, **_: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::double precision"


@compiles(database_time, "sqlite")
def _sqlite(_element: Any, _compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


def lives(process: Any) -> ColumnElement[bool]:
    """Whether the process with this id, which may be NULL, lives now."""
    return exists().where(ProcessRow.id == process, ProcessRow.alive_until > database_time())


_UNTIL: Any = database_time() + bindparam("seconds", type_=Double())


class Process:
    """This process among those that share the database. Made by `join`."""

    def __init__(self, database: Database, id: int, seconds: float) -> None:
        self.id = id
        self._database = database
        self._seconds = seconds
        self._until = 0.0  # its lease is good for certain, by this machine's clock
        self._doubtful_until = 0.0
        self._ended: set[int] = set()  # of the others, those that were seen to live no more
        self._alive: set[int] = set()

    @classmethod
    async def join(
        cls, database: Database, *, over: Database | None = None, seconds: float = LEASE_SECONDS
    ) -> Process:
        """Be one of the processes that share a database: what its stores take in from now on is
        this process's. `over`: the same, whose connections are used for that."""
        asked = _boot_time()
        row = insert(ProcessRow).values(started_at=now(), alive_until=_UNTIL)
        own = over or database
        async with own.write() as connection:
            made = await connection.scalar(row.returning(ProcessRow.id), {"seconds": seconds})
        assert made is not None
        process = cls(own, made, seconds)
        process._until = asked + seconds
        database.process = process
        await process.others_ended()
        return process

    @property
    def sure(self) -> bool:
        """Whether nobody can have taken over what this process holds."""
        moment = _boot_time()
        return moment < self._until and moment >= self._doubtful_until

    async def renew(self) -> bool:
        """Live on. Whether the lease was good until now: else others may have taken over."""
        asked = _boot_time()
        async with self._database.write() as connection:
            await _live_on(connection, self.id, self._seconds)
        good = _boot_time() < self._until
        if not good:
            self._doubtful_until = _boot_time() + DOUBT_SECONDS
        self._until = asked + self._seconds
        return good

    async def others_ended(self) -> Collection[int]:
        """The other processes that live no more, and did when this was asked last."""
        living = ProcessRow.alive_until > database_time()
        known = select(ProcessRow.id, living).where(ProcessRow.id != self.id)
        old = ProcessRow.alive_until < database_time() - KNOWN_SECONDS
        async with self._database.read() as connection:
            rows = (await connection.execute(known)).all()
        alive = {id for id, good in rows if good}
        ended = {id for id, good in rows if not good} | (self._alive - alive)
        new = ended - self._ended
        self._alive, self._ended = alive, ended
        if new:
            async with self._database.write() as connection:
                await connection.execute(delete(ProcessRow).where(old))
        return new

    async def leave(self) -> None:
        """End: what is left is for the others."""
        self._until = 0.0
        ended = update(ProcessRow).where(ProcessRow.id == self.id)
        async with self._database.write() as connection:
            await connection.execute(ended.values(alive_until=database_time()))


async def _live_on(connection: AsyncConnection, id: int, seconds: float) -> None:
    """Renew a lease, also of one that was forgotten meanwhile."""
    row = upsert(connection, ProcessRow).values(id=id, started_at=now(), alive_until=_UNTIL)
    renewed = row.on_conflict_do_update(
        index_elements=["id"], set_={"alive_until": row.excluded.alive_until}
    )
    await connection.execute(renewed, {"seconds": seconds})


def _boot_time() -> float:
    """A clock in seconds that goes on while the machine sleeps, where there is one, and is never
    set."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
