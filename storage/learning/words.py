"""`SqlWords`: the port WordStore: words that people saved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BotError
from bot.learning.ports.reviews import Card
from bot.learning.ports.words import SavedWord, Word
from storage.database import Database
from storage.learning.cards import as_values
from storage.learning.profiles import refuse_opted_out
from storage.learning.schema import CardRow, SavedWordRow
from storage.schema import storable
from storage.statements import now
from storage.writes import upsert

MOST_WORDS = 10_000  # of a person

TEXTS: tuple[Any, ...] = (
    SavedWordRow.word,
    SavedWordRow.reading,
    SavedWordRow.meaning,
    SavedWordRow.entry_id,
    SavedWordRow.sentence,
)
COLUMNS: tuple[Any, ...] = (
    SavedWordRow.id,
    *TEXTS,
    SavedWordRow.group_id,
    SavedWordRow.saved_at,
    SavedWordRow.changed_at,
)


class TooManyWords(BotError):
    """A person has as many words as are kept of one."""

    private = True

    def __init__(self) -> None:
        super().__init__(
            f"You have saved {MOST_WORDS:,} words, and I keep no more. Remove some that you know: "
            "/words",
            f"保存できる言葉は{MOST_WORDS:,}語までです。"
            "もう覚えた言葉を /words で削除してください。",
        )


class SqlWords:
    """Saved words. See bot.learning.ports.words for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_word(
        self, platform: str, user_id: str, group: str, word: Word
    ) -> tuple[SavedWord, bool]:
        """Save it with its card, or bring the one that is there up to date; raises OptedOut and
        TooManyWords."""
        async with self._database.write() as connection:
            await refuse_opted_out(connection, platform, user_id)
            here = and_(
                is_of(platform, user_id),
                SavedWordRow.word == word.word,
                SavedWordRow.reading == word.reading,
            )
            found = select(*COLUMNS).where(here)
            new = (await connection.execute(found)).one_or_none() is None
            if new:
                if await connection.scalar(_count(is_of(platform, user_id))) >= MOST_WORDS:
                    raise TooManyWords
                new = await _insert(connection, platform, user_id, group, word)
            row = (await connection.execute(found.with_for_update())).one()
            if not new and (changes := _changes(as_saved(row).text, word)):
                await connection.execute(
                    update(SavedWordRow).where(SavedWordRow.id == row.id).values(**changes)
                )
                row = (await connection.execute(found)).one()
        return as_saved(row), new

    async def saved_words(
        self,
        platform: str,
        user_id: str,
        *,
        search: str = "",
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[SavedWord]:
        """A page of a person's, the newest first."""
        found = newest(platform, user_id, search).limit(limit).offset(offset)
        async with self._database.read() as connection:
            return [as_saved(row) for row in await connection.execute(found)]

    async def saved_word(self, platform: str, user_id: str, id: int) -> SavedWord | None:
        """One of a person's."""
        found = select(*COLUMNS).where(is_of(platform, user_id), SavedWordRow.id == id)
        async with self._database.read() as connection:
            row = (await connection.execute(found)).one_or_none()
        return None if row is None else as_saved(row)

    async def group_words(
        self, platform: str, group: str, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[Word]:
        """A page of a group's, the most saved first; of each the texts that were saved last."""
        found = _of_group(platform, group, limit, offset)
        async with self._database.read() as connection:
            return [Word(*row[:-1]) for row in await connection.execute(found)]

    async def group_words_with_changes(
        self, platform: str, group: str
    ) -> Sequence[tuple[Word, datetime]]:
        """All of a group's, with when those texts last changed."""
        found = _of_group(platform, group, None, 0)
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return [(Word(*row[:-1]), row.changed_at) for row in rows]

    async def remove_word(self, platform: str, user_id: str, id: int) -> SavedWord | None:
        """Forget it; its card and reviews go with it."""
        here = (is_of(platform, user_id), SavedWordRow.id == id)
        gone = delete(SavedWordRow).where(*here).returning(*COLUMNS)
        async with self._database.write() as connection:
            row = (await connection.execute(gone)).one_or_none()
        if row is None:
            return None
        await self._database.scrub()
        return as_saved(row)

    async def count_words(self, platform: str, user_id: str, *, search: str = "") -> int:
        """How many a person has."""
        here = is_of(platform, user_id)
        async with self._database.read() as connection:
            count = _count(and_(here, _says(search)) if search else here)
            return await connection.scalar(count) or 0

    async def count_group_words(self, platform: str, group: str) -> int:
        """How many different ones a group has."""
        different = select(SavedWordRow.word, SavedWordRow.reading).where(_is_in(platform, group))
        count = select(func.count()).select_from(different.distinct().subquery())
        async with self._database.read() as connection:
            return await connection.scalar(count) or 0


async def _insert(
    connection: AsyncConnection, platform: str, user_id: str, group: str, word: Word
) -> bool:
    """Insert a word and its card; False where another process was first."""
    at = now()
    id = await connection.scalar(
        upsert(connection, SavedWordRow)
        .values(
            platform=platform,
            user_id=user_id,
            group_id=group,
            entry_id=word.entry,
            word=word.word,
            reading=word.reading,
            meaning=word.meaning,
            sentence=word.sentence,
            saved_at=at,
            changed_at=at,
        )
        .on_conflict_do_nothing()
        .returning(SavedWordRow.id)
    )
    if id is None:
        return False
    await connection.execute(insert(CardRow).values(word_id=id, **as_values(Card(at))))
    return True


def _changes(before: Word, word: Word) -> dict[str, Any]:
    """The columns that a word which is saved once more has otherwise."""
    texts = {"meaning": storable(word.meaning), "sentence": storable(word.sentence)}
    changes: dict[str, Any] = {
        name: text for name, text in texts.items() if text and text != getattr(before, name)
    }
    if changes:
        changes["changed_at"] = now()
    if word.entry is not None and word.entry != before.entry:
        changes["entry_id"] = word.entry
    return changes


def newest(platform: str, user_id: str, search: str = "") -> Select[Any]:
    """A person's words, the newest first."""
    found = select(*COLUMNS).where(is_of(platform, user_id)).order_by(SavedWordRow.id.desc())
    return found.where(_says(search)) if search else found


def _of_group(platform: str, group: str, limit: int | None, offset: int) -> Select[Any]:
    """A group's words, the most saved first, without sentences, with when they last changed."""
    last = func.max(SavedWordRow.id).label("last")
    each = (
        select(last, func.count().label("times"))
        .where(_is_in(platform, group))
        .group_by(SavedWordRow.word, SavedWordRow.reading)
        .order_by(func.count().desc(), last.desc())
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    return (
        select(*TEXTS[:-1], SavedWordRow.changed_at)
        .join(each, each.c.last == SavedWordRow.id)
        .order_by(each.c.times.desc(), each.c.last.desc())
    )


def as_saved(row: Row[Any]) -> SavedWord:
    """A row that begins with COLUMNS."""
    id, word, reading, meaning, entry, sentence, group, saved_at, changed_at = row[: len(COLUMNS)]
    text = Word(word, reading, meaning, entry, sentence)
    return SavedWord(id, text, group, saved_at, changed_at)


def is_of(platform: str, user_id: str) -> ColumnElement[bool]:
    """Which words: a person's."""
    return and_(SavedWordRow.platform == platform, SavedWordRow.user_id == user_id)


def _is_in(platform: str, group: str) -> ColumnElement[bool]:
    """Which words: those saved in a group."""
    return and_(SavedWordRow.platform == platform, SavedWordRow.group_id == group)


def _says(search: str) -> ColumnElement[bool]:
    """Which words: those with this in a text of theirs."""
    texts = (text for text in TEXTS if text is not SavedWordRow.entry_id)
    return or_(*(text.icontains(search, autoescape=True) for text in texts))


def _count(which: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(SavedWordRow).where(which)
