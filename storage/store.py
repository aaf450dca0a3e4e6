"""`SqlStore`: everything that the core keeps, in one database (bot.ports.Store)."""

from __future__ import annotations

from storage.comparisons import SqlComparisons
from storage.corrections import SqlCorrections
from storage.database import Database
from storage.expiry import SqlExpiry
from storage.learning.store import SqlLearning
from storage.members import SqlMembers
from storage.owed import SqlConversations


class SqlStore(
    SqlConversations, SqlExpiry, SqlMembers, SqlCorrections, SqlComparisons, SqlLearning
):
    """Conversations, the delivery ledger, what concerns a person, how groups read words,
    which settings were compared, and what is kept of those who learn."""

    @property
    def database(self) -> Database:
        """Where it is."""
        return self._database
