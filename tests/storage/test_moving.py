"""Moving from one database to another: everything arrives as it was, or nothing does."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Float, insert, select, text
from typer.testing import CliRunner

from bot.cli import app
from bot.errors import BotError
from storage import moving
from storage.alone import AlreadyServed, alone
from storage.database import Database
from storage.moving import NotMoved, move
from storage.processes import Process
from storage.schema import Base, CleanText, UtcDateTime
from storage.store import SqlStore
from storage.tables import every_table
from storage.urls import parsed
from tests.empty_database import put_empty_database
from tests.fakes.incoming import CHANNEL, incoming
from tests.postgres import execute

TABLES = Base.metadata.sorted_tables
ROWS = 4
FAR = 2**40  # ids of more than 32 bits
TEXTS = [
    "",
    "改行\nと\tタブ、'引用' \"quotes\" %s {x} \\n \x1b[1m",
    "👩🏽‍🚀🇯🇵 é が ﾊﾝｶｸ \u202eright to left\u202c \ufeff\ud83d\x00",
    "𠮷野家" + "長い文。" * 3_000,
]
Values = dict[str, list[tuple[Any, ...]]]


def value(column: Column[Any], number: int) -> Any:
    """What a row of that number has: each refers to the row of its own number."""
    kind = column.type
    if column.nullable and number == 2:
        return None
    if column.foreign_keys or (column.primary_key and isinstance(kind, BigInteger)):
        return FAR + number
    if isinstance(kind, CleanText):
        keyed = column.primary_key or any(
            column.name in part.columns for part in (*column.table.indexes, *unique(column))
        )
        odd = TEXTS[number % len(TEXTS)]
        return f"{column.name} {number} {odd[:40] if keyed else odd}"
    if isinstance(kind, Boolean):
        return number % 2 == 0
    if isinstance(kind, UtcDateTime):
        zone = timezone(timedelta(hours=9 - number, minutes=30))
        return datetime(2026, 2, 28, 23, 59, 59, number, tzinfo=zone)
    return number / 10 if isinstance(kind, Float) else number


def unique(column: Column[Any]) -> list[Any]:
    """The table's constraints that have columns."""
    return [part for part in column.table.constraints if hasattr(part, "columns")]


async def fill(url: str) -> None:
    """Put rows into every table; the newest message is deleted, and its id not used again."""
    async with await Database.open(url) as database, database.write() as connection:
        for table in TABLES:
            rows = [
                {column.name: value(column, number) for column in table.columns}
                for number in range(1, ROWS + 1)
            ]
            await connection.execute(insert(table), rows)
        message = {column.name: value(column, 9) for column in Base.metadata.tables["messages"].c}
        conversation = {"conversation_id": FAR + 1, "also_in_id": None}
        await connection.execute(insert(Base.metadata.tables["messages"]), message | conversation)
        if connection.dialect.name == "postgresql":  # as if the database had given the ids
            for table in TABLES:
                if table.autoincrement_column is not None:
                    sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
                    await connection.execute(text(f"SELECT setval({sequence}, {FAR + 9})"))
        await connection.execute(text(f"DELETE FROM messages WHERE id = {FAR + 9}"))


async def everything(url: str) -> Values:
    """Every row of every table, as the stores see it."""
    async with await Database.open(url) as database, database.read() as connection:
        return {
            table.name: [
                tuple(row) for row in await connection.execute(select(table).order_by(*table.c))
            ]
            for table in TABLES
        }


async def is_empty(url: str) -> bool:
    """Whether no table has a row."""
    return not any((await everything(url)).values())


