"""The query that tells what deciding upon a message needs: `bot.ports.Known`, before its rows
are read. It begins and ends no transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, literal, or_, select

from bot.messages import IncomingMessage
from storage.reply_statements import ANSWERED, spoken
from storage.schema import ChannelSettingRow, MemberRow, MessageRow, ReplyRow
from storage.statements import message_at, settings_of


def known(message: IncomingMessage) -> Select[Any]:
    """What is stored of a message, its author and its channel: a row for each of the channel's
    settings, and one with no `key` where there is none.

    Every table is joined to one row that is always there, along its unique index.
    """
    key = message.conversation
    always = select(literal(1)).subquery("always")
    author = and_(MemberRow.platform == key.platform, MemberRow.user_id == message.author_id)
    columns: tuple[Any, ...] = (
        MessageRow.conversation_id,
        MessageRow.id,
        MessageRow.addressed,
        _is_answered().label("answered"),
        MemberRow.opted_out_at,
        MemberRow.forgotten_up_to,
        (spoken(message) if key.thread else false()).label("spoken"),
        ChannelSettingRow.key,
        ChannelSettingRow.value,
    )
    return select(*columns).select_from(
        always.outerjoin(MessageRow, message_at(key, message.id))
        .outerjoin(MemberRow, author)
        .outerjoin(ChannelSettingRow, settings_of(key))
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
