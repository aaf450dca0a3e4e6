"""`SqlSessions`: the port SessionStore."""

from __future__ import annotations

from storage.database import Database


class SqlSessions:
    """See bot.learning.ports.sessions for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database
