"""`SqlDays`: the port DayStore."""

from __future__ import annotations

from storage.database import Database


class SqlDays:
    """See bot.learning.ports.days for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database
