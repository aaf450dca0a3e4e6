"""Where replies were sent and how they were liked; what a message answers; who opted out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables of delivery; the replies' list of platform ids was never filled."""
    op.add_column("messages", sa.Column("reply_to", sa.Text))
    op.create_index("ix_messages_author_id", "messages", ["author_id"])
    op.drop_column("replies", "platform_ids")
    op.add_column("replies", sa.Column("delivered_at", MOMENT))
    op.add_column("replies", sa.Column("asker_id", sa.Text))
    op.execute(
        "UPDATE replies SET asker_id = "
        "(SELECT author_id FROM messages WHERE messages.id = replies.trigger_message_id)"
    )
    op.create_index("ix_replies_asker_id", "replies", ["asker_id"])
    op.create_index(
        "ix_replies_undelivered",
        "replies",
        ["conversation_id"],
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "sent_messages",
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("platform_id", sa.Text, nullable=False),
        sa.Column("reply_id", ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "platform_id", name="pk_sent_messages"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_sent_messages_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["replies.id"], name="fk_sent_messages_reply_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sent_messages_reply_id", "sent_messages", ["reply_id"])
    op.create_table(
        "ratings",
        sa.Column("reply_id", ID, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("rated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("reply_id", "user_id", name="pk_ratings"),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["replies.id"], name="fk_ratings_reply_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_ratings_user_id", "ratings", ["user_id"])
    op.create_table(
        "members",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("opted_out_at", MOMENT),
        sa.Column("forgotten_up_to", MOMENT),
        sa.PrimaryKeyConstraint("platform", "user_id", name="pk_members"),
    )
