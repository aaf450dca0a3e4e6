"""The SQL that the history is made of: conditions, the query of remembered messages, and the
writes that several methods share. It begins and ends no transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    Update,
    and_,
    exists,
    func,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey, Role
from storage.schema import (
    Base,
    ChannelSettingRow,
    ConversationRow,
    MessageRow,
    ReplyRow,
    ReplyStatus,
)

ANSWERED = (ReplyStatus.DONE, ReplyStatus.STOPPED)

# The columns of a ConversationKey and of a Message, in the order of their fields.
KEY = (
    ConversationRow.platform,
    ConversationRow.workspace,
    ConversationRow.channel,
    ConversationRow.thread,
)
MESSAGE: tuple[Any, ...] = (
    MessageRow.id.label("id"),  # named, for the ORDER BY of a UNION
    MessageRow.role,
    MessageRow.text,
    MessageRow.author_id,
    MessageRow.author_name,
    MessageRow.created_at,
    MessageRow.platform_id,
    MessageRow.partial,
)


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def is_at(key: ConversationKey) -> ColumnElement[bool]:
    """Which conversation: the one with this key."""
    return and_(*(column == value for column, value in zip(KEY, key_values(key), strict=True)))


def key_values(key: ConversationKey) -> tuple[str, ...]:
    """A key's fields, in the order of `KEY`."""
    return tuple(asdict(key).values())


def message_at(key: ConversationKey, platform_id: str) -> ColumnElement[bool]:
    """Which message: the conversation's with this platform id."""
    conversation = select(ConversationRow.id).where(is_at(key)).scalar_subquery()
    return and_(MessageRow.conversation_id == conversation, MessageRow.platform_id == platform_id)


def settings_of(key: ConversationKey) -> ColumnElement[bool]:
    """Which settings: those of the conversation's channel."""
    return and_(
        ChannelSettingRow.platform == key.platform,
        ChannelSettingRow.workspace == key.workspace,
        ChannelSettingRow.channel == key.channel,
    )


def answered(conversation: Any, trigger: Any) -> ColumnElement[bool]:
    """Whether a reply to the trigger or to a later message of the conversation is finished.

    Messages that waited are answered together by one reply to the newest of them. Both
    arguments are ids or columns.
    """
    return exists().where(
        ReplyRow.conversation_id == conversation,
        ReplyRow.trigger_message_id >= trigger,
        ReplyRow.status.in_(ANSWERED),
    )


def remembered(conversation_id: int, up_to: int | None = None) -> CompoundSelect[Any]:
    """The messages that a conversation's prompt may use, newest first.

    Its own since its memory marker; for a thread also its channel's, up to where it branched
    off and since both markers. Both halves run along the index (conversation_id, id) and are
    merged as they are read, so a limit bounds the work, whatever the table's size.
    """

    def of(conversation: Any, column: Any) -> ScalarSelect[Any]:
        # A look-up instead of a join, which a planner could turn around into scan and sort.
        return select(column).where(ConversationRow.id == conversation).scalar_subquery()

    parent = of(conversation_id, ConversationRow.parent_id)
    since = MessageRow.id > of(conversation_id, ConversationRow.memory_from)
    own = select(*MESSAGE).where(MessageRow.conversation_id == conversation_id, since)
    channels = select(*MESSAGE).where(
        MessageRow.conversation_id == parent,
        since,
        MessageRow.id > of(parent, ConversationRow.memory_from),
        MessageRow.id <= of(conversation_id, ConversationRow.branch_message_id),
    )
    if up_to is not None:
        own = own.where(MessageRow.id <= up_to)
        channels = channels.where(MessageRow.id <= up_to)
    both = union_all(own, channels)
    return both.order_by(both.selected_columns.id.desc())


def newest_reply(conversation_id: int) -> Select[int, int | None, int]:
    """The newest finished reply since the marker: its id, its message and its trigger.

    The trigger is NULL when it was deleted.
    """
    return (
        select(ReplyRow.id, ReplyRow.message_id, MessageRow.id.label("trigger"))
        .join(ConversationRow, ConversationRow.id == ReplyRow.conversation_id)
        .outerjoin(MessageRow, MessageRow.id == ReplyRow.trigger_message_id)
        .where(
            ReplyRow.conversation_id == conversation_id,
            ReplyRow.trigger_message_id > ConversationRow.memory_from,
            ReplyRow.status.in_(ANSWERED),
        )
        .order_by(ReplyRow.trigger_message_id.desc())
        .limit(1)
    )


