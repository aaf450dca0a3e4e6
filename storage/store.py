"""`SqlStore`: everything that the core keeps, in one database (bot.ports.Store)."""

from __future__ import annotations

from storage.corrections import SqlCorrections
from storage.history import SqlHistory
from storage.ledger import SqlLedger
from storage.members import SqlMembers


class SqlStore(SqlHistory, SqlLedger, SqlMembers, SqlCorrections):
    """Conversations, the delivery ledger, what concerns a person, and how groups read words."""
