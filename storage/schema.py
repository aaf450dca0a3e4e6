"""The tables. The schema knows nothing of how they are read or written (see history.py), and
a database gets it from the migrations, never from here; a test holds the two equal."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: str) -> str:
    """`value` with U+FFFD for what a database cannot hold: NUL and lone surrogates.

    SQLite refuses lone surrogates (they have no UTF-8), PostgreSQL refuses NUL as well.
    """
    return _UNSTORABLE.sub("\ufffd", value)


class CleanText(TypeDecorator[str]):
    """Text that every database accepts, see `storable`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean a value on its way into the database."""
        return None if value is None else storable(str(value))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC. SQLite forgets the time zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC; a naive one is a programming error."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: its time zone is not known")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware moment whatever the database returned."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite increments only a column whose type is exactly INTEGER; it holds 64 bits there.
Id = BigInteger().with_variant(Integer, "sqlite")


_OPENED = text("also_in_id IS NOT NULL")  # which messages stand in two histories


class Base(DeclarativeBase):
    """All tables, with names for constraints that are the same on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy declares it as an instance attribute
        str: CleanText(),
        datetime: UtcDateTime(),
    }


class ConversationRow(Base):
    """A channel (`thread` is empty) or a thread of one.

    A thread's prompt begins with the messages of `parent_id` up to `branch_message_id`.
    Only messages with an id above `memory_from` are remembered; ids are the store's own and
    grow over all conversations, so one number cuts both parts of a thread.
    `branch_message_id` and `memory_from` are positions, not references: the message that
    stood there may be deleted.
    """

    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str]
    workspace: Mapped[str]
    channel: Mapped[str]
    thread: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL")
    )
    branch_message_id: Mapped[int] = mapped_column(Id, default=0)
    memory_from: Mapped[int] = mapped_column(Id, default=0)

    __table_args__: Any = (
        UniqueConstraint("platform", "workspace", "channel", "thread"),
        Index(None, "parent_id"),
        {"sqlite_autoincrement": True},
    )