def waiting(platform: str) -> Select[Any]:
    """Per conversation its newest addressed message since the marker, where it is unanswered.

    The columns are those of a key and then those of `Unanswered`.
    """
    newest = (
        select(func.max(MessageRow.id))
        .where(
            MessageRow.conversation_id == ConversationRow.id,
            MessageRow.id > ConversationRow.memory_from,
            MessageRow.role == Role.USER,
            MessageRow.addressed.is_(True),
        )
        .correlate(ConversationRow)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (
        *KEY,
        MessageRow.conversation_id,
        MessageRow.id,
        MessageRow.platform_id,
        MessageRow.text,
        MessageRow.created_at,
    )
    return (
        select(*columns)
        .join(ConversationRow, MessageRow.id == newest)
        .where(
            ConversationRow.platform == platform,
            ~answered(ConversationRow.id, MessageRow.id),
        )
        .order_by(MessageRow.id)
    )


def extend_marker(conversation_id: int, trigger_id: int, reply_id: int) -> Update:
    """Move the marker behind a reply whose trigger it has passed already.

    So a reset while the reply was being written hides the reply, too. Not where newer
    messages came in between: those are to be remembered.
    """
    between = exists().where(
        MessageRow.conversation_id == conversation_id,
        MessageRow.id > ConversationRow.memory_from,
        MessageRow.id < reply_id,
    )
    return (
        update(ConversationRow)
        .where(
            ConversationRow.id == conversation_id,
            ConversationRow.memory_from >= trigger_id,
            ~between,
        )
        .values(memory_from=reply_id)
    )


def upsert(connection: AsyncConnection, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that may say ON CONFLICT; both databases have it, each under its own name."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


async def hold_id(
    connection: AsyncConnection, conversation_id: int | ScalarSelect[int]
) -> int | None:
    """Hold a conversation until the transaction ends; its id, None when there is none."""
    found = select(ConversationRow.id).where(ConversationRow.id == conversation_id)
    return await connection.scalar(found.with_for_update())


async def hold(
    connection: AsyncConnection, key: ConversationKey, thread_root: str | None = None
) -> int:
    """Hold the conversation with this key, creating it when it is new; its id.

    A new thread branches off behind the channel's message with the platform id
    `thread_root`, or behind the channel's newest where that is not known.
    """
    here = select(ConversationRow.id).where(is_at(key)).with_for_update()
    known = await connection.scalar(here)
    if known is not None:
        return known
    parent, branch = await _branch(connection, key.parent(), thread_root)
    await connection.execute(
        upsert(connection, ConversationRow)
        .values(**asdict(key), parent_id=parent, branch_message_id=branch, memory_from=0)
        .on_conflict_do_nothing()  # another process may have been first
    )
    return (await connection.execute(here)).scalar_one()


async def _branch(
    connection: AsyncConnection, channel: ConversationKey | None, root: str | None
) -> tuple[int | None, int]:
    """Where a new thread continues its channel: the channel's id, and its last message's."""
    parent = None
    if channel is not None:
        parent = await connection.scalar(select(ConversationRow.id).where(is_at(channel)))
    if parent is None:  # a channel, or a thread of one in which nothing was said so far
        return None, 0
    in_channel = MessageRow.conversation_id == parent
    at_root = select(MessageRow.id).where(in_channel, MessageRow.platform_id == root)
    branch = await connection.scalar(at_root)
    if branch is None:
        branch = await connection.scalar(select(func.max(MessageRow.id)).where(in_channel))
    return parent, branch or 0


async def insert_message(connection: AsyncConnection, **columns: Any) -> int:
    """Append a message to a conversation that is held; its id."""
    appended = insert(MessageRow).values(**columns).returning(MessageRow.id)
    return (await connection.execute(appended)).scalar_one()
