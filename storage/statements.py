"""The SQL that the history is made of: conditions, and the query of remembered messages. What is
written is in writes.py. It begins and ends no transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    null,
    select,
    union_all,
)

from bot.messages import ConversationKey, Message, Role
from storage.schema import (
    ChannelSettingRow,
    ConversationRow,
    Id,
    MemberRow,
    MessageRow,
    ReplyRow,
    SentMessageRow,
)

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
    MessageRow.reply_to,
)
_ROLES = {role.value: role for role in Role}  # quicker than Role(…), which counts in a history


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class KeyParameters:
    """A key in a statement that is made once: its fields are given when the statement is run.

    Making a statement takes longer than running it.
    """

    platform: Any
    workspace: Any
    channel: Any
    thread: Any


_PLACE: list[Any] = [bindparam(f"at_{column.key}") for column in KEY]
HERE = KeyParameters(*_PLACE)
IN_CHANNEL = replace(HERE, thread="")


def key_parameters(key: ConversationKey) -> dict[str, str]:
    """What is given for `HERE` and for `IN_CHANNEL`."""
    return {
        "at_platform": key.platform,
        "at_workspace": key.workspace,
        "at_channel": key.channel,
        "at_thread": key.thread,
    }


def is_at(key: ConversationKey | KeyParameters) -> ColumnElement[bool]:
    """Which conversation: the one with this key."""
    values = (key.platform, key.workspace, key.channel, key.thread)
    return and_(*(column == value for column, value in zip(KEY, values, strict=True)))


def message_at(key: ConversationKey, platform_id: str) -> ColumnElement[bool]:
    """Which message: the conversation's with this platform id.

    The one at which a thread began may be the thread's (it was opened to answer it) or stand
    in the channel.
    """
    return is_message(key, key.parent() if platform_id == key.thread else None, platform_id)


def is_message(
    key: ConversationKey | KeyParameters,
    channel: ConversationKey | KeyParameters | None,
    platform_id: Any,
) -> ColumnElement[bool]:
    """See `message_at`. `channel`: in which it may stand instead."""
    here = select(ConversationRow.id).where(is_at(key)).scalar_subquery()
    conversation: ColumnElement[bool] = MessageRow.conversation_id == here
    if channel is not None:
        there = select(ConversationRow.id).where(is_at(channel)).scalar_subquery()
        conversation = MessageRow.conversation_id.in_([here, there])
    return and_(conversation, MessageRow.platform_id == platform_id)


def as_message(values: Sequence[Any]) -> Message:
    """The values of the columns `MESSAGE` as a message."""
    id, role, *others = values
    return Message(id, _ROLES[role], *others)


def keeps_nothing(key: ConversationKey) -> ColumnElement[bool]:
    """Whether the author of a message on the key's platform asked that nothing be kept."""
    return exists().where(
        MemberRow.platform == key.platform,
        MemberRow.user_id == MessageRow.author_id,
        MemberRow.opted_out_at.is_not(None),
    )


def sent_at(key: ConversationKey | KeyParameters, platform_id: Any) -> ColumnElement[bool]:
    """Which message that shows a reply: the conversation's with this platform id."""
    conversation = select(ConversationRow.id).where(is_at(key)).scalar_subquery()
    return and_(
        SentMessageRow.conversation_id == conversation, SentMessageRow.platform_id == platform_id
    )


def shown_nowhere(reply_id: int) -> ColumnElement[bool]:
    """Which reply: this one, if no message of the platform shows it any more."""
    return and_(ReplyRow.id == reply_id, ~exists().where(SentMessageRow.reply_id == reply_id))


def settings_of(key: ConversationKey | KeyParameters) -> ColumnElement[bool]:
    """Which settings: those of the conversation's channel."""
    return and_(
        ChannelSettingRow.platform == key.platform,
        ChannelSettingRow.workspace == key.workspace,
        ChannelSettingRow.channel == key.channel,
    )