class MessageRow(Base):
    """An utterance. Ids are never used again, also after the newest row was deleted.

    `platform_id` is that of a user's message; where a reply was sent says SentMessageRow.
    `reply_to` is the platform id of the message that this one answers by the platform's own
    means. `also_in_id` is the conversation of the channel in whose history it stands too,
    since the thread was opened to answer it; no reference, as the channel may be forgotten.
    `taken_by` is the process that took it in, where several may; the row of that may be gone.
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    role: Mapped[str]
    author_id: Mapped[str]
    author_name: Mapped[str]
    text: Mapped[str]
    platform_id: Mapped[str | None]
    addressed: Mapped[bool]
    partial: Mapped[bool]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    reply_to: Mapped[str | None]
    also_in_id: Mapped[int | None] = mapped_column(Id)
    taken_by: Mapped[int | None] = mapped_column(Id)

    __table_args__: Any = (
        UniqueConstraint("conversation_id", "platform_id"),
        Index(None, "conversation_id", "id"),  # the newest turns, whatever the table's size
        Index(  # partial: statistics over those that are in one place would mislead a planner
            "ix_messages_also_in_id_id",
            "also_in_id",
            "id",
            sqlite_where=_OPENED,
            postgresql_where=_OPENED,
        ),
        Index(None, "author_id"),  # what a member asks to have exported or forgotten
        {"sqlite_autoincrement": True},
    )


class DeletedMessageRow(Base):
    """A user's message that was taken back: nothing of what it said, nor whose it was, but its
    bare id, so that it is not taken in anew when the platform delivers it once more."""

    __tablename__ = "deleted_messages"

    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    platform_id: Mapped[str] = mapped_column(primary_key=True)


class ComparisonRow(Base):
    """Two settings that answered the same question side by side in a conversation: `first` was
    shown as A, `second` as B, each as JSON. Nothing of what was asked or said."""

    __tablename__ = "comparisons"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str]
    workspace: Mapped[str]
    channel: Mapped[str]
    thread: Mapped[str]
    first: Mapped[str]
    second: Mapped[str]
    compared_at: Mapped[datetime]

    __table_args__: Any = (
        Index(None, "platform", "workspace", "channel"),
        {"sqlite_autoincrement": True},
    )


class ComparisonVoteRow(Base):
    """Which of the two a person found better; see bot.ports.Choice."""

    __tablename__ = "comparison_votes"

    comparison_id: Mapped[int] = mapped_column(
        Id, ForeignKey("comparisons.id", ondelete="CASCADE"), primary_key=True
    )
    platform: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(primary_key=True)
    choice: Mapped[str]
    voted_at: Mapped[datetime]

    __table_args__: Any = (Index(None, "platform", "user_id"),)


class ReplyStatus(StrEnum):
    """How far a reply got. DONE and STOPPED count as answered, the others do not: of one that is
    GONE the question went away while it was written, and what waited with that waits on."""

    WRITING = "writing"
    DONE = "done"
    STOPPED = "stopped"
    GONE = "gone"
    FAILED = "failed"
    DISCARDED = "discarded"


class ReplyRow(Base):
    """The delivery ledger: at most one entry for each message that the bot answers.

    `trigger_message_id` is no foreign key: the entry outlives a trigger that was deleted, so
    that the messages before it still count as answered. `message_id` is the stored reply,
    NULL before it ends, when it had no text, or after it was deleted. `asker_id` is the
    trigger's author, to whom the reply belongs also when the trigger was deleted.
    `delivered_at` is when the platform had all of it; NULL also where nobody keeps account of
    that (the console). `holder` is the process that writes or shows it, where several may.
    """

    __tablename__ = "replies"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    trigger_message_id: Mapped[int] = mapped_column(Id, unique=True)
    message_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("messages.id", ondelete="SET NULL")
    )
    asker_id: Mapped[str | None]
    status: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    holder: Mapped[int | None] = mapped_column(Id)

    __table_args__: Any = (
        Index(None, "conversation_id", "trigger_message_id"),
        Index(None, "message_id"),  # deleting a message looks here for its entry
        Index(None, "asker_id"),
        Index(
            "ix_replies_undelivered",
            "conversation_id",
            sqlite_where=text("delivered_at IS NULL"),
            postgresql_where=text("delivered_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )


class SentMessageRow(Base):
    """A platform's message that shows (part `position` of) a reply. One of them may be shown
    before the reply is finished, and is edited until then."""

    __tablename__ = "sent_messages"

    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    platform_id: Mapped[str] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(Id, ForeignKey("replies.id", ondelete="CASCADE"))
    position: Mapped[int]

    __table_args__: Any = (Index(None, "reply_id"),)


class RatingRow(Base):
    """What a member thought of a reply: `value` is 1 or -1."""

    __tablename__ = "ratings"

    reply_id: Mapped[int] = mapped_column(
        Id, ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
    rated_at: Mapped[datetime]

    __table_args__: Any = (Index(None, "user_id"),)


class MemberRow(Base):
    """A person on a platform who asked that nothing of theirs be kept, or be kept any more.

    `forgotten_up_to` is when the newest message was sent that was deleted at the person's wish:
    what is delivered again up to then is not taken in anew.
    """

    __tablename__ = "members"

    platform: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(primary_key=True)
    opted_out_at: Mapped[datetime | None]
    forgotten_up_to: Mapped[datetime | None]


class ChannelSettingRow(Base):
    """One setting of a channel, shared by its threads. It may come before any message."""

    __tablename__ = "channel_settings"

    platform: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class ReadingCorrectionRow(Base):
    """How a group reads a word that is written `surface`. `user_id` is who set it, or empty
    where that is not to be kept."""

    __tablename__ = "reading_corrections"

    platform: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(primary_key=True)
    surface: Mapped[str] = mapped_column(primary_key=True)
    reading: Mapped[str]
    user_id: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__: Any = (Index(None, "user_id"),)


class InstallationRow(Base):
    """What the bot may speak with in a workspace. `secret` is a Fernet token."""

    __tablename__ = "installations"

    platform: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[str]
    installed_at: Mapped[datetime]


class ProcessRow(Base):
    """A process of the bot among those that share the database: it lives until then, by the
    database's clock (seconds since 1970). Ids are never used again."""

    __tablename__ = "processes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    started_at: Mapped[datetime]
    alive_until: Mapped[float] = mapped_column(Double)

    __table_args__: Any = ({"sqlite_autoincrement": True},)
