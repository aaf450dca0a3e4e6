"""`SqlReviews`: the port ReviewStore."""

from __future__ import annotations

from storage.database import Database


class SqlReviews:
    """See bot.learning.ports.reviews for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database
