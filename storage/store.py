"""`SqlStore`: everything that the core keeps, in one database (bot.ports.Store)."""

from __future__ import annotations

from storage.corrections import SqlCorrections
from storage.history import SqlHistory
from storage.learning.store import SqlLearning
from storage.ledger import SqlLedger
from storage.members import SqlMembers


class SqlStore(SqlHistory, SqlLedger, SqlMembers, SqlCorrections, SqlLearning):
    """Conversations, the delivery ledger, what concerns a person, how groups read words, and what
    is kept of those who learn."""
