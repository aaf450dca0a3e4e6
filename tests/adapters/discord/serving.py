"""The bot on a Discord of its own: the real client over real sockets to the fake server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import patch

import discord

from adapters.discord.platform import DiscordPlatform
from bot.chat import Chat
from bot.config import DiscordSettings
from tests.fakes.discord_server import DiscordServer


def settings_for(server: DiscordServer, **options: object) -> DiscordSettings:
    """Settings that lead to this server."""
    given = {
        "enabled": True,
        "api_url": server.api_url,
        "gateway_url": server.gateway_url,
        "edit_seconds": 0.02,
    }
    return DiscordSettings.model_validate(given | options)


@asynccontextmanager
async def servers_restored() -> AsyncIterator[None]:
    """discord.py keeps its servers for the process: put them back afterwards."""
    gateway = discord.gateway.DiscordWebSocket
    with (
        patch.object(discord.http.Route, "BASE", discord.http.Route.BASE),
        patch.object(gateway, "DEFAULT_GATEWAY", gateway.DEFAULT_GATEWAY),
    ):
        yield


@asynccontextmanager
async def serving(
    server: DiscordServer,
    chat: Chat,
    *,
    grace: float = 5.0,
    registered: bool = True,
    **options: object,
) -> AsyncIterator[list[str]]:
    """While it is entered, the bot runs; the lines that it told its operator.

    registered: whether it is waited for until Discord knows the commands
    """
    said: list[str] = []
    async with servers_restored():
        platform = DiscordPlatform(chat, settings_for(server, **options), server.token, said.append)
        running = asyncio.create_task(platform.run())
        try:
            connected = asyncio.create_task(_ready(server, registered))
            await asyncio.wait({running, connected}, return_when=asyncio.FIRST_COMPLETED)
            connected.cancel()
            if running.done():
                running.result()
            yield said
        finally:
            await platform.close(grace)
            await running


async def _ready(server: DiscordServer, registered: bool) -> None:
    await server.ready()
    if registered:
        await server.until(lambda: server.commands)
