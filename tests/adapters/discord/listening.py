"""A server with a client of the real library in it: messages as discord.py parses them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import discord

from adapters.discord.reading import read
from adapters.discord.snapshots import keep_whole
from adapters.reading import Reading
from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.objects import Guild, User
from tests.fakes.discord_client import Bot, running
from tests.fakes.discord_server import DiscordServer


@dataclass(frozen=True, slots=True)
class Place:
    """A guild with a channel and two people, and a client that hears what is said."""

    server: DiscordServer
    bot: Bot
    guild: Guild
    general: Channel
    tanaka: User
    suzuki: User

    @property
    def me(self) -> int:
        """The bot's user id."""
        return self.server.bot.id

    async def said(self, text: str = "", **how: Any) -> discord.Message:
        """What the client hears when Tanaka says something, or another `author`."""
        channel = how.pop("channel", self.general)
        self.server.user_says(channel, how.pop("author", self.tanaka), text, **how)
        return await self.bot.others()

    async def reads(self, text: str = "", **how: Any) -> Reading:
        """What is read of that."""
        return self.read(await self.said(text, **how))

    def read(self, message: discord.Message) -> Reading:
        """What is read of a message."""
        return read(message, self.me, guild_of=self.bot.get_guild)


@asynccontextmanager
async def listening() -> AsyncIterator[Place]:
    """While it is entered, the client is connected."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka, suzuki = server.user("tanaka"), server.user("suzuki")
        guild = server.guild("学校", tanaka, suzuki)
        general = server.channel(guild, "general")
        with patch.object(discord.message, "MessageSnapshot", discord.MessageSnapshot):
            keep_whole()
            async with running(server, content=True) as bot:
                await bot.is_up.wait()
                yield Place(server, bot, guild, general, tanaka, suzuki)
