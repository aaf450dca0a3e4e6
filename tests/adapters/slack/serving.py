"""The bot on a Slack of its own: the real client over real sockets or requests to the fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.slack.transport.http import EVENTS_PATH
from adapters.slack.transport.platform import SlackPlatform
from bot.chat import Chat
from bot.config import SlackSettings
from bot.ports import InstallationStore
from bot.tokens import SlackSecrets
from tests.fakes.slack_server import SlackServer


def settings_for(server: SlackServer, **options: object) -> SlackSettings:
    """Settings that lead to this server."""
    given = {"enabled": True, "api_url": server.api_url, "edit_seconds": 0.02, "port": 0}
    return SlackSettings.model_validate(given | options)


def secrets_of(server: SlackServer) -> SlackSecrets:
    """What this server gave the app, for one workspace."""
    return SlackSecrets(server.token, server.app_token, server.signing_secret)


@asynccontextmanager
async def serving(
    server: SlackServer,
    chat: Chat,
    *,
    grace: float = 5.0,
    secrets: SlackSecrets | None = None,
    installations: InstallationStore | None = None,
    **options: object,
) -> AsyncIterator[list[str]]:
    """While it is entered, the bot runs; the lines that it told its operator."""
    said: list[str] = []
    settings = settings_for(server, **options)
    platform = SlackPlatform(
        chat, settings, secrets or secrets_of(server), installations, said.append
    )
    running = asyncio.create_task(platform.run())
    try:
        ready = asyncio.create_task(_ready(server, platform, settings.mode))
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if running.done():
            running.result()
        yield said
    finally:
        await platform.close(grace)
        await running


async def _ready(server: SlackServer, platform: SlackPlatform, mode: str) -> None:
    if mode == "socket":
        await server.ready()
        return
    while platform.server is None or not platform.server.port:  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(0.01)
    server.listen_at(f"http://127.0.0.1:{platform.server.port}{EVENTS_PATH}")
