"""`SqlMembers`: the port MemberStore: what is kept of a person, seen and deleted by that person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    delete,
    func,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey, Message, Role
from storage.database import Database
from storage.schema import (
    ConversationRow,
    MemberRow,
    MessageRow,
    RatingRow,
    ReadingCorrectionRow,
    ReplyRow,
    ReplyStatus,
    UtcDateTime,
)
from storage.statements import KEY, MESSAGE, as_message, now
from storage.writes import upsert


class SqlMembers:
    """People in a database. See bot.ports.MemberStore for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def opt_out(self, platform: str, user_id: str, out: bool) -> None:
        """Write down the wish, or take it back."""
        async with self._database.write() as connection:
            await _note(connection, platform, user_id, opted_out_at=now() if out else None)

    async def opted_out(self, platform: str, user_id: str) -> bool:
        """Whether the wish is written down."""
        wish = select(MemberRow.opted_out_at).where(is_member(platform, user_id))
        async with self._database.read() as connection:
            return await connection.scalar(wish) is not None

    async def messages_of(
        self, platform: str, user_id: str
    ) -> Sequence[tuple[ConversationKey, Message]]:
        """What a person said and the replies to it, by conversation, oldest first."""
        found = (
            select(*KEY, *MESSAGE)
            .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
            .where(MessageRow.id.in_(concerning(platform, user_id)))
            .order_by(MessageRow.conversation_id, MessageRow.id)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return [(ConversationKey(*row[: len(KEY)]), as_message(row[len(KEY) :])) for row in rows]

    async def count_of(self, platform: str, user_id: str) -> int:
        """How many messages a person said, with the replies to them."""
        count = select(func.count()).where(MessageRow.id.in_(concerning(platform, user_id)))
        async with self._database.read() as connection:
            return await connection.scalar(count) or 0

    async def ratings_of(
        self, platform: str, user_id: str
    ) -> Sequence[tuple[ConversationKey, int, datetime]]:
        """How a person rated replies, oldest first."""
        columns: tuple[Any, ...] = (*KEY, RatingRow.value, RatingRow.rated_at)
        found = (
            select(*columns)
            .join(ReplyRow, ReplyRow.id == RatingRow.reply_id)
            .join(ConversationRow, ConversationRow.id == ReplyRow.conversation_id)
            .where(RatingRow.user_id == user_id, ConversationRow.platform == platform)
            .order_by(RatingRow.rated_at)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return [(ConversationKey(*row[: len(KEY)]), row[-2], row[-1]) for row in rows]

    async def forget_member(self, platform: str, user_id: str) -> int:
        """Delete what a person said, the replies to it, and how they rated replies.

        The ledger keeps its entries, which hold no text and no name: nothing is answered
        again. A reply that is being written is not stored. What they corrected stays with their
        group, without their name. What the person wished stays known: that nothing be kept, and
        up to when nothing is any more.
        """
        asked = asked_by(platform, user_id)
        async with self._database.write() as connection:
            ids = (await connection.scalars(concerning(platform, user_id))).all()
            sent = select(func.max(MessageRow.created_at, type_=UtcDateTime()))
            newest = await connection.scalar(
                sent.where(MessageRow.id.in_(said_by(platform, user_id)))
            )
            if newest is not None:
                await _note(connection, platform, user_id, forgotten_up_to=newest)
            for start in range(0, len(ids), 500):
                some = ids[start : start + 500]
                await connection.execute(delete(MessageRow).where(MessageRow.id.in_(some)))
            await connection.execute(
                update(ReplyRow)
                .where(ReplyRow.id.in_(asked), ReplyRow.status == ReplyStatus.WRITING)
                .values(status=ReplyStatus.GONE, ended_at=now())
            )
            unnamed = await connection.execute(
                update(ReplyRow).where(ReplyRow.id.in_(asked)).values(asker_id=None)
            )
            rated = await connection.execute(delete(RatingRow).where(rated_by(platform, user_id)))
            corrected = await connection.execute(
                update(ReadingCorrectionRow)
                .where(corrected_by(platform, user_id))
                .values(user_id="")
            )
        if ids or unnamed.rowcount or rated.rowcount or corrected.rowcount:
            await self._database.scrub(whole=True)
        return len(ids)


async def _note(
    connection: AsyncConnection, platform: str, user_id: str, **wish: datetime | None
) -> None:
    """Write down one of a person's wishes, beside the others."""
    await connection.execute(
        upsert(connection, MemberRow)
        .values(platform=platform, user_id=user_id, **wish)
        .on_conflict_do_update(index_elements=["platform", "user_id"], set_=wish)
    )


def is_member(platform: str, user_id: str) -> ColumnElement[bool]:
    """Which member: this one."""
    return and_(MemberRow.platform == platform, MemberRow.user_id == user_id)


def concerning(platform: str, user_id: str) -> CompoundSelect[Any]:
    """The ids of what a person said on a platform, and of the replies to it."""
    replies = select(ReplyRow.message_id).where(
        ReplyRow.id.in_(asked_by(platform, user_id)), ReplyRow.message_id.is_not(None)
    )
    return union(said_by(platform, user_id), replies)


def said_by(platform: str, user_id: str) -> Select[int]:
    """The ids of what a person said on a platform."""
    return (
        select(MessageRow.id)
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(
            MessageRow.author_id == user_id,
            MessageRow.role == Role.USER,
            ConversationRow.platform == platform,
        )
    )


def asked_by(platform: str, user_id: str) -> Select[int]:
    """The ids of the ledger's entries for what a person said on a platform."""
    return (
        select(ReplyRow.id)
        .join(ConversationRow, ConversationRow.id == ReplyRow.conversation_id)
        .where(ReplyRow.asker_id == user_id, ConversationRow.platform == platform)
    )


def rated_by(platform: str, user_id: str) -> ColumnElement[bool]:
    """Which ratings: a person's, of replies on a platform."""
    here = (
        select(ReplyRow.id)
        .join(ConversationRow, ConversationRow.id == ReplyRow.conversation_id)
        .where(ReplyRow.id == RatingRow.reply_id, ConversationRow.platform == platform)
    )
    return and_(RatingRow.user_id == user_id, here.exists())


def corrected_by(platform: str, user_id: str) -> ColumnElement[bool]:
    """Which corrections of readings: a person's, on a platform."""
    return and_(ReadingCorrectionRow.user_id == user_id, ReadingCorrectionRow.platform == platform)
