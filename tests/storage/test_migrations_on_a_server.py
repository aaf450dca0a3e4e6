"""Migrations on PostgreSQL: the models' schema from nothing, and no row lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Boolean, Connection, DateTime, MetaData, Table, func, insert, select, text

from storage.database import Database
from storage.schema import Base
from storage.store import SqlStore
from tests.fakes.incoming import incoming
from tests.postgres import execute
from tests.storage.test_migrations_keep_rows import ROWS, VERSIONS, migrated_to, value

# What the comparison of Alembic's does not see, in the database's own words.
CATALOG = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
)


def described(url: str) -> set[Any]:
    """Columns, constraints and indexes of every table."""
    return {row for rows in execute(url, *CATALOG) for row in rows if "alembic" not in row[0]}


async def test_the_migrated_schema_is_that_of_the_models(
    postgres_url: str, new_postgres: Callable[[], str]
) -> None:
    """Nothing that one has and the other lacks, down to conditions and what is deleted along."""

    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Base.metadata))

    async with await Database.open(postgres_url) as database, database.read() as connection:
        assert await connection.run_sync(differences) == []
    models = new_postgres()
    async with await Database.open(models) as database, database.write() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    assert described(postgres_url) == described(models) != set()


async def test_a_database_that_was_filled_at_each_version_keeps_its_rows(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table gets rows as soon as it is there, and has them after every later migration."""
    filled: set[str] = set()

    def fill(connection: Connection) -> dict[str, int]:
        metadata = MetaData()
        metadata.reflect(connection)
        tables = [table for table in metadata.sorted_tables if table.name != "alembic_version"]
        for table in tables:
            if table.name not in filled:
                connection.execute(insert(table), rows_of(table))
                filled.add(table.name)
        count = {t.name: connection.scalar(select(func.count()).select_from(t)) for t in tables}
        return {name: number or 0 for name, number in count.items()}

    for version in VERSIONS:
        await migrated_to(postgres_url, version, monkeypatch)
        async with Database.unmigrated(postgres_url) as database, database.write() as connection:
            counted = await connection.run_sync(fill)
        assert counted == dict.fromkeys(filled, ROWS), version
    assert filled == set(Base.metadata.tables)
    await (await Database.open(postgres_url)).close()


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Rows of a table, as it is in some version."""
    return [
        {column.name: typed(table, column, number) for column in table.columns}
        for number in range(1, ROWS + 1)
    ]


def typed(table: Table, column: Any, number: int) -> Any:
    """As for SQLite, but of the column's own type."""
    if isinstance(column.type, DateTime):
        return datetime(2026, 1, number, 3, 4, 5, tzinfo=UTC)
    given = value(table, column, number)
    return bool(given) if isinstance(column.type, Boolean) else given


async def test_several_starts_at_once_migrate_once(postgres_url: str) -> None:
    """One does it, the others wait, all work."""
    databases = await asyncio.gather(*(Database.open(postgres_url) for _ in range(4)))
    for number, database in enumerate(databases):
        assert (await SqlStore(database).add_message(incoming(f"m{number}"))).is_new
        await database.close()
    async with Database.unmigrated(postgres_url) as database, database.read() as connection:
        versions = await connection.scalars(text("SELECT version_num FROM alembic_version"))
        assert versions.all() == VERSIONS[-1:]
