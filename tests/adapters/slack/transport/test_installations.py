"""Bolt's store of installations, over the database: whose token is found, kept and forgotten."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.error import BoltError
from slack_sdk.oauth.installation_store import Installation

from adapters.slack.transport.installations import Installations
from storage.database import Database
from storage.installations import SqlInstallations

KEY = urlsafe_b64encode(bytes(range(32))).decode()


@pytest.fixture
async def secrets(tmp_path: Path) -> AsyncIterator[SqlInstallations]:
    """Where tokens are kept, in a file of its own."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        yield SqlInstallations(database, KEY)


async def test_a_persons_revoked_token_takes_nothing_of_the_bots(
    secrets: SqlInstallations,
) -> None:
    """No token of a person is kept, so none is found or taken away."""
    store = Installations(secrets)
    await store.async_save(
        Installation(
            team_id="T1", bot_token="xoxb-1", bot_id="B1", bot_user_id="U1", user_id="U2",
            user_token="xoxp-2", bot_scopes="chat:write",
        )
    )  # fmt: skip
    where: dict[str, Any] = {"enterprise_id": None, "team_id": "T1"}
    await store.async_delete_installation(**where, user_id="U2")
    assert await store.async_find_installation(**where, user_id="U2") is None
    found = await store.async_find_installation(**where)
    assert found is not None and found.bot_token == "xoxb-1" and found.user_token is None
    assert found.bot_scopes == ["chat:write"] and not found.user_id
    await store.async_delete_all(**where)
    assert await store.async_find_bot(**where) is None


async def test_an_organizations_token_is_found_for_all_its_workspaces(
    secrets: SqlInstallations,
) -> None:
    """And one that a workspace has itself is another."""
    store = Installations(secrets)
    given: dict[str, Any] = {"bot_id": "B1", "bot_user_id": "U1", "user_id": "U2"}
    await store.async_save(
        Installation(enterprise_id="E1", is_enterprise_install=True, bot_token="all", **given)
    )
    await store.async_save(Installation(enterprise_id="E1", team_id="T1", bot_token="one", **given))
    assert await store.teams() == ["E1", "T1"]
    for team_id, organization, token in (("T2", True, "all"), ("T1", False, "one")):
        bot = await store.async_find_bot(
            enterprise_id="E1", team_id=team_id, is_enterprise_install=organization
        )
        assert bot is not None and bot.bot_token == token
    await store.async_delete_all(enterprise_id="E1", team_id=None)
    assert await store.teams() == ["T1"]


@pytest.mark.parametrize("lacking", ["bot_token", "team_id"])
async def test_what_the_bot_could_not_speak_with_is_not_kept(
    secrets: SqlInstallations, lacking: str
) -> None:
    """An installation without a bot token, or in no workspace."""
    given = {"team_id": "T1", "bot_token": "t", "bot_id": "B", "bot_user_id": "U", "user_id": "U"}
    with pytest.raises(BoltError):
        await Installations(secrets).async_save(Installation(**(given | {lacking: None})))  # type: ignore[arg-type]
    assert await secrets.installations("slack") == []
