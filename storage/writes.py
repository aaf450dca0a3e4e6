"""What several methods write: conversations, which they hold, and messages. It begins and ends no
transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import Row, ScalarSelect, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from storage.schema import Base, ConversationRow, MessageRow, ReplyRow, SentMessageRow
from storage.statements import HERE, is_at, key_parameters

_HERE = select(ConversationRow.id).where(is_at(HERE)).scalar_subquery()
_HOLD = select(ConversationRow.id).where(is_at(HERE)).with_for_update()


def upsert(connection: AsyncConnection, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that may say ON CONFLICT; both databases have it, each under its own name."""
    return insert_or(connection.dialect.name, table)


def insert_or(dialect: str, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """See `upsert`."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


async def hold_id(
    connection: AsyncConnection,
    conversation_id: int | ScalarSelect[int],
    values: Mapping[str, Any] | None = None,
) -> None:
    """Hold a conversation, if there is one, until the transaction ends. SQLite's only writer
    holds all of them. `values`: of the parameters in its id."""
    if connection.dialect.name != "sqlite":
        found = select(ConversationRow.id).where(ConversationRow.id == conversation_id)
        await connection.execute(found.with_for_update(), values or {})


async def hold(
    connection: AsyncConnection, key: ConversationKey, thread_root: str | None = None
) -> int:
    """Hold the conversation with this key, creating it when it is new; its id.

    A new thread branches off behind the channel's message, or reply, with the platform id
    `thread_root`, or behind the channel's newest where that is not known.
    """
    known: int | None = await connection.scalar(_HOLD, key_parameters(key))
    if known is not None:
        return known
    parent, branch = await _branch(connection, key.parent(), thread_root)
    await connection.execute(
        upsert(connection, ConversationRow)
        .values(**asdict(key), parent_id=parent, branch_message_id=branch, memory_from=0)
        .on_conflict_do_nothing()  # another process may have been first
    )
    held: int = (await connection.execute(_HOLD, key_parameters(key))).scalar_one()
    return held


async def _branch(
    connection: AsyncConnection, channel: ConversationKey | None, root: str | None
) -> tuple[int | None, int]:
    """Where a new thread continues its channel: the channel's id, and its last message's.

    Behind the message at which it begins and, where that was answered, behind its answer; that
    of messages which waited together is the answer to the newest of them.
    """
    parent = None
    if channel is not None:
        parent = await connection.scalar(select(ConversationRow.id).where(is_at(channel)))
    if parent is None:  # a channel, or a thread of one in which nothing was said so far
        return None, 0
    in_channel = MessageRow.conversation_id == parent
    opened = select(func.max(MessageRow.id)).where(MessageRow.also_in_id == parent)
    answer = (
        select(ReplyRow.message_id)
        .where(
            MessageRow.addressed,
            ReplyRow.conversation_id == parent,
            ReplyRow.trigger_message_id >= MessageRow.id,
        )
        .order_by(ReplyRow.trigger_message_id)
        .limit(1)
    )
    at_root = select(func.coalesce(answer.scalar_subquery(), MessageRow.id)).where(
        in_channel, MessageRow.platform_id == root
    )
    at_reply = (
        select(ReplyRow.message_id)
        .join(SentMessageRow, SentMessageRow.reply_id == ReplyRow.id)
        .where(SentMessageRow.conversation_id == parent, SentMessageRow.platform_id == root)
    )
    for candidate in (at_root, at_reply):
        branch: int | None = await connection.scalar(candidate)
        if branch is not None:
            return parent, branch
    newest = select(func.max(MessageRow.id)).where(in_channel)
    both = [await connection.scalar(part) or 0 for part in (newest, opened)]
    return parent, max(both)


async def insert_message(connection: AsyncConnection, **columns: Any) -> int | None:
    """Append a message to a conversation that is held; its id, or None where one with its
    platform id is there."""
    id: int | None = await connection.scalar(_appended(connection.dialect.name), columns)
    return id


@cache
def _appended(dialect: str) -> Any:
    appended = insert_or(dialect, MessageRow).on_conflict_do_nothing()
    return appended.returning(MessageRow.id)


async def append_here(
    connection: AsyncConnection, key: ConversationKey, **columns: Any
) -> Row[int, int] | None:
    """Append a message to the conversation with this key, and hold it; its id and the message's.

    None where there is no such conversation, or one of its messages has the platform id.
    """
    here = key_parameters(key)
    await hold_id(connection, _HERE, here)
    values = {f"new_{name}": value for name, value in columns.items()} | here
    append = _appended_here(connection.dialect.name, tuple(columns))
    row: Row[int, int] | None = (await connection.execute(append, values)).one_or_none()
    return row


@cache
def _appended_here(dialect: str, names: tuple[str, ...]) -> Any:
    columns = MessageRow.__table__.c
    values = [bindparam(f"new_{name}", type_=columns[name].type) for name in names]
    row = select(ConversationRow.id, *values).where(is_at(HERE))
    append = insert_or(dialect, MessageRow).from_select(["conversation_id", *names], row)
    return append.on_conflict_do_nothing().returning(MessageRow.conversation_id, MessageRow.id)
