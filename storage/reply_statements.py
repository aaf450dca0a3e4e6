"""The SQL that the delivery ledger is made of. Like statements.py, it ends no transaction."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ScalarSelect,
    Select,
    Text,
    Update,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.messages import ConversationKey, Role
from storage.processes import lives
from storage.schema import ConversationRow, MessageRow, ReplyRow, ReplyStatus, SentMessageRow
from storage.statements import HERE, IN_CHANNEL, KEY, is_at, sent_at
from storage.writes import insert_or

ANSWERED = (ReplyStatus.DONE, ReplyStatus.STOPPED)
ENDED = (*ANSWERED, ReplyStatus.GONE)  # and may be shown


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


def entry_of(reply_id: Any) -> Select[Any]:
    """How far a reply got, where, its message and its trigger, where else the trigger stands,
    and the conversation's marker."""
    columns: tuple[Any, ...] = (
        ReplyRow.status,
        ReplyRow.holder,
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


ENTRY = entry_of(bindparam("reply"))
_ITS_CONVERSATION = select(ReplyRow.conversation_id).where(ReplyRow.id == bindparam("reply"))
CONVERSATION_OF = _ITS_CONVERSATION.scalar_subquery()
END = update(ReplyRow).where(ReplyRow.id == bindparam("reply"))  # and its columns


def elsewhere(conversation: Any, process: Any) -> ColumnElement[bool]:
    """Whether another process, which lives, writes a reply in the conversation."""
    return exists().where(ReplyRow.conversation_id == conversation, _of_another(process))


def _of_another(process: Any) -> ColumnElement[bool]:
    """Which entries: those of replies that another process, which lives, writes."""
    return and_(
        ReplyRow.delivered_at.is_(None),  # along an index, which has few of them
        ReplyRow.status == ReplyStatus.WRITING,
        ReplyRow.holder != process,
        lives(ReplyRow.holder),
    )


def written(key: ConversationKey, process: int, *, threads: bool) -> Select[int, int]:
    """The replies that other processes write in a conversation, or in all of its channel: with
    the conversation's id."""
    places = KEY[:-1] if threads else KEY
    values = (key.platform, key.workspace, key.channel, key.thread)
    here = [column == value for column, value in zip(places, values, strict=False)]
    return (
        select(ReplyRow.conversation_id, ReplyRow.id)
        .join(ConversationRow, ConversationRow.id == ReplyRow.conversation_id)
        .where(*here, _of_another(process))
    )


@cache
def opening(dialect: str, *, shared: bool) -> Any:
    """Open, or open again, the entry of the message `trigger` of a `conversation`, at `now`.

    The entry, who asked, the trigger's platform id, and whether messages of the platform show it
    already. Nothing where the trigger is gone or answered; nor, where the database is `shared`,
    while a process other than `holder` writes in the conversation.
    """
    trigger: Any = bindparam("trigger")
    holder: Any = bindparam("holder", type_=ReplyRow.holder.type)
    row = select(
        MessageRow.conversation_id,
        MessageRow.id,
        MessageRow.author_id,
        literal(ReplyStatus.WRITING, ReplyRow.status.type),
        bindparam("now", type_=ReplyRow.started_at.type),
        holder,
    ).where(
        MessageRow.id == trigger,
        MessageRow.conversation_id == bindparam("conversation"),
        ~answered(bindparam("conversation"), trigger),
    )
    if shared:
        row = row.where(~elsewhere(bindparam("conversation"), holder))
    names = ["conversation_id", "trigger_message_id", "asker_id", "status", "started_at", "holder"]
    entry = insert_or(dialect, ReplyRow).from_select(names, row)
    anew: dict[str, Any] = {
        name: entry.excluded[name]
        for name in names[2:]
        if name != "started_at"  # by which one that is opened again is known
    }
    anew |= dict.fromkeys(["message_id", "ended_at", "delivered_at"], null())
    return entry.on_conflict_do_update(index_elements=["trigger_message_id"], set_=anew).returning(
        ReplyRow.id,
        ReplyRow.asker_id,
        ReplyRow.started_at,
        _ASKED.label("platform_id"),
        _SHOWN.label("shown"),
    )


# Spelled out: in RETURNING, SQLAlchemy leaves away which table a column is of.
_ASKED = literal_column(
    "(SELECT m.platform_id FROM messages AS m WHERE m.id = replies.trigger_message_id)", Text
)
_SHOWN = literal_column(
    "EXISTS (SELECT 1 FROM sent_messages AS s WHERE s.reply_id = replies.id)", Boolean
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
            ReplyRow.status.in_(ENDED),
        )
        .order_by(ReplyRow.trigger_message_id.desc())
        .limit(1)
    )


