"""What is stored, for whoever runs the bot: each conversation with its people and its dates.

Reads whole tables, which takes its time where they are large: for commands, not for the bot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from bot.messages import ConversationKey, Role
from storage.database import Database
from storage.schema import ConversationRow, MessageRow
from storage.statements import KEY

_NAMES = 3  # of a conversation, those who spoke last


@dataclass(frozen=True, slots=True)
class Overview:
    """A conversation; `first` and `last` are when its oldest and newest messages were sent, None
    where there is none. `names`: as they were shown, of some who spoke there; `more`: how many
    others there are."""

    id: int
    key: ConversationKey
    messages: int
    first: datetime | None
    last: datetime | None
    names: tuple[str, ...]
    more: int


async def overview(database: Database, conversation_id: int | None = None) -> Sequence[Overview]:
    """Every conversation, or the one of this id, in the order in which they began."""
    oldest, newest = aliased(MessageRow), aliased(MessageRow)
    counted = select(
        MessageRow.conversation_id.label("conversation"),
        func.count().label("messages"),
        func.min(MessageRow.id).label("oldest"),
        func.max(MessageRow.id).label("newest"),
    ).group_by(MessageRow.conversation_id)
    spoken = (
        select(MessageRow.conversation_id, MessageRow.author_name)
        .where(MessageRow.role == Role.USER, MessageRow.author_name != "")
        .group_by(MessageRow.conversation_id, MessageRow.author_name)
        .order_by(func.max(MessageRow.id).desc())
    )
    if conversation_id is not None:
        counted = counted.where(MessageRow.conversation_id == conversation_id)
        spoken = spoken.where(MessageRow.conversation_id == conversation_id)
    inner = counted.subquery()
    found = (
        select(ConversationRow.id, *KEY, inner.c.messages, oldest.created_at, newest.created_at)
        .outerjoin(inner, inner.c.conversation == ConversationRow.id)
        .outerjoin(oldest, oldest.id == inner.c.oldest)
        .outerjoin(newest, newest.id == inner.c.newest)
        .order_by(ConversationRow.id)
    )
    if conversation_id is not None:
        found = found.where(ConversationRow.id == conversation_id)
    async with database.read() as connection:
        rows = (await connection.execute(found)).all()
        names: dict[int, list[str]] = {}
        for conversation, name in await connection.execute(spoken):
            names.setdefault(conversation, []).append(name)
    return [
        Overview(
            row[0],
            ConversationKey(*row[1:5]),
            row[5] or 0,
            row[6],
            row[7],
            tuple(names.get(row[0], ())[:_NAMES]),
            max(0, len(names.get(row[0], ())) - _NAMES),
        )
        for row in rows
    ]
