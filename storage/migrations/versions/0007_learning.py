"""What people learn: words and reviews, quizzes, the day's post, logins to the web page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "member_settings",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("platform", "user_id", "key", name="pk_member_settings"),
    )
    op.create_table(
        "saved_words",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("meaning", sa.Text, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_words"),
        sa.UniqueConstraint(
            "platform",
            "user_id",
            "word",
            "reading",
            name="uq_saved_words_platform_user_id_word_reading",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_words_platform_group_id", "saved_words", ["platform", "group_id"])
    op.create_index(
        "ix_saved_words_platform_user_id_id", "saved_words", ["platform", "user_id", "id"]
    )
    op.create_table(
        "cards",
        sa.Column("word_id", ID, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=True),
        sa.Column("stability", sa.Double, nullable=True),
        sa.Column("difficulty", sa.Double, nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_review", sa.DateTime(timezone=True), nullable=True),
        sa.Column("introduced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lapses", sa.Integer, nullable=False),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["word_id"], ["saved_words.id"], name="fk_cards_word_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word_id", name="pk_cards"),
    )
    op.create_index("ix_cards_due", "cards", ["due"])
    op.create_table(
        "reviews",
        sa.Column("id", ID, nullable=False),
        sa.Column("word_id", ID, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("word_id", "turn", name="uq_reviews_word_id_turn"),
        sa.ForeignKeyConstraint(
            ["word_id"], ["saved_words.id"], name="fk_reviews_word_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_word_id_day", "reviews", ["word_id", "day"])
    op.create_table(
        "quizzes",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quizzes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quizzes_group_id_started_at", "quizzes", ["group_id", "started_at"])
    op.create_index(
        "ix_quizzes_platform_workspace_channel_thread",
        "quizzes",
        ["platform", "workspace", "channel", "thread"],
    )
    op.create_index(
        "uq_quizzes_open",
        "quizzes",
        ["platform", "workspace", "channel", "thread"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "quiz_questions",
        sa.Column("quiz_id", ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("platform_id", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("quiz_id", "position", name="pk_quiz_questions"),
        sa.ForeignKeyConstraint(
            ["quiz_id"], ["quizzes.id"], name="fk_quiz_questions_quiz_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "quiz_answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("quiz_id", ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("right", sa.Boolean, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quiz_answers"),
        sa.ForeignKeyConstraint(
            ["quiz_id"], ["quizzes.id"], name="fk_quiz_answers_quiz_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "quiz_id", "position", "user_id", name="uq_quiz_answers_quiz_id_position_user_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quiz_answers_platform_user_id", "quiz_answers", ["platform", "user_id"])
    op.create_table(
        "mistakes",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("wrong_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "user_id", "entry_id", "kind", name="pk_mistakes"),
    )
    op.create_table(
        "looked_up",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("platform", "group_id", "day", "word", name="pk_looked_up"),
    )
    op.create_table(
        "daily_posts",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "platform", "workspace", "channel", "kind", "day", name="pk_daily_posts"
        ),
    )
    op.create_table(
        "web_sessions",
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("administrator", sa.Boolean, nullable=False),
        sa.Column("once", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("secret", name="pk_web_sessions"),
    )
    op.create_index("ix_web_sessions_platform_user_id", "web_sessions", ["platform", "user_id"])
