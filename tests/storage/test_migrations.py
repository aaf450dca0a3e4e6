"""Migrations: from nothing to the models' schema, once, and never backwards."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.errors import BotError
from storage.database import Database
from storage.history import SqlHistory
from storage.schema import Base
from tests.fakes.incoming import incoming


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
            wanted = {
                # Constraints stand in another order, which means nothing.
                str(sorted(line.strip(" ,\t") for line in sql.splitlines()))
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


async def test_a_second_start_migrates_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored is there, and Alembic is not asked to do anything."""
    async with await Database.open(url) as database:
        stored = await SqlHistory(database).add_message(incoming("m1"))

    def fail(*_: object) -> None:
        raise AssertionError("a migration was run")

    monkeypatch.setattr(command, "upgrade", fail)
    async with await Database.open(url) as database:
        assert len(await SqlHistory(database).history(stored.conversation_id, limit=5)) == 1


async def test_several_starts_at_once_migrate_once(url: str) -> None:
    """One does it, the others wait, all work."""
    databases = await asyncio.gather(*(Database.open(url) for _ in range(6)))
    stored = [
        await SqlHistory(database).add_message(incoming(f"m{number}"))
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
        assert (await SqlHistory(database).add_message(incoming("m1"))).is_new


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
