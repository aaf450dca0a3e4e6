"""SQLite's connections for reading: kept from one reader to the next.

Fetching a connection from the pool and giving it back costs more than most of our queries; and
since a transaction that only reads is none to SQLite, nothing of one is left to the next.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.connections import Connections

MOST = 3  # that are kept; who comes when all are in use has one of the pool


class Readers:
    """Of one database."""

    def __init__(self, engine: AsyncEngine, connections: Connections) -> None:
        self._engine = engine
        self._connections = connections
        self._idle: list[AsyncConnection] = []
        self._kept = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """One to read with. Raises DatabaseClosed."""
        self._connections.check()
        connection = self._idle.pop() if self._idle else None
        keep = connection is not None or self._kept < MOST
        if connection is None:
            self._kept += keep
            try:
                connection = await self._engine.connect()
            except BaseException:
                self._kept -= keep
                raise
        try:
            yield connection
        except BaseException:
            self._kept -= keep
            await connection.close()
            raise
        if keep and not self._connections.closed:
            self._idle.append(connection)
        else:
            self._kept -= keep
            await connection.close()

    async def rest(self) -> None:
        """Give those back to the pool that nobody uses."""
        idle, self._idle = self._idle, []
        for connection in idle:
            self._kept -= 1
            await connection.close()
