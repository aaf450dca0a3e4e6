"""A migration that fails halfway changes nothing: the version before goes on working."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command, op
from sqlalchemy import Engine, event, text

from bot.errors import BotError
from storage.database import Database
from storage.errors import MigrationFailed
from storage.versions import newest
from tests.storage.test_migrations_keep_rows import counted, fill, migrated_to

OLD = "0003"


@contextmanager
def room_for(pages: int) -> Iterator[None]:
    """Databases that are opened have no room to grow beyond that."""

    def limit(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        cursor.close()

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def whole(file: Path) -> list[str]:
    """All that is in a database, as SQL."""
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


async def test_a_disk_that_fills_up_halfway_leaves_the_version_before(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever that happens; the error says so, and with room it is migrated."""
    file = tmp_path / "kaiwa.db"
    await migrated_to(url, OLD, monkeypatch)
    fill(file)
    before, rows = whole(file), counted(file)
    with closing(sqlite3.connect(file)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    for more in (1, 4, 9, 25):
        with room_for(pages + more), pytest.raises(MigrationFailed) as raised:
            await Database.open(url)
        assert "Nothing was changed" in raised.value.english
        assert "Free some space" in raised.value.english and "空き容量" in raised.value.japanese
        assert whole(file) == before
    await migrated_to(url, OLD, monkeypatch)  # as the version before opens it
    assert whole(file) == before
    await (await Database.open(url)).close()
    after = counted(file)
    assert {name: after[name] for name in rows} == rows


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_mistake_in_a_migration_leaves_the_version_before(
    url: str, monkeypatch: pytest.MonkeyPatch, kind: str, request: pytest.FixtureRequest
) -> None:
    """Everything up to it is rolled back, on PostgreSQL too; what went wrong is told."""
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    upgrade, create = command.upgrade, op.create_index
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, OLD))
    await (await Database.open(url)).close()
    monkeypatch.setattr(command, "upgrade", upgrade)
    made: list[Any] = []

    def mistaken(*given: Any, **options: Any) -> None:
        made.append(given)
        create(*given, **options)
        if len(made) == 4:
            op.execute("SELECT 1 FROM nowhere")

    with monkeypatch.context() as patch:
        patch.setattr(op, "create_index", mistaken)
        with pytest.raises(BotError, match=r"Nothing was changed.*nowhere"):
            await Database.open(url)
    assert len(made) == 4
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, OLD))
    async with await Database.open(url) as database, database.read() as connection:
        version = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        assert version == OLD
        await connection.execute(text("SELECT count(*) FROM messages"))
    monkeypatch.setattr(command, "upgrade", upgrade)
    async with await Database.open(url) as database, database.read() as connection:
        version = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    assert version == newest()
