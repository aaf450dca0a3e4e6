"""Everything that is stored, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert

from storage import exporting
from storage.database import Database
from storage.exporting import all_rows, of_conversation, rows_of_conversation
from storage.schema import Base, ChannelSettingRow, InstallationRow
from storage.statements import now
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, incoming


def test_every_table_that_knows_a_conversation_is_exported_with_it() -> None:
    """By what its columns refer to, or by its place."""
    exported = {table.name for table in of_conversation(1, CHANNEL)}
    refers = {"conversations", "messages", "replies", "quizzes", "comparisons"}
    for table in Base.metadata.sorted_tables:
        parents = {key.column.table.name for key in table.foreign_keys}
        placed = {"workspace", "channel"} <= set(table.columns.keys())
        if placed or parents & refers:
            assert table.name in exported, table.name


async def test_rows_come_whole_whatever_the_size_of_a_page(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also along keys of several columns; each once."""
    store = SqlStore(database)
    for number in range(7):
        await store.add_message(incoming(f"m{number}"))
    for channel in "abc":
        for key in ("mode", "persona", "level"):
            await store.set_setting(replace(CHANNEL, channel=channel), key, "x")
    whole = [row async for row in all_rows(database)]
    assert len([row for row in whole if row["table"] == "channel_settings"]) == 9
    for size in (1, 2, 7):
        monkeypatch.setattr(exporting, "_PAGE", size)
        assert [row async for row in all_rows(database)] == whole


async def test_what_lets_somebody_in_stays(database: Database) -> None:
    """Tokens are no text of anybody's."""
    async with database.write() as connection:
        await connection.execute(
            insert(InstallationRow).values(
                platform="slack", workspace="T1", secret="s3cret", installed_at=now()
            )
        )
    (row,) = [row async for row in all_rows(database) if row["table"] == "installations"]
    assert row["workspace"] == "T1" and "s3cret" not in str(row)


async def test_a_channels_settings_are_its_own_and_not_its_threads(database: Database) -> None:
    """A thread shares them; a channel's export has them."""
    store = SqlStore(database)
    thread = replace(CHANNEL, thread="t")
    await store.set_setting(CHANNEL, "mode", "always")
    for key, has in ((CHANNEL, True), (thread, False)):
        stored = await store.add_message(incoming(f"m{key.thread}", conversation=key))
        found = rows_of_conversation(database, stored.conversation_id, key)
        tables = [row["table"] async for row in found]
        assert (ChannelSettingRow.__tablename__ in tables) is has
