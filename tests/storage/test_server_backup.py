"""Copies of a database on a server are files like any others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storage import moving, server_backup
from storage.database import Database
from storage.moving import NotMoved
from storage.server_backup import back_up_server, restore_server
from storage.sqlite_files import Stopped
from storage.store import SqlStore
from tests.fakes.incoming import incoming
from tests.storage.test_backup import names, texts
from tests.storage.test_moving import ROWS, TABLES, everything, fill, sorted_rows


async def test_a_copy_of_a_server_is_put_back_with_every_row(
    postgres_url: str, tmp_path: Path
) -> None:
    """Also while others write, and not into a database that is not empty."""
    await fill(postgres_url)
    before = sorted_rows(await everything(postgres_url))
    file = tmp_path / "copy.db"
    made = await back_up_server(postgres_url, file)
    assert made.rows.keys() == {table.name for table in TABLES}
    assert min(made.rows.values()) >= ROWS - 1
    with pytest.raises(FileExistsError):
        await back_up_server(postgres_url, file)
    with pytest.raises(NotMoved, match="not empty"):
        await restore_server(file, postgres_url)
    async with await Database.open(postgres_url) as database, database.write() as connection:
        for table in reversed(TABLES):
            await connection.execute(table.delete())
    assert (await restore_server(file, postgres_url)).rows == made.rows
    assert sorted_rows(await everything(postgres_url)) == before
    assert names(tmp_path) == ["copy.db"]


async def test_a_copy_of_a_server_is_of_one_moment_and_can_be_stopped(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed while it is made is not in it; nothing is left of one that was stopped."""
    file = tmp_path / "copies" / "copy.db"
    async with await Database.open(postgres_url) as database:
        store = SqlStore(database)
        await store.add_message(incoming("m1"))
        begun: list[Any] = []

        async def slowly(*given: Any, **options: Any) -> Any:
            begun.append(await given[0].scalar(text("SELECT count(*) FROM messages")))
            await store.add_message(incoming("m2"))
            return await moving.copied(*given, **options)

        monkeypatch.setattr(server_backup, "copied", slowly)
        made = await back_up_server(postgres_url, file)
        assert begun == [1] and made.rows["messages"] == 1 and texts(file) == ["m1"]
        with pytest.raises(Stopped):
            await back_up_server(postgres_url, file, replace=True, stopped=lambda: True)
        assert names(file.parent) == ["copy.db"] and texts(file) == ["m1"]
