"""The SQL that the delivery ledger is made of. Like statements.py, it ends no transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Update,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.messages import IncomingMessage, Role
from storage.schema import ConversationRow, MessageRow, ReplyRow, ReplyStatus, SentMessageRow
from storage.statements import KEY, is_at, sent_at

ANSWERED = (ReplyStatus.DONE, ReplyStatus.STOPPED)


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


def entry_of(reply_id: int) -> Select[Any]:
    """How far a reply got, where, its message and its trigger, where else the trigger stands,
    and the conversation's marker."""
    columns: tuple[Any, ...] = (
        ReplyRow.status,
        ReplyRow.conversation_id,
        ReplyRow.message_id,
        ReplyRow.trigger_message_id,
        MessageRow.also_in_id,
        ConversationRow.memory_from,
    )
    return (
        select(*columns)
        .join(ConversationRow, ConversationRow.id == ReplyRow.conversation_id)
        .outerjoin(MessageRow, MessageRow.id == ReplyRow.trigger_message_id)
        .where(ReplyRow.id == reply_id)
    )


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


def undelivered(platform: str) -> Select[Any]:
    """Finished replies with text of which the platform may not have everything."""
    trigger = aliased(MessageRow)
    columns: tuple[Any, ...] = (
        *KEY,
        ReplyRow.id.label("reply_id"),
        trigger.platform_id.label("trigger"),
        MessageRow.text,
        MessageRow.partial,
        ReplyRow.ended_at,
    )
    return (
        select(*columns)
        .join(ConversationRow, ConversationRow.id == ReplyRow.conversation_id)
        .join(MessageRow, MessageRow.id == ReplyRow.message_id)
        .outerjoin(trigger, trigger.id == ReplyRow.trigger_message_id)
        .where(
            ConversationRow.platform == platform,
            ReplyRow.status.in_(ANSWERED),
            ReplyRow.delivered_at.is_(None),
        )
        .order_by(ReplyRow.id)
    )


def extend_marker(conversation_id: int, reply_id: int) -> Update:
    """Move the marker behind a reply, where no message that is remembered stands between."""
    between = exists().where(
        MessageRow.conversation_id == conversation_id,
        MessageRow.id > ConversationRow.memory_from,
        MessageRow.id < reply_id,
    )
    return (
        update(ConversationRow)
        .where(
            ConversationRow.id == conversation_id,
            ~between,
        )
        .values(memory_from=reply_id)
    )


def exchange_at(conversation_id: int, platform_id: str) -> ColumnElement[bool]:
    """Which messages: the trigger and the text of the reply that a platform's message shows,
    in this conversation or in its channel."""
    parent = (
        select(ConversationRow.parent_id)
        .where(ConversationRow.id == conversation_id)
        .scalar_subquery()
    )
    reply = (
        select(SentMessageRow.reply_id)
        .where(
            SentMessageRow.conversation_id.in_([conversation_id, parent]),
            SentMessageRow.platform_id == platform_id,
        )
        .limit(1)
        .scalar_subquery()
    )

    def of(column: Any) -> ScalarSelect[Any]:
        return select(column).where(ReplyRow.id == reply).scalar_subquery()

    return MessageRow.id.in_([of(ReplyRow.trigger_message_id), of(ReplyRow.message_id)])


def spoken(message: IncomingMessage) -> ColumnElement[bool]:
    """Whether the ledger has a reply to something else in a message's thread, or the channel's
    message where the thread began shows one.

    One that is being written counts: what is said meanwhile is said to the bot. One whose
    question was asked after the message does not: what comes in late, after the bot was asked,
    was said to others. Both moments are the platform's.
    """
    key = message.conversation
    here = select(ConversationRow.id).where(is_at(key)).scalar_subquery()
    question = aliased(MessageRow)
    itself_or_later = exists().where(
        question.id == ReplyRow.trigger_message_id,
        or_(question.created_at > message.sent_at, question.platform_id == message.id),
    )
    own = exists().where(ReplyRow.conversation_id == here, ~itself_or_later)
    channel = key.parent()
    if channel is None:
        return own
    return or_(own, exists().where(sent_at(channel, message.thread_root or key.thread)))


async def parts_sent(connection: AsyncConnection, reply_id: int) -> tuple[str, ...]:
    """The platform ids of the messages that show a reply, in order."""
    parts = select(SentMessageRow.platform_id).where(SentMessageRow.reply_id == reply_id)
    return tuple(await connection.scalars(parts.order_by(SentMessageRow.position)))
