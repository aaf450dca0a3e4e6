"""What every InstallationStore must do, and that the database tells nobody what it keeps."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.errors import BotError, WrongKey
from storage.database import Database
from storage.installations import SqlInstallations, new_key
from storage.schema import InstallationRow

KEY, OLD_KEY = (urlsafe_b64encode(bytes([number] * 32)).decode() for number in (1, 2))
TOKEN = "xoxb-123-secret"


def everything_in(folder: Path) -> bytes:
    """What the files of a folder hold."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_a_secret_is_kept_until_it_is_removed(either: Database) -> None:
    """The newest of each workspace, and whatever text it is."""
    store = SqlInstallations(either, KEY)
    assert await store.installation("slack", "T1") is None
    await store.save_installation("slack", "T1", "first")
    await store.save_installation("slack", "T1", TOKEN)
    await store.save_installation("slack", "T2", "秘密\x00🔑")
    assert await store.installation("slack", "T1") == TOKEN
    assert await store.installation("slack", "T2") == "秘密\x00🔑"
    assert await store.remove_installation("slack", "T1")
    assert not await store.remove_installation("slack", "T1")
    assert await store.installation("slack", "T1") is None
    assert await store.installation("slack", "T2") is not None


async def test_the_workspaces_of_one_platform_are_told(either: Database) -> None:
    """Another platform's may have the same names, and are others."""
    store = SqlInstallations(either, KEY)
    assert await store.installations("slack") == []
    for platform, workspace in (("slack", "T2"), ("slack", "T1"), ("teams", "T1")):
        await store.save_installation(platform, workspace, f"{platform} {workspace}")
    assert await store.installations("slack") == ["T2", "T1"]
    assert await store.remove_installation("teams", "T1")
    assert await store.installation("slack", "T1") == "slack T1"


async def test_the_database_holds_no_secret(database: Database, tmp_path: Path) -> None:
    """Not in the file, and not beside it; and one secret is never written alike twice."""
    store = SqlInstallations(database, KEY)
    for workspace in ("T1", "T2"):
        await store.save_installation("slack", workspace, TOKEN)
    async with database.read() as connection:
        one, two = (await connection.scalars(select(InstallationRow.secret))).all()
    assert one != two
    written = everything_in(tmp_path)
    assert b"T1" in written and one.encode() in written
    assert TOKEN.encode() not in written and KEY.encode() not in written


async def test_a_key_is_changed_without_losing_a_secret(either: Database) -> None:
    """The new one before the old; once all are encrypted with it, the old one may go."""
    await SqlInstallations(either, OLD_KEY).save_installation("slack", "T1", TOKEN)
    both = SqlInstallations(either, f"{KEY}, {OLD_KEY}")
    assert await both.installation("slack", "T1") == TOKEN
    await both.save_installation("slack", "T2", TOKEN)
    only_new = SqlInstallations(either, KEY)
    assert await only_new.installation("slack", "T2") == TOKEN
    with pytest.raises(WrongKey, match="T1"):
        await only_new.installation("slack", "T1")
    assert await only_new.reencrypt() == 0  # it is told of in the log, and left as it is
    assert await both.reencrypt() == 1
    assert await both.reencrypt() == 0
    assert await only_new.installation("slack", "T1") == TOKEN


async def test_a_secret_that_was_tampered_with_is_not_given_out(either: Database) -> None:
    """Nor its text in the error."""
    store = SqlInstallations(either, KEY)
    await store.save_installation("slack", "T1", TOKEN)
    async with either.write() as connection:
        await connection.execute(update(InstallationRow).values(secret=TOKEN))
    with pytest.raises(WrongKey) as raised:
        await store.installation("slack", "T1")
    assert TOKEN not in raised.value.both() and "T1" in raised.value.japanese


@pytest.mark.parametrize("key", ["", "secret", f"{KEY},", f"{KEY},短い", KEY[:-2], KEY + KEY])
async def test_what_is_no_key_is_refused_with_the_way_to_make_one(
    database: Database, key: str
) -> None:
    """Both texts name the command; neither repeats what was given."""
    with pytest.raises(BotError, match="Fernet key") as raised:
        SqlInstallations(database, key)
    for text in (raised.value.english, raised.value.japanese):
        assert "kaiwa slack key" in text and KEY[:8] not in text


async def test_a_new_key_is_one_that_is_taken(database: Database) -> None:
    """What `kaiwa slack key` prints."""
    installations = SqlInstallations(database, new_key())
    await installations.save_installation("slack", "T1", TOKEN)
    assert await installations.installation("slack", "T1") == TOKEN