def remembered(
    conversation_id: Any, up_to: Any = None, since: Any = None, *, each: Any = None
) -> CompoundSelect[Any]:
    """The messages that a conversation's prompt may use, newest first.

    Its own since its memory marker; for a thread also its channel's, up to where it branched
    off and since both markers. What threads were opened to answer is among a channel's. Every
    part runs along an index that ends with the id, and they are merged as they are read, so a
    limit bounds the work, whatever the table's size. PostgreSQL does not merge them: there `each`
    part has the limit, too.

    Behind those of a message there is a column `opened`: for what belongs to a thread that
    was opened in this history, that thread's conversation; else NULL.
    """

    def of(conversation: Any, column: Any) -> ScalarSelect[Any]:
        # A look-up instead of a join, which a planner could turn around into scan and sort.
        return select(column).where(ConversationRow.id == conversation).scalar_subquery()

    parent = of(conversation_id, ConversationRow.parent_id)
    bounds = [MessageRow.id > of(conversation_id, ConversationRow.memory_from)]
    if since is not None:
        bounds.append(MessageRow.id >= since)
    if up_to is not None:
        bounds.append(MessageRow.id <= up_to)
    before_thread = [
        *bounds,
        MessageRow.id > of(parent, ConversationRow.memory_from),
        MessageRow.id <= of(conversation_id, ConversationRow.branch_message_id),
    ]
    said = select(*MESSAGE, null().label("opened"))
    opened = select(*MESSAGE, MessageRow.conversation_id.label("opened"))
    parts = [
        said.where(MessageRow.conversation_id == conversation_id, *bounds),
        opened.where(MessageRow.also_in_id == conversation_id, *bounds),
        said.where(MessageRow.conversation_id == parent, *before_thread),
        opened.where(MessageRow.also_in_id == parent, *before_thread),
    ]
    if each is not None:
        parts = [part.order_by(MessageRow.id.desc()).limit(each) for part in parts]
    every = union_all(*parts)
    return every.order_by(every.selected_columns.id.desc())


@cache
def newest(up_to: bool, since: bool, dialect: str = "sqlite") -> CompoundSelect[Any]:
    """The newest of `remembered`: so many as `limit`. Both say which parameters there are."""
    conversation: Any = bindparam("conversation")
    first: Any = bindparam("since") if since else None
    until: Any = bindparam("up_to") if up_to else None
    limit: Any = bindparam("limit", type_=Id)
    each = None if dialect == "sqlite" else limit
    return remembered(conversation, until, first, each=each).limit(limit)


def as_history(rows: Sequence[Row[Any]]) -> list[Message]:
    """Rows of `remembered` as messages, oldest first.

    An exchange for which a thread was opened stands together, where its question was asked,
    and only once it is answered: what is asked elsewhere meanwhile is answered there.
    """
    exchanges: dict[int, list[Row[Any]]] = {}
    for row in reversed(rows):
        if row.opened is not None:
            exchanges.setdefault(row.opened, []).append(row)
    history: list[Message] = []
    for row in reversed(rows):
        if row.opened is None:
            history.append(as_message(row[:-1]))
            continue
        exchange = exchanges.pop(row.opened, [])
        if {part.role for part in exchange} == set(Role):
            history += [as_message(part[:-1]) for part in exchange]
    return history


def newest_said(platform: str) -> Select[Any]:
    """The key of each conversation in which a user said something, and when that was last.

    Reads one message of each, along the index: the newest, in the order of the store.
    """
    newest = (
        select(func.max(MessageRow.id))
        .where(MessageRow.conversation_id == ConversationRow.id, MessageRow.role == Role.USER)
        .correlate(ConversationRow)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (*KEY, MessageRow.created_at)
    return (
        select(*columns)
        .join(MessageRow, MessageRow.id == newest)
        .where(ConversationRow.platform == platform)
    )
