"""The gateway's connections over several processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.discord.platform import DiscordPlatform, prepare_library
from adapters.discord.shards import Shards
from bot.chat import Chat
from bot.config import ConfigError, load_settings
from bot.messages import ConversationKey
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.adapters.discord.serving import servers_restored, settings_for
from tests.bot.conftest import PREAMBLE
from tests.fakes.discord_server import DiscordServer
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer
from tests.storage.processes import another_process, join, lapse


def key(guild: int | str) -> ConversationKey:
    """A channel of a guild."""
    return ConversationKey("discord", str(guild), "1")


def test_each_conversation_comes_by_one_of_the_connections() -> None:
    """As Discord shares them out; direct messages by the first."""
    parts = [Shards(3, (0,)), Shards(3, (1, 2))]
    for guild in (1 << 22, 2 << 22, 3 << 22, (4 << 22) + 77):
        assert [part.see(key(guild)) for part in parts].count(True) == 1
    assert parts[0].see(key(3 << 22)) and parts[1].see(key(2 << 22))
    assert [part.see(key("@me")) for part in parts] == [True, False]
    assert [part.name for part in parts] == ["0/3", "1,2/3"]
    assert Shards(3).see(key(2 << 22)) and Shards().name == ""


@pytest.mark.parametrize(("shards", "ids"), [("", "[0]"), ("2", "[2]"), ("3", "[1, 1]")])
def test_numbers_that_are_none_of_the_shards_are_refused(
    monkeypatch: pytest.MonkeyPatch, shards: str, ids: str
) -> None:
    """With what they may be."""
    monkeypatch.setenv("KAIWA_DISCORD__SHARDS", shards)
    monkeypatch.setenv("KAIWA_DISCORD__SHARD_IDS", ids)
    with pytest.raises(ConfigError, match="from 0 to shards - 1"):
        load_settings()


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """A Discord that stays where it is, whichever bot ends first."""
    async with DiscordServer(privileged=["message_content"]) as server, servers_restored():
        prepare_library(settings_for(server))
        yield server


@asynccontextmanager
async def part(server: DiscordServer, chat: Chat, shard: int) -> AsyncIterator[None]:
    """A process that has one of two connections."""

    def connected() -> bool:
        return any(each.shard == shard and each.socket for each in server.gateway.sessions.values())

    settings = settings_for(server, shards=2, shard_ids=[shard])
    platform = DiscordPlatform(chat, settings, server.token, lambda _: None)
    running = asyncio.create_task(platform.run())
    try:
        await server.until(lambda: running.done() or connected())
        yield
    finally:
        await platform.close(5.0)
        await running


async def test_two_processes_answer_each_in_their_own_guilds(
    server: DiscordServer, store: SqlStore
) -> None:
    """Each catches up with what was said there while it was away, and only there."""
    await join(store)
    tanaka = server.user("tanaka")
    channels = [server.channel(server.guild(f"guild {n}", tanaka), "general") for n in range(4)]

    def ask(text: str) -> None:
        for channel in channels:
            server.user_says(channel, tanaka, f"{server.bot.mention} {text}")

    async with another_process(store) as other:
        models = [FakeGenerator(), FakeGenerator()]
        prompts = RinnaFormat(CharacterTokenizer())
        one, two = (
            Chat(each, model, prompts, preamble=PREAMBLE)
            for each, model in zip((store, other), models, strict=True)
        )
        async with part(server, one, 0):
            async with part(server, two, 1):
                ask("一")
                for channel in channels:
                    (reply,) = await server.replies(channel)
                    assert reply.text == "一"
            assert [len(model.requests) for model in models] == [2, 2]
            await lapse(other)
            ask("二")
            for channel in channels:
                if channel.guild is not None and (channel.guild.id >> 22) % 2 == 0:
                    await server.replies(channel, 2)
        assert [len(model.requests) for model in models] == [4, 2]
        async with part(server, two, 1):
            for channel in channels:
                await server.replies(channel, 2)
        assert [len(model.requests) for model in models] == [4, 4]
