"""A message that a thread was opened to answer stands in its channel's history, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the column, and the index along which a channel reads those messages."""
    op.add_column("messages", sa.Column("also_in_id", ID))
    op.create_index(
        "ix_messages_also_in_id_id",
        "messages",
        ["also_in_id", "id"],
        sqlite_where=sa.text("also_in_id IS NOT NULL"),
        postgresql_where=sa.text("also_in_id IS NOT NULL"),
    )
