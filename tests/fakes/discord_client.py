"""A client of the real library that keeps what it hears, for the fake Discord's own tests."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import discord
import pytest
import yarl
from discord import app_commands

from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_server import DiscordServer

NOBODY = discord.AllowedMentions.none()


class Bot(discord.AutoShardedClient):
    """A client that keeps what it hears, and answers commands in every way there is."""

    def __init__(self, server: DiscordServer, intents: discord.Intents, **options: Any) -> None:
        self.server = server
        super().__init__(intents=intents, guild_ready_timeout=0.02, **options)
        self.heard: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.failures: asyncio.Queue[Exception] = asyncio.Queue()
        self.is_up = asyncio.Event()
        self.tree = app_commands.CommandTree(self)
        self.tree.error(self._failed)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Not wait five seconds before each shard but the first."""

    async def on_ready(self) -> None:
        self.is_up.set()

    async def on_message(self, message: discord.Message) -> None:
        if message.author.id != self.application_id:
            self.heard.put_nowait(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.events.put_nowait(("edit", payload))

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        self.events.put_nowait(("delete", payload))

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        self.events.put_nowait(("bulk", payload))

    async def on_resumed(self) -> None:
        self.events.put_nowait(("resumed", None))

    async def _failed(self, interaction: discord.Interaction, error: Exception) -> None:
        self.failures.put_nowait(getattr(error, "original", error))

    async def others(self) -> discord.Message:
        """The next message that is not the bot's own."""
        while (message := await self.heard.get()).author == self.user:
            pass
        return message

    async def text_channel(self, channel: Channel) -> discord.TextChannel:
        """The client's own object of a channel, once it has heard of it."""
        await self.server.until(lambda: self.get_channel(channel.id))
        found = self.get_channel(channel.id)
        assert isinstance(found, discord.TextChannel)
        return found


@asynccontextmanager
async def running(
    server: DiscordServer, *, content: bool = False, token: str = "token", **options: Any
) -> AsyncIterator[Bot]:
    """A connected client."""
    intents = discord.Intents.default()
    intents.message_content = content
    gateway = yarl.URL(server.gateway_url)
    with (
        patch.object(discord.http.Route, "BASE", server.api_url),
        patch.object(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway),
    ):
        async with Bot(server, intents, **options) as bot:
            running = asyncio.create_task(bot.start(token))
            up = asyncio.create_task(bot.is_up.wait())
            try:
                await asyncio.wait([running, up], return_when=asyncio.FIRST_COMPLETED)
                if running.done():
                    running.result()
                yield bot
            finally:
                up.cancel()
                await bot.close()
                await asyncio.gather(running, return_exceptions=True)


def code(error: pytest.ExceptionInfo[discord.HTTPException]) -> int:
    """Discord's code of a refusal."""
    return error.value.code


@asynccontextmanager
async def with_commands(**options: Any) -> AsyncIterator[tuple[DiscordServer, Bot]]:
    """A client that has registered its commands."""
    async with DiscordServer(**options) as server, running(server) as bot:
        register(bot)
        await bot.tree.sync()
        yield server, bot


def register(bot: Bot) -> None:
    """Commands that answer at once, later, twice, with a modal, and for menus."""
    contexts = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
    installs = app_commands.AppInstallationType(guild=True, user=True)

    @bot.tree.command(description="echo")
    @app_commands.choices(times=[app_commands.Choice(name=str(n), value=n) for n in (1, 2)])
    async def echo(
        interaction: discord.Interaction, text: str, who: discord.User | None, times: int = 1
    ) -> None:
        name = who.name if who else ""
        await interaction.response.send_message(text * times + name, ephemeral=True)

    async def later(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("一", allowed_mentions=NOBODY)
        second = await interaction.followup.send("二", wait=True, allowed_mentions=NOBODY)
        await second.edit(content="三", allowed_mentions=NOBODY)
        await interaction.edit_original_response(content="零", allowed_mentions=NOBODY)
        file = discord.File(io.BytesIO(b"abc"), "reply.md")
        await interaction.followup.send(file=file, ephemeral=True, allowed_mentions=NOBODY)

    async def many(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("零", allowed_mentions=NOBODY)
        for n in range(6):
            await interaction.followup.send(str(n), allowed_mentions=NOBODY)

    for function in (later, many):
        bot.tree.add_command(
            app_commands.Command(
                name=function.__name__,
                description="x",
                callback=function,
                allowed_contexts=contexts,
                allowed_installs=installs,
            )
        )

    group = app_commands.Group(name="quiz", description="x", guild_only=True)

    @group.command(name="start", description="x")
    async def start(interaction: discord.Interaction, level: app_commands.Range[int, 1, 5]) -> None:
        await interaction.response.send_message(f"{level}")

    bot.tree.add_command(group)

    @bot.tree.context_menu(name="訳す")
    async def translate(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"[{message.content}]")

    @bot.tree.command(description="asks")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Question())


class Question(discord.ui.Modal, title="質問"):
    """A modal with one input."""

    answer: discord.ui.TextInput[Question] = discord.ui.TextInput(label="答え", custom_id="answer")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"{self.answer.value}!")
