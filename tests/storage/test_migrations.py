"""Migrations: from nothing to the models' schema, once, and never backwards."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.errors import BotError
from bot.messages import FinishReason
from storage.database import Database
from storage.schema import Base
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, SENT_AT, incoming

# As the first version left it: a question that was answered in part, one that was not, by two.
FIRST_VERSION = """
INSERT INTO conversations (id, platform, workspace, channel, thread, parent_id, branch_message_id,
    memory_from) VALUES (4, 'console', 'home', 'general', '', NULL, 0, 9);
INSERT INTO messages (id, conversation_id, role, author_id, author_name, text, platform_id,
    addressed, partial, created_at, edited_at) VALUES
    (9, 4, 'user', 'u3', '', '忘れて', 'm0', 1, 0, '2026-01-02 03:04:05.000000', NULL),
    (10, 4, 'user', 'u1', '田中', '質問', 'm1', 1, 0, '2026-01-02 03:04:05.000000', NULL),
    (11, 4, 'assistant', '', '', '答え', NULL, 0, 1, '2026-01-02 03:04:05.000000', NULL),
    (12, 4, 'user', 'u2', '鈴木', '続き', 'm2', 1, 0, '2026-01-02 03:04:05.000000', NULL);
INSERT INTO replies (id, conversation_id, trigger_message_id, message_id, status, platform_ids,
    started_at, ended_at) VALUES
    (20, 4, 10, 11, 'stopped', '[]', '2026-01-02 03:04:05.000000', '2026-01-02 03:04:05.000000'),
    (21, 4, 12, NULL, 'failed', '[]', '2026-01-02 03:04:05.000000', '2026-01-02 03:04:05.000000');
INSERT INTO channel_settings VALUES ('console', 'home', 'general', 'seed', '7');
"""


async def test_the_migrated_schema_is_that_of_the_models(database: Database) -> None:
    """Nothing that one has and the other lacks: tables, columns, types, indexes, keys."""

    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Base.metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrated_tables_are_created_as_the_models_say(
    database: Database, tmp_path: Path
) -> None:
    """Down to what the comparison above does not see: AUTOINCREMENT and ON DELETE."""

    def statements(file: Path) -> set[str]:
        with sqlite3.connect(file) as connection:
            rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            # Columns and constraints stand in another order after a migration, which means nothing.
            wanted = {
                str(sorted(part.strip(" \t\n()") for part in re.split(r",(?![^()]*\))", sql)))
                for name, sql in rows
                if "alembic" not in name
            }
        connection.close()
        return wanted

    models = tmp_path / "models.db"
    other = await Database.open(f"sqlite+aiosqlite:///{models}")
    async with other.write() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    await other.close()
    assert statements(tmp_path / "kaiwa.db") == statements(models)


async def of_the_first_version(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """Make a database as the first version did, with what a script puts into it."""
    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0001"))
        await (await Database.open(url)).close()
    with sqlite3.connect(file) as connection:
        connection.executescript(script)
    connection.close()


async def test_a_database_of_the_first_version_keeps_its_conversations(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said, answered and set is there, goes on, and belongs to who said it."""
    await of_the_first_version(url, tmp_path / "kaiwa.db", monkeypatch, FIRST_VERSION)
    async with await Database.open(url) as database:
        store = SqlStore(database)
        assert await store.find(CHANNEL) == 4
        history = await store.history(4, limit=9)
        assert [(m.id, m.text, m.partial, m.reply_to) for m in history] == [
            (10, "質問", False, None),
            (11, "答え", True, None),
            (12, "続き", False, None),
        ]
        assert history[0].created_at == SENT_AT
        assert await store.settings(CHANNEL) == {"seed": "7"}
        assert [m.text for _, m in await store.messages_of("console", "u1")] == ["質問", "答え"]
        (waiting,) = await store.unanswered("console")
        assert waiting.text == "続き"
        assert await store.start_reply(4, 10) is None
        reply = await store.start_reply(4, 12)
        assert reply is not None and reply.id == 21
        await store.record_sent(reply.id, ["p1"])
        assert await store.finish_reply(reply.id, "はい", FinishReason.END) == 13
        assert (await store.add_message(incoming("m1"))).message_id == 10  # known as before
        assert (await store.add_message(incoming("new"))).message_id > 13
        await store.correct("console", "home", "一日", "ついたち", "u1")
        assert "一日" in await store.corrections("console", "home")


async def test_ids_are_not_used_again_after_a_migration(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the newest rows were deleted before it: positions that are kept stay right."""
    emptied = f"{FIRST_VERSION} DELETE FROM replies; DELETE FROM messages;"
    await of_the_first_version(url, tmp_path / "kaiwa.db", monkeypatch, emptied)
    async with await Database.open(url) as database:
        store = SqlStore(database)
        stored = await store.add_message(incoming("m1"))
        reply = await store.start_reply(stored.conversation_id, stored.message_id)
        assert reply is not None
        assert (stored.message_id, reply.id) == (13, 22)


async def test_a_second_start_migrates_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored is there, and Alembic is not asked to do anything."""
    async with await Database.open(url) as database:
        stored = await SqlStore(database).add_message(incoming("m1"))

    def fail(*_: object) -> None:
        raise AssertionError("a migration was run")

    monkeypatch.setattr(command, "upgrade", fail)
    async with await Database.open(url) as database:
        assert len(await SqlStore(database).history(stored.conversation_id, limit=5)) == 1


async def test_several_starts_at_once_migrate_once(url: str) -> None:
    """One does it, the others wait, all work."""
    databases = await asyncio.gather(*(Database.open(url) for _ in range(6)))
    stored = [
        await SqlStore(database).add_message(incoming(f"m{number}"))
        for number, database in enumerate(databases)
    ]
    assert len({entry.conversation_id for entry in stored}) == 1
    assert [entry.is_new for entry in stored] == [True] * 6
    for database in databases:
        await database.close()


async def test_a_failed_migration_leaves_nothing_behind(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It happens as a whole or not at all, so the next start can try again."""
    upgrade = command.upgrade

    def interrupted(*arguments: Any) -> None:
        upgrade(*arguments)
        raise RuntimeError("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            await Database.open(url)
    connection = sqlite3.connect(tmp_path / "kaiwa.db")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    async with await Database.open(url) as database:
        assert (await SqlStore(database).add_message(incoming("m1"))).is_new


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    url: str, tmp_path: Path
) -> None:
    """The text says to upgrade."""
    async with await Database.open(url):
        pass
    with sqlite3.connect(tmp_path / "kaiwa.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(BotError, match="newer version"):
        await Database.open(url)
    with sqlite3.connect(tmp_path / "kaiwa.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    connection.close()


async def test_another_programs_database_is_refused_and_left_alone(
    url: str, tmp_path: Path
) -> None:
    """Tables of the same names that no migration of ours made are somebody else's."""
    with sqlite3.connect(tmp_path / "kaiwa.db") as connection:
        connection.execute("CREATE TABLE messages (body TEXT)")
    connection.close()
    with pytest.raises(BotError, match="another program"):
        await Database.open(url)
