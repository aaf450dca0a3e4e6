"""What discord.py cannot parse is logged and left out; the bot goes on, and catches up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from adapters.discord.tolerant import history
from bot.chat import Chat
from tests.adapters.discord.serving import servers_restored, serving
from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.objects import User
from tests.fakes.discord_server import DiscordServer

SECRET = "秘密の話"
Spoil = Callable[[dict[str, Any]], Any]


@pytest.fixture(autouse=True)
def _nothing_said_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.INFO)
    yield
    assert SECRET not in caplog.text


def place(server: DiscordServer) -> tuple[User, Channel]:
    """Somebody, and a channel with the bot in it."""
    tanaka = server.user("tanaka")
    return tanaka, server.channel(server.guild("N5", tanaka), "general")


async def answers(server: DiscordServer, channel: Channel, person: User, count: int = 1) -> None:
    """Somebody asks and is answered."""
    server.user_says(channel, person, f"{server.bot.mention} 元気？")
    replies = await server.replies(channel, count)
    assert replies[-1].text == "元気？"


EVENTS: list[tuple[str, Spoil]] = [
    ("MESSAGE_CREATE", lambda data: data | {"author": None}),
    ("MESSAGE_CREATE", lambda data: data | {"mentions": 5}),
    ("MESSAGE_CREATE", lambda data: {"content": SECRET}),
    ("MESSAGE_CREATE", lambda data: [SECRET]),
    ("MESSAGE_CREATE", lambda data: None),
]


@pytest.mark.parametrize(("event", "spoil"), EVENTS)
async def test_an_event_that_cannot_be_parsed_is_left_out_and_the_next_one_is_answered(
    chat: Chat, caplog: pytest.LogCaptureFixture, event: str, spoil: Spoil
) -> None:
    """Over the same connection."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka, channel = place(server)
        async with serving(server, chat) as said:
            server.faults.spoil_next(event, spoil)
            server.user_says(channel, tanaka, f"{server.bot.mention} {SECRET}")
            await answers(server, channel, tanaka)
            assert not [line for line in said if "Trying again" in line]
        assert server.gateway.identifies == 1
    assert f"{event} cannot be parsed" in caplog.text


READIES: list[Spoil] = [
    lambda data: data | {"user": None},
    lambda data: data | {"user": {"id": "x"}},
    lambda data: data | {"guilds": [{"id": None}, 5, *data["guilds"]]},
    lambda data: data | {"guilds": SECRET},
    lambda data: data | {"shard": None},
]


@pytest.mark.parametrize("spoil", READIES)
async def test_a_ready_that_cannot_be_parsed_is_read_as_far_as_it_can_be(
    chat: Chat, caplog: pytest.LogCaptureFixture, spoil: Spoil
) -> None:
    """What was said while the bot was away is answered all the same."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka, channel = place(server)
        server.user_says(channel, tanaka, f"{server.bot.mention} 留守中")
        server.faults.spoil_next("READY", spoil)
        async with serving(server, chat, shards=1):
            assert (await server.replies(channel))[0].text == "留守中"
            await answers(server, channel, tanaka, 2)
    assert "READY cannot be parsed" in caplog.text


async def test_a_ready_without_a_session_is_asked_for_again(chat: Chat) -> None:
    """discord.py ends then; the bot connects anew, and catches up."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka, channel = place(server)
        server.user_says(channel, tanaka, f"{server.bot.mention} 留守中")
        server.faults.spoil_next("READY", lambda data: {"text": SECRET})
        async with serving(server, chat) as said:
            assert (await server.replies(channel))[0].text == "留守中"
            (line,) = [line for line in said if "Trying again" in line]
            assert "cannot read (KeyError)" in line and "\n" not in line


GUILDS: list[Spoil] = [
    lambda data: data | {"emojis": 5, "stickers": [SECRET], "presences": [None]},
    lambda data: data | {"channels": [{"id": None}, SECRET, *data["channels"]]},
    lambda data: data | {"threads": [{}], "roles": [None, *data["roles"]]},
    lambda data: data | {"members": [None, {}, *data["members"]]},
    lambda data: data | {"channels": SECRET, "members": SECRET, "roles": SECRET},
]


@pytest.mark.parametrize("spoil", GUILDS)
async def test_a_server_that_cannot_be_parsed_whole_is_served_all_the_same(
    chat: Chat, caplog: pytest.LogCaptureFixture, spoil: Spoil
) -> None:
    """Without what is odd in it."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka, channel = place(server)
        server.faults.spoil_next("GUILD_CREATE", spoil)
        async with serving(server, chat):
            await answers(server, channel, tanaka)
    assert "GUILD_CREATE cannot be parsed" in caplog.text


async def test_a_message_of_a_history_that_cannot_be_parsed_hides_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The newest first, over several pages."""
    async with DiscordServer(privileged=["message_content"]) as server, servers_restored():
        discord.http.Route.BASE = server.api_url.rstrip("/")
        tanaka, channel = place(server)
        for number in range(230):
            server.user_says(channel, tanaka, str(number))

        def odd(page: list[dict[str, Any]]) -> Any:
            page[3]["author"] = None
            page[5] |= {"mentions": SECRET}
            return page

        server.faults.spoil_next("GET .*/messages", odd)
        client = discord.Client(intents=discord.Intents.none())
        try:
            await client.login(server.token)
            there = client.get_partial_messageable(channel.id)
            long_ago = datetime.now(UTC) - timedelta(days=1)
            found = [m.content async for m in history(there, limit=None, after=long_ago)]
            assert found == [str(n) for n in reversed(range(230)) if n not in (226, 224)]
            assert len([m async for m in history(there, limit=120, after=long_ago)]) == 120
            newest = [m async for m in history(there, limit=1, after=long_ago)]
            later = newest[0].created_at + timedelta(seconds=1)
            assert [m async for m in history(there, limit=None, after=later)] == []
        finally:
            await client.close()
    assert caplog.text.count("a message of a channel's history cannot be parsed") == 2
