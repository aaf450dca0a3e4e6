"""Several processes on one database: who lives, and who took in a message or writes a reply."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table and the columns; what was stored before belongs to nobody."""
    op.create_table(
        "processes",
        sa.Column("id", ID, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_until", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_processes"),
        sqlite_autoincrement=True,
    )
    op.add_column("messages", sa.Column("taken_by", ID, nullable=True))
    op.add_column("replies", sa.Column("holder", ID, nullable=True))