def waiting(platform: str, dialect: str = "sqlite") -> Select[Any]:
    """Per conversation its addressed messages since the marker that no reply answers, and that
    no living process has in hand.

    The columns are those of a key and then those of `Unanswered`. A conversation's newest answer
    is looked up once and its messages are read from there on, however many there are: SQLite does
    so by itself, PostgreSQL with LATERAL and OFFSET 0, without which it reads all messages.
    """
    newest_answered = (  # no max(): SQLite would read every reply of the conversation for that
        select(ReplyRow.trigger_message_id)
        .where(ReplyRow.conversation_id == ConversationRow.id, ReplyRow.status.in_(ANSWERED))
        .order_by(ReplyRow.trigger_message_id.desc())
        .limit(1)
        .correlate(ConversationRow)
        .scalar_subquery()
    )
    # One bound, since an index is searched by one: else all since the marker would be read.
    from_marker = ConversationRow.memory_from
    bound = case((newest_answered > from_marker, newest_answered), else_=from_marker)
    since: ColumnElement[bool] = and_(
        MessageRow.conversation_id == ConversationRow.id,
        MessageRow.id > bound,
        MessageRow.role == Role.USER,
        MessageRow.addressed.is_(True),
    )
    message: Any = MessageRow
    if dialect != "sqlite":
        waits = select(MessageRow).where(since).correlate(ConversationRow)
        message = aliased(MessageRow, waits.offset(literal_column("0")).lateral())
        since = true()
    written = ReplyRow.trigger_message_id == message.id
    holder = select(ReplyRow.holder).where(written).correlate(message).scalar_subquery()
    columns: tuple[Any, ...] = (
        *KEY,
        message.conversation_id,
        message.id,
        message.platform_id,
        message.text,
        message.created_at,
    )
    return (
        select(*columns)
        .select_from(ConversationRow)
        .join(message, since)
        .where(
            ~lives(func.coalesce(holder, message.taken_by)),
            ConversationRow.platform == platform,
        )
        .order_by(message.id)
    )


def undelivered(platform: str) -> Select[Any]:
    """Finished replies with text of which the platform may not have everything, and which no
    living process shows."""
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
            ReplyRow.status.in_(ENDED),
            ReplyRow.delivered_at.is_(None),
            ~lives(ReplyRow.holder),
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


def spoken(id: Any, sent: Any, root: Any) -> ColumnElement[bool]:
    """Whether the ledger has a reply to something else than a message with this platform id in
    the thread `HERE`, or the channel's message `root`, where the thread began, shows one.

    One that is being written counts: what is said meanwhile is said to the bot. One whose
    question was asked after the message does not: what comes in late, after the bot was asked,
    was said to others. Both moments are the platform's (`sent` is the message's). Of a question
    that was deleted the moment is not known any more: when its reply began is close to it.
    """
    here = select(ConversationRow.id).where(is_at(HERE)).scalar_subquery()
    question = aliased(MessageRow)
    is_itself = func.coalesce(question.platform_id == id, false())
    # Not EXISTS, for which PostgreSQL may think it worth while to read all messages once.
    itself_or_later = (
        select(or_(question.created_at > sent, is_itself))
        .where(question.id == ReplyRow.trigger_message_id)
        .scalar_subquery()
    )
    later = func.coalesce(itself_or_later, ReplyRow.started_at > sent)
    own = exists().where(ReplyRow.conversation_id == here, not_(later))
    return or_(own, exists().where(sent_at(IN_CHANNEL, root)))


async def parts_sent(connection: AsyncConnection, reply_id: int) -> tuple[str, ...]:
    """The platform ids of the messages that show a reply, in order."""
    parts = select(SentMessageRow.platform_id).where(SentMessageRow.reply_id == reply_id)
    return tuple(await connection.scalars(parts.order_by(SentMessageRow.position)))
