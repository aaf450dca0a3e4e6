from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import BotError
from storage.backup import back_up
from storage.database import Database
from storage.restoring import InUse, restore
from storage.sqlite_files import Stopped
from storage.store import SqlStore
from storage.versions import newest, versions
from tests.empty_database import put_empty_database
from tests.fakes.incoming import CHANNEL, incoming

AT = datetime(2026, 11, 28, 4, 5, 6)
ASIDE = "kaiwa-replaced-2026-11-28-040506.db"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database stands."""
    return tmp_path / "kaiwa.db"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Where a copy is to stand, in a folder that is not there."""
    return tmp_path / "copies" / "copy.db"


@pytest.fixture
def umask() -> Iterator[None]:
    """The umask of an account that hides nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(each.name for each in folder.iterdir())


def size(file: Path) -> int:
    """A file's length in bytes."""
    return file.stat().st_size


def mode(file: Path) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(file.stat().st_mode)


def texts(file: Path) -> list[str]:
    """What a database's messages say."""
    with closing(sqlite3.connect(file)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM messages ORDER BY id")]


async def say(database: Database, *said: str) -> None:
    """Store messages."""
    for text in said:
        await SqlStore(database).add_message(incoming(text, text))


def secrets(file: Path) -> list[int]:
    """The numbers of the secrets that stand anywhere in a file."""
    return sorted(map(int, re.findall("ひみつ([0-9]+)。".encode(), file.read_bytes())))


def stored(file: Path, *said: str) -> None:
    """The same, in a database that is opened for it, and made where it is not there."""

    async def store() -> None:
        async with await Database.open(f"sqlite+aiosqlite:///{file}") as database:
            await say(database, *said)

    if not file.exists():
        put_empty_database(file)
    asyncio.run(store())


async def test_a_copy_has_every_row_of_one_moment(
    database: Database, file: Path, copied: Path
) -> None:
    """Also of what is in the log only, while the bot has the database open."""
    await say(database, "はい", "いいえ")
    made = await asyncio.to_thread(back_up, file, copied)
    assert (made.version, made.rows["messages"], made.rows["conversations"]) == (newest(), 2, 1)
    assert texts(copied) == ["はい", "いいえ"]
    assert (names(copied.parent), made.bytes) == (["copy.db"], size(copied))


async def test_a_copy_is_whole_while_many_write(
    database: Database, file: Path, copied: Path
) -> None:
    """What is committed while it is made is in it or not: its rows are those of one moment."""
    over = False

    async def keep_writing() -> None:
        number = 0
        while not over:
            number += 1
            await say(database, f"m{number}")

    writing = asyncio.create_task(keep_writing())
    try:
        for number in range(5):
            made = await asyncio.to_thread(back_up, file, copied, replace=bool(number))
            assert texts(copied) == [f"m{n}" for n in range(1, made.rows["messages"] + 1)]
    finally:
        over = True
        await writing
    assert made.rows["messages"] > 0


async def test_a_copy_has_no_rest_of_what_was_deleted(
    database: Database, file: Path, copied: Path
) -> None:
    """Neither where the row was, nor where SQLite had moved it."""
    for n in range(200):
        await SqlStore(database).add_message(incoming(f"m{n}", f"ひみつ{n}。"))
    for n in range(0, 200, 3):
        await SqlStore(database).delete_message(CHANNEL, f"m{n}")
    await asyncio.to_thread(back_up, file, copied)
    assert secrets(copied) == [n for n in range(200) if n % 3]


def test_a_copy_does_not_overwrite_unless_told(file: Path, copied: Path) -> None:
    """What is there stays."""
    stored(file, "はい")
    copied.parent.mkdir()
    copied.write_text("precious")
    with pytest.raises(FileExistsError):
        back_up(file, copied)
    assert copied.read_text() == "precious"
    back_up(file, copied, replace=True)
    assert texts(copied) == ["はい"]


async def test_files_are_for_nobody_else_whatever_the_umask(
    url: str, file: Path, copied: Path, umask: None
) -> None:
    """The database, what SQLite has beside it, copies, what is kept, and new folders."""
    async with await Database.open(url) as database:
        await say(database, "はい")
        await asyncio.to_thread(back_up, file, copied)
        assert {name: mode(file.with_name(name)) for name in names(file.parent)} == {
            "copies": 0o700,
            "kaiwa.db": 0o600,
            "kaiwa.db-shm": 0o600,
            "kaiwa.db-wal": 0o600,
        }
    restore(copied, file, AT)
    assert {mode(each) for each in (file, copied, file.with_name(ASIDE))} == {0o600}


def test_a_disk_without_room_is_told_with_figures(
    file: Path, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is written."""
    stored(file, "はい")
    full = shutil.disk_usage(file)._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(BotError, match="no room for a copy: it takes 1 MB"):
        back_up(file, copied)
    assert list(copied.parent.iterdir()) == []


def test_a_copy_that_cannot_be_written_leaves_nothing(file: Path) -> None:
    """A file stands where the folder would be."""
    stored(file, "はい")
    place = file.with_name("occupied")
    place.write_text("x")
    with pytest.raises(BotError, match="no copy can be written there"):
        back_up(file, place / "copy.db")


def test_a_copy_that_is_stopped_leaves_nothing(file: Path, copied: Path) -> None:
    """Whenever that is: at each of the moments at which it looks whether to stop."""
    stored(file, "はい")
    for looks in range(10):
        left = [False] * looks
        try:
            back_up(file, copied, stopped=lambda: not left or left.pop())  # noqa: B023
        except Stopped:
            assert names(copied.parent) == []
        else:
            assert looks and texts(copied) == ["はい"]
            break
    else:
        raise AssertionError("it was stopped ten times")


@pytest.mark.parametrize("damage", ["text", "page"])
def test_a_damaged_database_is_not_copied(damage: str, file: Path, copied: Path) -> None:
    """No copy is better than one that only looks whole."""
    stored(file, *(f"m{n}" for n in range(200)))
    if damage == "text":
        file.write_bytes(b"not a database " * 1_000)
    else:
        content = bytearray(file.read_bytes())
        content[20_480:24_576] = b"\xff" * 4_096
        file.write_bytes(content)
    with pytest.raises(BotError, match="damaged"):
        back_up(file, copied)
    assert list(copied.parent.iterdir()) == []


def test_a_copy_is_put_back_and_what_was_there_is_kept(file: Path, copied: Path) -> None:
    """And the next start goes on with it."""
    stored(file, "一", "二")
    back_up(file, copied)
    stored(file, "三")
    restored = restore(copied, file, AT)
    assert restored.contents.rows["messages"] == 2 and not restored.contents.old
    assert restored.kept == file.with_name(ASIDE)
    assert texts(file) == ["一", "二"] and texts(restored.kept) == ["一", "二", "三"]
    stored(file, "四")
    assert texts(file) == ["一", "二", "四"]
    again = restore(restored.kept, file, AT)
    assert again.kept == file.with_name("kaiwa-replaced-2026-11-28-040506-2.db")
    assert texts(file) == ["一", "二", "三"] and texts(again.kept) == ["一", "二", "四"]


def test_a_copy_is_put_where_nothing_was(file: Path, copied: Path) -> None:
    """On another machine."""
    stored(file, "一")
    back_up(file, copied)
    elsewhere = file.parent / "new" / "machine" / "kaiwa.db"
    assert restore(copied, elsewhere, AT).kept is None
    assert texts(elsewhere) == ["一"]


async def test_nothing_is_put_in_the_place_of_a_database_in_use(
    database: Database, file: Path, copied: Path
) -> None:
    """Not even where nobody reads or writes it just then."""
    await say(database, "一")
    back_up(file, copied)
    with pytest.raises(InUse):
        restore(copied, file, AT)
    await say(database, "二")
    assert texts(file) == ["一", "二"] and not file.with_name(ASIDE).exists()


def test_a_damaged_database_is_kept_too(file: Path, copied: Path) -> None:
    """Somebody may save something from it."""
    stored(file, "一")
    back_up(file, copied)
    file.write_bytes(b"not a database " * 1_000)
    restored = restore(copied, file, AT)
    assert restored.kept is not None and restored.kept.read_bytes().startswith(b"not a database")
    assert texts(file) == ["一"]


async def test_a_log_without_its_database_is_not_taken_for_the_copys(
    database: Database, file: Path, copied: Path
) -> None:
    """It is left where restoring was broken off, or somebody moved the database alone."""
    await asyncio.to_thread(back_up, file, copied)
    await say(database, "一")
    log = file.with_name("kaiwa.db-wal")
    elsewhere = copied.with_name("new.db")
    shutil.copy(log, f"{elsewhere}-wal")
    assert restore(copied, elsewhere, AT).kept is None
    assert texts(elsewhere) == []
    assert size(copied.with_name("new-replaced-2026-11-28-040506.db-wal")) == size(log)


def test_an_older_copy_is_said_to_be_one_and_migrated_at_the_next_start(
    file: Path, copied: Path
) -> None:
    """Copies are made before an upgrade."""
    stored(file, "一")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE web_sessions")
        connection.execute("UPDATE alembic_version SET version_num = ?", (versions()[0],))
        connection.commit()
    back_up(file, copied)
    assert restore(copied, file, AT).contents.old


@pytest.mark.parametrize("kind", ["missing", "nothing", "another's", "newer", "broken off"])
def test_what_is_no_copy_of_kaiwas_is_refused_and_nothing_touched(
    kind: str, file: Path, copied: Path
) -> None:
    """It is looked at first."""
    stored(file, "一")
    back_up(file, copied)
    if kind == "missing":
        copied.unlink()
    elif kind == "nothing":
        copied.write_bytes(b"")
    elif kind == "broken off":
        copied.write_bytes(copied.read_bytes()[:50_000])
    else:
        with closing(sqlite3.connect(copied)) as connection:
            change = "DROP TABLE alembic_version"
            if kind == "newer":
                change = "UPDATE alembic_version SET version_num = '9999'"
            connection.execute(change)
            connection.commit()
    with pytest.raises(BotError) as raised:
        restore(copied, file, AT)
    assert str(copied) in raised.value.english and str(copied) in raised.value.japanese
    assert texts(file) == ["一"]
    assert {each.name for each in file.parent.iterdir()} <= {"kaiwa.db", "copies"}


@pytest.mark.parametrize("name", ["kaiwa.db", "kaiwa.db-wal", "link.db"])
async def test_a_database_is_no_place_for_its_own_copy(file: Path, name: str) -> None:
    """Also where it may replace what is there, and under another name."""
    put_empty_database(file)
    (file.parent / "link.db").symlink_to(file)
    async with await Database.open(f"sqlite+aiosqlite:///{file}") as database:
        store = SqlStore(database)
        await store.add_message(incoming("m1"))
        with pytest.raises(BotError, match="That is the database itself"):
            back_up(file, file.parent / name, replace=True)
        await store.add_message(incoming("m2"))
        assert len(await store.history(1, limit=9)) == 2