def sorted_rows(values: Values) -> Values:
    """In an order that is not the database's."""
    return {name: sorted(rows, key=repr) for name, rows in values.items()}


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], str]:
    """Makes the URL of an empty SQLite database of that name."""

    def make(name: str) -> str:
        put_empty_database(tmp_path / f"{name}.db")
        return f"sqlite+aiosqlite:///{tmp_path}/{name}.db"

    return make


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than a table has, and more than one row."""
    monkeypatch.setattr(moving, "_PAGE", 3)


@pytest.mark.usefixtures("small_pages")
async def test_every_row_of_every_table_arrives_there_and_back(
    file: Callable[[str], str], postgres_url: str
) -> None:
    """Texts, moments, booleans, large ids; the databases' own numbers go on behind the highest
    that was ever given. A table that is added to the schema is tried here without a line more."""
    first, last = file("first"), file("last")
    await fill(first)
    before = await everything(first)
    assert {name: len(rows) for name, rows in before.items()} == dict.fromkeys(before, ROWS)
    there = await move(first, postgres_url)
    assert {each.table: each.rows for each in there} == dict.fromkeys(before, ROWS)
    assert sorted_rows(await everything(postgres_url)) == sorted_rows(before)
    assert await move(postgres_url, last) == there  # checksums, too
    assert await everything(last) == before == await everything(first)
    for url in (postgres_url, last):
        async with await Database.open(url) as database:
            stored = await SqlStore(database).add_message(incoming("m1"))
            assert (stored.message_id, stored.conversation_id) == (FAR + 10, FAR + ROWS + 1)


async def test_what_was_filled_on_a_server_arrives_in_a_file(
    file: Callable[[str], str], postgres_url: str
) -> None:
    """And ids that a server gave are not given again."""
    await fill(postgres_url)
    before = sorted_rows(await everything(postgres_url))
    target = file("target")
    await move(postgres_url, target)
    assert sorted_rows(await everything(target)) == before
    async with await Database.open(target) as database:
        stored = await SqlStore(database).add_message(incoming("m1"))
        assert (stored.message_id, stored.conversation_id) == (FAR + 10, FAR + 10)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_move_that_is_broken_off_leaves_the_other_database_empty(
    file: Callable[[str], str], kind: str, request: pytest.FixtureRequest
) -> None:
    """Whenever that is, and the next one works."""
    source = file("source")
    target = file("target") if kind == "sqlite" else request.getfixturevalue("postgres_url")
    await fill(source)
    seen: list[Any] = []

    def cut_off(table: Any) -> None:
        seen.append(table)
        if len(seen) == len(TABLES):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move(source, target, cut_off)
    assert await is_empty(target)
    assert {table.rows for table in await move(source, target)} == {ROWS}


async def test_what_does_not_arrive_as_it_was_is_not_moved(
    file: Callable[[str], str], postgres_url: str
) -> None:
    """Though the number of rows is right: here the other database changes a letter."""
    source = file("source")
    await fill(source)
    await (await Database.open(postgres_url)).close()
    change = "BEGIN NEW.reading := NEW.reading || 'x'; RETURN NEW; END"
    execute(
        postgres_url,
        f"CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ {change} $$",
        "CREATE TRIGGER change BEFORE INSERT ON saved_words FOR EACH ROW EXECUTE FUNCTION change()",
    )
    with pytest.raises(NotMoved, match="saved_words did not arrive"):
        await move(source, postgres_url)
    assert await is_empty(postgres_url)


async def test_a_database_that_is_not_empty_is_left_alone(
    file: Callable[[str], str], postgres_url: str
) -> None:
    """It is told which tables have rows; so also where it is the database itself."""
    source, target = file("source"), file("target")
    await fill(source)
    for url in (postgres_url, target):
        async with await Database.open(url) as database:
            await SqlStore(database).set_setting(CHANNEL, "seed", "7")
        before = await everything(url)
        with pytest.raises(NotMoved, match=r"not empty \(channel_settings\)"):
            await move(source, url)
        assert await everything(url) == before
    for url in (source, postgres_url):
        with pytest.raises(NotMoved, match="itself"):
            await move(url, url)


async def test_nothing_is_moved_while_a_bot_runs(
    file: Callable[[str], str], postgres_url: str
) -> None:
    """On a file or on a server: what it takes in would be left behind."""
    source, target = file("source"), file("target")
    await fill(source)
    for held in (source, target):
        with alone(held), pytest.raises(AlreadyServed):
            await move(source, target)
    async with await Database.open(postgres_url) as database:
        process = await Process.join(database)
        with pytest.raises(NotMoved, match="bot is running"):
            await move(postgres_url, target)
        await process.leave()
    assert await is_empty(target)
    await move(postgres_url, target)


async def test_nothing_is_made_of_a_database_that_is_not_there(tmp_path: Path) -> None:
    """A mistyped name must not look like an empty database that was moved."""
    urls = [f"sqlite+aiosqlite:///{tmp_path}/{name}.db" for name in ("nowhere", "target")]
    with pytest.raises(NotMoved, match=r"nowhere\.db"):
        await move(urls[0], urls[1])
    with pytest.raises(BotError, match="cannot be used"):
        await move(urls[0], "nonsense")
    assert os.listdir(tmp_path) == []


def test_the_command_says_what_arrived_and_what_to_do_next(
    file: Callable[[str], str], postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results on standard output, the rest beside it, and no password anywhere."""
    source = file("source")
    asyncio.run(fill(source))
    monkeypatch.setenv("KAIWA_STORAGE__URL", source)
    named = parsed(postgres_url).set(password="s3cret")
    url = named.render_as_string(hide_password=False)
    done = CliRunner().invoke(app, ["move", url])
    assert done.exit_code == 0, done.output
    assert f"✓ messages: {ROWS}, " in done.stdout
    assert f"{ROWS * len(TABLES)} rows of {len(TABLES)} tables" in done.stdout
    assert "[storage] url" in done.stderr and "***" in done.stderr
    assert "s3cret" not in done.output
    again = CliRunner().invoke(app, ["move"], env={"KAIWA_MOVE_URL": url})
    assert isinstance(again.exception, NotMoved) and "s3cret" not in again.exception.both()


def test_the_command_knows_every_table_by_itself() -> None:
    """Also where nobody else imported those of learning, as in a process of its own."""
    listed = "import storage.moving as m; print(*sorted(t.name for t in m._TABLES))"
    done = subprocess.run(
        [sys.executable, "-c", listed], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == sorted(table.name for table in every_table())
    assert {"saved_words", "cards", "member_settings"} <= set(done.stdout.split())
