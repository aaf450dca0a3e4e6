"""`SqlStore`: everything that the core keeps, in one database (bot.ports.Store)."""

from __future__ import annotations

from storage.history import SqlHistory
from storage.ledger import SqlLedger
from storage.members import SqlMembers


class SqlStore(SqlHistory, SqlLedger, SqlMembers):
    """Conversations, the delivery ledger, and what concerns a person."""
