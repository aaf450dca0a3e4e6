"""The app is removed from a workspace, or its token taken back; Slack may tell so late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.chat import Chat
from storage.database import Database
from storage.installations import SqlInstallations, new_key
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.adapters.slack.transport.installing import install, secrets_of_many
from tests.fakes.slack_server import SlackServer


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[SqlInstallations]:
    """Where tokens are kept."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/installed.db") as database:
        yield SqlInstallations(database, new_key())


REVOKED: dict[str, Any] = {"type": "tokens_revoked"}
REMOVED: dict[str, Any] = {"type": "app_uninstalled"}


async def answered(server: SlackServer) -> None:
    """Wait until everything before has been dealt with."""
    tanaka = server.person("田中")
    await server.settled()
    await finished(server, tanaka.dm, tanaka.says(tanaka.dm, "まだいる？"))


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("event", [REMOVED, REVOKED | {"tokens": {"oauth": [], "bot": ["U1"]}}])
async def test_a_late_notice_of_removal_leaves_a_newer_installation(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    event: dict[str, Any],
    mode: str,
) -> None:
    """Slack tells of it again for an hour; meanwhile the app was installed anew."""
    await install(server, installed, time.time())
    async with serving(
        server, chat, mode=mode, secrets=secrets_of_many(server), installations=installed
    ):
        server.advance(-60)
        server.world.tell(server.team, event)
        server.advance(60)
        await answered(server)
        assert await installed.installations("slack") == [server.team.id]


@pytest.mark.parametrize("event", [REMOVED, REVOKED | {"tokens": {"oauth": [], "bot": ["U1"]}}])
@pytest.mark.parametrize("ago", [60.0, 0.0])
async def test_a_workspace_that_removes_the_app_is_forgotten(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    event: dict[str, Any],
    ago: float,
) -> None:
    """However shortly after it was installed: Slack's moments are whole seconds."""
    moment = int(server.world.clock.now()) + 0.9
    await install(server, installed, moment - ago)
    async with serving(server, chat, secrets=secrets_of_many(server), installations=installed):
        server.advance(moment + 0.05 - server.world.clock.now())
        server.world.tell(server.team, event)
        await gone(installed)
        tanaka = server.person("田中")
        tanaka.says(tanaka.dm, "まだいる？")
        await server.settled()
    assert not server.bot_messages(tanaka.dm)


async def gone(installed: SqlInstallations) -> None:
    """Wait until no installation is kept."""
    async with asyncio.timeout(20):
        while await installed.installations("slack"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_persons_token_that_is_taken_back_takes_nothing_of_the_bots(
    server: SlackServer, chat: Chat, installed: SqlInstallations
) -> None:
    """Tokens of people are none that the bot has."""
    await install(server, installed, time.time() - 60)
    async with serving(server, chat, secrets=secrets_of_many(server), installations=installed):
        server.world.tell(server.team, REVOKED | {"tokens": {"oauth": ["U1"], "bot": []}})
        server.world.tell(server.team, REVOKED | {"tokens": {"oauth": ["U1"]}})
        await answered(server)
        assert await installed.installations("slack") == [server.team.id]
