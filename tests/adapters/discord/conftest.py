"""Discord in process (simcord): discord.py's own parsers, a chat with a scripted generator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import discord
import pytest
import simcord

from adapters.discord.client import KaiwaClient
from bot.chat import Chat
from bot.config import DiscordSettings
from bot.limits import RateLimiter
from bot.policy import Mode, Policy
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.bot.conftest import PREAMBLE
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer

NewClient = Callable[..., KaiwaClient]


@pytest.fixture
def new_client(store: SqlStore, generator: FakeGenerator) -> NewClient:
    """Makes the bot; `per_user` is how many messages a minute a person may send, the other
    options are those of `[discord]`."""

    def make(*, per_user: int = 0, mode: Mode = Mode.MENTION, **options: object) -> KaiwaClient:
        policy = Policy(mode, per_user=RateLimiter(per_user))
        chat = Chat(
            store, generator, RinnaFormat(CharacterTokenizer()), preamble=PREAMBLE, policy=policy
        )
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        intents.message_content = True
        given = {"edit_seconds": 0.01, "catch_up_minutes": 0} | options
        return KaiwaClient(chat, DiscordSettings.model_validate(given), intents, shard_count=1)

    return make


@pytest.fixture
async def env(new_client: NewClient) -> AsyncIterator[simcord.Env]:
    """A Discord with the bot in it, before any guild."""
    client = new_client()
    env = simcord.Env(client)
    await env.start()
    await client.tree.sync()  # as the platform does in the background
    try:
        yield env
    finally:
        await client.wind_down(5.0)  # nobody uses the store when it is closed
        await env.shutdown()
    env.raise_errors()
