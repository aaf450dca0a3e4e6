"""Alembic's entry: run the migrations on the connection that storage/database.py hands over.

The transaction is the caller's, so that a migration happens as a whole or not at all.
"""

from __future__ import annotations

from alembic import context

from storage.schema import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
