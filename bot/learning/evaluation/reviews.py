"""Dates of reviews: as the library's own, through what is stored; and what counts of a day."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import fsrs
from sqlalchemy import Table, bindparam, insert, select, update

from bot.learning.calendar import Days
from bot.learning.ports.reviews import Card, Rating, State
from bot.learning.review.reviewing import reviewed
from bot.learning.review.scheduling import answered
from storage.database import Database
from storage.learning.cards import CARD, as_card, as_json, as_values, from_json
from storage.learning.schema import CardRow, SavedWordRow

HISTORIES, ANSWERS = 10_000, 12
BEGIN = datetime(2026, 4, 1, 12, tzinfo=UTC)
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_TOKYO = Days(ZoneInfo("Asia/Tokyo"))


def report(histories: int = HISTORIES) -> list[str]:
    """The figures, a line each."""
    equal, answers = asyncio.run(_equal(histories))
    mine, full = (", ".join(map(str, way)) for way in _evenings())
    return [
        f"dates equal to the library's own, saved and loaded between any two of {answers:,} "
        f"answers: {equal:,} of {histories:,} histories",
        f"five times Easy within a minute: {_five_easy()} days; by the library alone "
        f"{_five_easy_alone()}",
        f"on each evening that is due, five minutes earlier than the last time, Again once and "
        f"then Good: {mine} days; counted in full 24 hours {full}",
    ]


async def _equal(histories: int) -> tuple[int, int]:
    """How many histories have the library's dates at each of their answers, and how many answers
    those are. Each card is in the database, and was in JSON, before its next answer."""
    chance = random.Random(1)
    library = fsrs.Scheduler(enable_fuzzing=False)
    theirs = [fsrs.Card(card_id=1, due=BEGIN) for _ in range(histories)]
    right = [True] * histories
    with tempfile.TemporaryDirectory() as folder:
        async with await Database.open(f"sqlite:///{Path(folder)}/reviews.db") as database:
            await _fill(database, histories)
            for _ in range(ANSWERS):
                ours = await _load(database)
                for number, card in enumerate(ours):
                    rating, at = Rating(chance.randint(1, 4)), _moment(card, chance)
                    theirs[number], _log = library.review_card(
                        theirs[number], fsrs.Rating(rating), at
                    )
                    ours[number] = answered(from_json(as_json(card)), rating, at)
                await _save(database, ours)
                for number, card in enumerate(await _load(database)):
                    right[number] &= _is(card, theirs[number])
    return sum(right), histories * ANSWERS


def _moment(card: Card, chance: random.Random) -> datetime:
    """When a card is answered: too early, at its moment, or days late; never before its last."""
    since = card.last_review or card.due
    away = card.due - since
    return since + away * chance.choice([0.0, chance.random(), 1.0, 1.0, 1 + 2 * chance.random()])


def _is(ours: Card, theirs: fsrs.Card) -> bool:
    return (ours.due, ours.last_review, ours.stability, ours.difficulty, ours.step) == (
        theirs.due,
        theirs.last_review,
        theirs.stability,
        theirs.difficulty,
        theirs.step,
    ) and int(ours.state) == int(theirs.state)


async def _fill(database: Database, histories: int) -> None:
    word = {"platform": "p", "user_id": "u", "group_id": "g", "reading": "", "meaning": ""}
    moments = {"sentence": "", "saved_at": BEGIN, "changed_at": BEGIN}
    numbers = range(1, histories + 1)
    words = [{"id": number, "word": str(number), **word, **moments} for number in numbers]
    card = as_values(Card(BEGIN))
    async with database.write() as connection:
        await connection.execute(insert(SavedWordRow), words)
        await connection.execute(insert(CardRow), [{"word_id": n, **card} for n in numbers])


async def _load(database: Database) -> list[Card]:
    async with database.read() as connection:
        rows = await connection.execute(select(*CARD).order_by(CardRow.word_id))
        return [as_card(row) for row in rows]


async def _save(database: Database, cards: Sequence[Card]) -> None:
    values = [{"of": number, **as_values(card)} for number, card in enumerate(cards, 1)]
    async with database.write() as connection:
        # The table, not its class: the ORM would update by primary keys of its own.
        table = cast(Table, CardRow.__table__)
        await connection.execute(update(table).where(table.c.word_id == bindparam("of")), values)


def _five_easy() -> int:
    card, at = Card(BEGIN), BEGIN
    for _ in range(5):
        card = reviewed(card, Rating.EASY, at, _TOKYO)[1]
        at += 10 * timedelta(seconds=1)
    return (card.due - BEGIN).days


def _five_easy_alone() -> int:
    library, card, at = fsrs.Scheduler(enable_fuzzing=False), fsrs.Card(card_id=1), BEGIN
    for _ in range(5):
        card, _log = library.review_card(card, fsrs.Rating.Easy, at)
        at += 10 * timedelta(seconds=1)
    return (card.due - at).days + 1


def _evenings() -> tuple[list[int], list[int]]:
    """The days from each review to the next where one comes on each evening that is due, five
    minutes earlier than the last time: by the person's days, and by full 24 hours."""
    mine, full = Card(BEGIN), Card(BEGIN)
    ways: tuple[list[int], list[int]] = ([], [])
    early = timedelta()
    for rating in (Rating.AGAIN, *[Rating.GOOD] * 7):
        mine = reviewed(mine, rating, mine.due - early, _TOKYO)[1]
        full = answered(full, rating, full.due - early)
        early = 5 * _MINUTE if mine.state is State.REVIEW else early
        for card, way in ((mine, ways[0]), (full, ways[1])):
            if card.state is State.REVIEW and card.last_review is not None:
                way.append((card.due - card.last_review) // _DAY)
    return ways
