"""What every PersonalStore must do: hand over and forget all that is kept of one who learns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select

from bot.messages import ConversationKey
from storage.database import Database
from storage.learning.personal import TABLES
from storage.schema import Base
from storage.store import SqlStore

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# Where conversations keep what is a person's; see tests/storage/test_members_contract.py.
HANGS_ON = {"quiz_questions", "comparisons"}  # what is a person's
OF_CONVERSATIONS = {"ratings", "reading_corrections", "members"}


def value(column: Any, who: tuple[str, str], number: int) -> Any:
    """Something that fits into a column."""
    if column.name in ("platform", "user_id"):
        return who[column.name == "user_id"]
    return {
        "TEXT": f"{column.name}{number}",
        "DATETIME": MOMENT,
        "BOOLEAN": False,
        "DOUBLE": 1.5,
    }.get(str(column.type), number)


async def fill(database: Database, who: tuple[str, str], number: int) -> None:
    """Put a row of somebody's into every table of learning."""
    async with database.write() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in TABLES | HANGS_ON:
                row = {
                    column.name: number
                    if column.foreign_keys or column.name == "id"
                    else value(column, who, number)
                    for column in table.columns
                }
                await connection.execute(insert(table).values(row))


async def counts(database: Database) -> dict[str, int]:
    """How many rows each table of learning has."""
    found = {}
    async with database.read() as connection:
        for name in sorted(TABLES):
            table: Table = Base.metadata.tables[name]
            found[name] = await connection.scalar(select(func.count()).select_from(table))
    return {name: count or 0 for name, count in found.items()}


def test_every_table_with_somebodys_id_is_covered() -> None:
    """One that is new is handed over and forgotten too, or is told of above."""
    theirs = {t.name for t in Base.metadata.sorted_tables if "user_id" in t.columns}
    hang = {
        t.name
        for t in Base.metadata.sorted_tables
        if any(key.column.table.name == "saved_words" for key in t.foreign_keys)
    }
    assert theirs | hang == TABLES | OF_CONVERSATIONS


async def test_a_person_is_handed_everything_and_forgotten_everywhere(
    store: SqlStore, either: Database
) -> None:
    """With a receipt; what is somebody else's, also of the same id elsewhere, stays."""
    for number, who in enumerate([("discord", "u1"), ("discord", "u2"), ("slack", "u1")], 1):
        await fill(either, who, number)
    before = await counts(either)
    assert set(before.values()) == {3}
    given = await store.learning_of("discord", "u1")
    assert given.keys() == TABLES
    assert all(len(rows) == 1 for rows in given.values())
    assert given["saved_words"][0]["word"] == "word1"
    assert given["cards"][0]["due"] == MOMENT.isoformat()
    assert "secret" not in given["web_sessions"][0]
    expected = dict.fromkeys(TABLES - {"quizzes"}, 1)
    assert await store.learning_counts("discord", "u1") == expected
    assert await store.forget_learning("discord", "u1") == expected
    assert await store.learning_of("discord", "u1") == {}
    assert await store.forget_learning("discord", "u1") == {}
    assert await counts(either) == {
        name: 3 if name == "quizzes" else 2 for name in before
    }  # a quiz is its group's
    assert (await store.learning_of("slack", "u1")).keys() == TABLES


async def test_what_took_place_in_a_persons_own_conversation_goes_whole(
    store: SqlStore,
) -> None:
    """As on the web page, where it bears their name; a group's stays."""
    own = ConversationKey("web", "@web", "discord:u1")
    other = ConversationKey("web", "@web", "discord:u2")
    for key in (own, other):
        await store.set_setting(key, "level", "n4")
        assert await store.begin_quiz(key, "g", "u1", "{}", [(1, "{}")], MOMENT)
        assert await store.claim_day(key, "word", MOMENT.date(), MOMENT)
        await store.add_comparison(key, {"top_k": 1}, {"top_k": 2})
    await store.forget_learning("web", "discord:u1")
    assert await store.settings(own) == {} and await store.last_quiz(own) is None
    assert not await store.was_given(own, "word", MOMENT.date())
    assert not await store.comparisons(own, 9) and await store.comparisons(other, 9)
    assert await store.settings(other) and await store.last_quiz(other) is not None
    assert await store.was_given(other, "word", MOMENT.date())


async def test_nothing_of_it_stays_in_a_file(
    store: SqlStore, either: Database, tmp_path: Any
) -> None:
    """Neither in the database's nor in its log."""
    if either.engine.dialect.name != "sqlite":
        pytest.skip("a server's files are its own")
    await store.set_member_setting("discord", "u1", "studies", "ひみつの勉強")
    await store.forget_learning("discord", "u1")
    for file in tmp_path.rglob("kaiwa.db*"):
        assert "ひみつの勉強".encode() not in file.read_bytes()
