"""The query that tells what deciding upon a message needs: `bot.ports.Known`, before its rows
are read. It begins and ends no transaction."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, literal, or_, select

from bot.messages import IncomingMessage
from storage.reply_statements import ANSWERED, spoken
from storage.schema import (
    ChannelSettingRow,
    ConversationRow,
    DeletedMessageRow,
    MemberRow,
    MessageRow,
    ReplyRow,
)
from storage.statements import HERE, IN_CHANNEL, is_at, is_message, key_parameters, settings_of


def known(message: IncomingMessage) -> tuple[Select[Any], dict[str, Any]]:
    """What is stored of a message, its author and its channel: a row for each of the channel's
    settings, and one with no `key` where there is none. The query, and its parameters."""
    key = message.conversation
    parameters: dict[str, Any] = key_parameters(key)
    parameters |= {"id": message.id, "author": message.author_id}
    if key.thread:
        parameters |= {"sent": message.sent_at, "root": message.thread_root or key.thread}
    return _known(bool(key.thread), message.id == key.thread), parameters


@cache
def _known(in_thread: bool, begins_it: bool) -> Select[Any]:
    """Every table is joined to one row that is always there, along its unique index."""
    id: Any = bindparam("id")
    always = select(literal(1)).subquery("always")
    author = and_(MemberRow.platform == HERE.platform, MemberRow.user_id == bindparam("author"))
    columns: tuple[Any, ...] = (
        MessageRow.conversation_id,
        MessageRow.id,
        MessageRow.addressed,
        _is_answered().label("answered"),
        _is_deleted(begins_it).label("deleted"),
        MemberRow.opted_out_at,
        MemberRow.forgotten_up_to,
        spoken(id, bindparam("sent"), bindparam("root")).label("spoken")
        if in_thread
        else false().label("spoken"),
        ChannelSettingRow.key,
        ChannelSettingRow.value,
    )
    return select(*columns).select_from(
        always.outerjoin(MessageRow, is_message(HERE, IN_CHANNEL if begins_it else None, id))
        .outerjoin(MemberRow, author)
        .outerjoin(ChannelSettingRow, settings_of(HERE))
    )


def _is_deleted(begins_it: bool) -> ColumnElement[bool]:
    """Whether the message was taken back. It stood where `is_message` looks for it."""
    places = or_(is_at(HERE), is_at(IN_CHANNEL)) if begins_it else is_at(HERE)
    return exists().where(
        DeletedMessageRow.conversation_id.in_(select(ConversationRow.id).where(places)),
        DeletedMessageRow.platform_id == bindparam("id"),
    )


def _is_answered() -> ColumnElement[bool]:
    """Whether a reply to the message has ended, or, as those that waited are answered together,
    one to a later message."""
    return exists().where(
        ReplyRow.conversation_id == MessageRow.conversation_id,
        ReplyRow.status.in_(ANSWERED),
        or_(
            ReplyRow.trigger_message_id == MessageRow.id,
            and_(MessageRow.addressed, ReplyRow.trigger_message_id > MessageRow.id),
        ),
    )
