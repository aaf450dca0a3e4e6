"""`SqlReviews`: the port ReviewStore: cards of saved words, and the answers to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.learning.ports.reviews import (
    Card,
    Counts,
    Rating,
    Review,
    Standing,
    State,
    Tally,
    WordCard,
)
from storage.database import Database
from storage.learning.cards import CARD, as_card, as_json, as_values, from_json
from storage.learning.profiles import refuse_opted_out
from storage.learning.schema import CardRow, ReviewRow, SavedWordRow
from storage.learning.words import COLUMNS, as_saved, is_of

_STEPS = CardRow.state.in_([State.LEARNING, State.RELEARNING])
_LEARNT = CardRow.state == State.REVIEW
_NEW = CardRow.state == State.NEW
_ASKED = CardRow.suspended.is_(False)
_BOTH: tuple[Any, ...] = (*COLUMNS, *CARD)


class SqlReviews:
    """Reviews. See bot.learning.ports.reviews for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def word_card(self, platform: str, user_id: str, id: int) -> WordCard | None:
        """One of a person's words with its card."""
        async with self._database.read() as connection:
            return await _word_card(connection, platform, user_id, id)

    async def next_card(
        self, platform: str, user_id: str, *, now: datetime, until: datetime, new: bool
    ) -> WordCard | None:
        """What is to be asked now; new words in the order in which they were saved."""
        due = or_(and_(_STEPS, CardRow.due <= now), and_(_LEARNT, CardRow.due < until))
        first = (
            _cards(platform, user_id)
            .where(_ASKED, or_(due, _NEW) if new else due)
            .order_by(
                case((_STEPS, 0), (_LEARNT, 1), else_=2),
                case((_NEW, None), else_=CardRow.due),
                CardRow.word_id,
            )
            .limit(1)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(first)).one_or_none()
        return None if row is None else _as_word_card(row)

    async def next_due(self, platform: str, user_id: str) -> datetime | None:
        """When the first is due of all that was ever asked."""
        first = (
            select(CardRow.due)
            .join(SavedWordRow, SavedWordRow.id == CardRow.word_id)
            .where(is_of(platform, user_id), _ASKED, CardRow.state != State.NEW)
            .order_by(CardRow.due)
            .limit(1)
        )
        async with self._database.read() as connection:
            found: datetime | None = await connection.scalar(first)
        return found

    async def count_cards(
        self, platform: str, user_id: str, *, until: datetime, day: date
    ) -> Counts:
        """How many wait until the day's end."""
        today = CardRow.due < until
        columns = (_NEW, and_(_STEPS, today), and_(_LEARNT, today))
        waiting = (
            select(*(func.count(case((column, 1))) for column in columns))
            .select_from(CardRow)
            .join(SavedWordRow, SavedWordRow.id == CardRow.word_id)
            .where(is_of(platform, user_id), _ASKED)
        )
        introduced = (
            select(func.count())
            .select_from(ReviewRow)
            .join(SavedWordRow, SavedWordRow.id == ReviewRow.word_id)
            .where(
                is_of(platform, user_id),
                ReviewRow.day == day.isoformat(),
                ReviewRow.state == State.NEW,
            )
        )
        async with self._database.read() as connection:
            row: Any = (await connection.execute(waiting)).one()
            return Counts(row[0], row[1], row[2], await connection.scalar(introduced) or 0)

    async def answer_card(
        self, platform: str, user_id: str, id: int, review: Review, after: Card
    ) -> bool:
        """Keep it where the card stands at that turn; raises OptedOut."""
        async with self._database.write() as connection:
            await refuse_opted_out(connection, platform, user_id)
            before = await _word_card(connection, platform, user_id, id)
            if before is None or before.card.turn != review.turn:
                return False
            turned = await connection.execute(
                update(CardRow)
                .where(CardRow.word_id == id, CardRow.turn == review.turn)
                .values(**as_values(after))
            )
            if not turned.rowcount:  # another process was first
                return False
            await connection.execute(
                insert(ReviewRow).values(
                    word_id=id,
                    turn=review.turn,
                    rating=review.rating,
                    state=review.state,
                    counted=review.counted,
                    before=as_json(before.card),
                    day=review.day.isoformat(),
                    reviewed_at=review.reviewed_at,
                )
            )
        return True

    async def review_of(self, platform: str, user_id: str, id: int, turn: int) -> Review | None:
        """How a turn was answered."""
        found = (
            select(
                ReviewRow.turn,
                ReviewRow.rating,
                ReviewRow.state,
                ReviewRow.counted,
                ReviewRow.day,
                ReviewRow.reviewed_at,
            )
            .join(SavedWordRow, SavedWordRow.id == ReviewRow.word_id)
            .where(is_of(platform, user_id), ReviewRow.word_id == id, ReviewRow.turn == turn)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(found)).one_or_none()
        if row is None:
            return None
        day = date.fromisoformat(row.day)
        state, rating = State(row.state), Rating(row.rating)
        return Review(row.turn, rating, state, row.counted, day, row.reviewed_at)

    async def undo_review(self, platform: str, user_id: str) -> WordCard | None:
        """Take back the newest; the card is as it was, but for its turn, and is suspended where it
        is."""
        newest = (
            select(ReviewRow.id, ReviewRow.word_id, ReviewRow.before)
            .join(SavedWordRow, SavedWordRow.id == ReviewRow.word_id)
            .where(is_of(platform, user_id))
            .order_by(ReviewRow.id.desc())
            .limit(1)
        )
        async with self._database.write() as connection:
            row = (await connection.execute(newest)).one_or_none()
            if row is None:
                return None
            gone = delete(ReviewRow).where(ReviewRow.id == row.id)
            if not (await connection.execute(gone)).rowcount:  # another process was first
                return None
            before = as_values(from_json(row.before))
            del before["suspended"]
            before["turn"] = CardRow.turn + 1
            await connection.execute(
                update(CardRow).where(CardRow.word_id == row.word_id).values(**before)
            )
            return await _word_card(connection, platform, user_id, row.word_id)

    async def suspend_card(
        self, platform: str, user_id: str, id: int, suspended: bool
    ) -> WordCard | None:
        """Ask for it no more, or again."""
        async with self._database.write() as connection:
            if await _word_card(connection, platform, user_id, id) is None:
                return None
            await connection.execute(
                update(CardRow).where(CardRow.word_id == id).values(suspended=suspended)
            )
            return await _word_card(connection, platform, user_id, id)

    async def troublesome(self, platform: str, user_id: str, lapses: int) -> Sequence[WordCard]:
        """What was forgotten so often or is suspended; the worst first."""
        found = (
            _cards(platform, user_id)
            .where(or_(CardRow.lapses >= lapses, CardRow.suspended.is_(True)))
            .order_by(CardRow.lapses.desc(), CardRow.word_id)
        )
        async with self._database.read() as connection:
            return [_as_word_card(row) for row in await connection.execute(found)]

    async def standings(self, platform: str, user_id: str) -> Sequence[Standing]:
        """Where all of a person's words stand, in the order in which they were saved."""
        columns: tuple[Any, ...] = (
            SavedWordRow.entry_id,
            CardRow.state,
            CardRow.due,
            CardRow.stability,
            CardRow.suspended,
        )
        found = (
            select(*columns)
            .join(CardRow, CardRow.word_id == SavedWordRow.id)
            .where(is_of(platform, user_id))
            .order_by(SavedWordRow.id)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return [Standing(entry, State(state), *rest) for entry, state, *rest in rows]

    async def tallies(self, platform: str, user_id: str) -> Sequence[Tally]:
        """What a person answered, day by day, where it counted."""
        columns: tuple[Any, ...] = (ReviewRow.day, ReviewRow.state, ReviewRow.rating)
        times: Any = func.count()
        found = (
            select(*columns, times)
            .join(SavedWordRow, SavedWordRow.id == ReviewRow.word_id)
            .where(is_of(platform, user_id), ReviewRow.counted.is_(True))
            .group_by(*columns)
            .order_by(*columns)
        )
        async with self._database.read() as connection:
            rows: Any = (await connection.execute(found)).all()
        return [
            Tally(date.fromisoformat(day), State(state), Rating(rating), count)
            for day, state, rating, count in rows
        ]


def _cards(platform: str, user_id: str) -> Any:
    both = select(*_BOTH).join(CardRow, CardRow.word_id == SavedWordRow.id)
    return both.where(is_of(platform, user_id))


async def _word_card(
    connection: AsyncConnection, platform: str, user_id: str, id: int
) -> WordCard | None:
    found = _cards(platform, user_id).where(SavedWordRow.id == id)
    row = (await connection.execute(found)).one_or_none()
    return None if row is None else _as_word_card(row)


def _as_word_card(row: Any) -> WordCard:
    return WordCard(as_saved(row), as_card(row[len(COLUMNS) :]))
