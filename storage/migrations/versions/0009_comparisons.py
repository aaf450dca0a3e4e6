"""Settings that were compared in channels, and how people voted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "comparisons",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("second", sa.Text, nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comparisons"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_comparisons_platform_workspace_channel",
        "comparisons",
        ["platform", "workspace", "channel"],
    )
    op.create_table(
        "comparison_votes",
        sa.Column("comparison_id", ID, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("choice", sa.Text, nullable=False),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparisons.id"],
            name="fk_comparison_votes_comparison_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comparison_id", "platform", "user_id", name="pk_comparison_votes"),
    )
    op.create_index(
        "ix_comparison_votes_platform_user_id", "comparison_votes", ["platform", "user_id"]
    )
