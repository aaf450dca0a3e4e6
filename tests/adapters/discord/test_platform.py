"""Start, interruptions and end, over sockets."""

from __future__ import annotations

import asyncio
import re

import pytest
from discord.state import ConnectionState

from adapters.discord.platform import DiscordPlatform, MissingIntent, WrongToken, look
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import ConversationKey
from storage.store import SqlStore
from tests.adapters.discord.serving import servers_restored, serving, settings_for
from tests.fakes.discord_api.faults import Fault
from tests.fakes.discord_server import DiscordServer
from tests.fakes.generator import FakeGenerator


async def test_the_invite_link_asks_for_exactly_what_is_used(chat: Chat) -> None:
    """View, send, send in threads, read history; the bot and its commands."""
    async with DiscordServer() as server, serving(server, chat) as said:
        (link,) = [line for line in said if "invite me" in line]
    permissions = re.search(r"permissions=(\d+)", link)
    assert permissions and int(permissions[1]) == (1 << 10) | (1 << 11) | (1 << 16) | (1 << 38)
    assert "scope=bot+applications.commands" in link
    assert str(server.application_id) in link


async def test_a_wrong_token_is_one_line_for_the_operator(chat: Chat) -> None:
    """No retry would help."""
    async with DiscordServer() as server, servers_restored():
        platform = DiscordPlatform(chat, settings_for(server), "wrong", print)
        with pytest.raises(WrongToken, match="KAIWA_DISCORD_TOKEN"):
            await platform.run()
        with pytest.raises(WrongToken):
            await look(settings_for(server), "wrong")


async def test_a_token_that_is_reset_later_ends_the_bot(chat: Chat) -> None:
    """The gateway closes with 4004."""
    async with DiscordServer() as server, servers_restored():
        platform = DiscordPlatform(chat, settings_for(server), server.token, print)
        running = asyncio.create_task(platform.run())
        await server.ready()
        server.drop_sockets(4004)
        with pytest.raises(WrongToken):
            await running


async def test_a_missing_intent_is_named_with_its_page(chat: Chat) -> None:
    """Where the settings insist on it."""
    async with DiscordServer() as server, servers_restored():
        settings = settings_for(server, message_content="on")
        platform = DiscordPlatform(chat, settings, server.token, print)
        with pytest.raises(MissingIntent, match=f"applications/{server.application_id}/bot"):
            await platform.run()
        with pytest.raises(MissingIntent):
            await look(settings, server.token)


async def test_without_the_intent_mentions_are_answered(chat: Chat) -> None:
    """By default it does with what it may, and says what that is."""
    async with DiscordServer() as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("N5", tanaka), "general")
        async with serving(server, chat) as said:
            assert any("Message Content Intent" in line for line in said)
            server.user_says(channel, tanaka, f"{server.bot.mention} 元気？")
            (reply,) = await server.replies(channel)
            assert reply.text == "元気？"


async def test_what_the_check_prints_of_discord() -> None:
    """Who the bot is, and whether it sees all messages; or that nobody is there."""
    async with DiscordServer(privileged=["message_content"]) as server, servers_restored():
        assert (await look(settings_for(server), server.token)).endswith("Intent on")
    async with servers_restored():
        with pytest.raises(BotError, match="cannot be reached"):
            await look(settings_for(server), server.token)


async def test_a_server_that_is_down_is_tried_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line an attempt, longer and longer pauses, and then it is there."""
    monkeypatch.setattr("adapters.discord.platform.FIRST_PAUSE", 0.01)
    async with DiscordServer() as server:
        server.faults.fail_next("GET", "/users/@me$", Fault(403), times=3)
        async with serving(server, chat) as said:
            tried = [line for line in said if "Trying again" in line]
            assert len(tried) == 3 and all("\n" not in line for line in tried)


async def test_a_gateway_that_acknowledges_nothing_any_more_is_left_for_another_connection(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """discord.py sees it by its heartbeats; what was said meanwhile is answered, and once."""
    patience = property(lambda self: 0.5, lambda self, seconds: None)
    monkeypatch.setattr(ConnectionState, "heartbeat_timeout", patience, raising=False)
    async with DiscordServer(heartbeat_interval=0.05) as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("N5", tanaka), "general")
        async with serving(server, chat):
            server.fall_silent()
            server.user_says(channel, tanaka, f"{server.bot.mention} 元気？")
            (reply,) = await server.replies(channel)
            assert reply.text == "元気？" and server.gateway.identifies == 1
            server.user_says(channel, tanaka, f"{server.bot.mention} ほんと？")
            replies = await server.replies(channel, 2)
            assert [each.text for each in replies] == ["元気？", "ほんと？"]


async def test_it_can_be_closed_while_nobody_is_there(chat: Chat) -> None:
    """Ctrl-C works also during a pause between attempts."""
    async with DiscordServer() as server:
        settings = settings_for(server)
    async with servers_restored():
        said: asyncio.Queue[str] = asyncio.Queue()
        platform = DiscordPlatform(chat, settings, "token", said.put_nowait)
        running = asyncio.create_task(platform.run())
        assert "cannot reach 127.0.0.1" in await said.get()
        await platform.close(1.0)
        await running


async def test_the_end_waits_for_a_reply(chat: Chat, generator: FakeGenerator) -> None:
    """Within its bound; the reply is whole, and nothing new is begun."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("N5", tanaka), "general")
        generator.gate.clear()
        async with serving(server, chat):
            server.user_says(channel, tanaka, f"{server.bot.mention} 元気？")
            await server.until(lambda: generator.running)
            asyncio.get_running_loop().call_later(0.2, generator.gate.set)
        (reply,) = server.bot_messages(channel)
        assert reply.text == "元気？" and "kaiwa:regenerate" in reply.custom_ids


async def test_the_end_stops_and_marks_a_reply_that_takes_too_long(
    chat: Chat, generator: FakeGenerator, store: SqlStore
) -> None:
    """What there is of it is shown and kept; what has no word yet is left for the next start."""
    never = asyncio.Event()
    generator.script = [["はじめ", never], [never]]
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        guild = server.guild("N5", tanaka)
        begun, waiting = server.channel(guild, "begun"), server.channel(guild, "waiting")
        async with serving(server, chat, grace=0.1):
            server.user_says(begun, tanaka, f"{server.bot.mention} 話して")
            await server.replies(begun)
            server.user_says(waiting, tanaka, f"{server.bot.mention} まだ")
            await server.until(lambda: generator.running == 2)
        (reply,) = server.bot_messages(begun)
        assert reply.text.startswith("はじめ") and "stopped" in reply.text
        assert await store.undelivered("discord") == [] and generator.running == 0
        assert server.bot_messages(waiting) == []
        async with serving(server, chat):
            assert (await server.replies(waiting))[0].text == "まだ"
        assert server.bot_messages(begun) == [reply]


async def test_commands_are_registered_once(chat: Chat) -> None:
    """A second start finds that Discord knows them."""
    told, asked = (f"{each} /applications/{{application}}/commands" for each in ("PUT", "GET"))
    async with DiscordServer(privileged=["message_content"]) as server:
        own = ConversationKey("discord", str(server.application_id), "")
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("N5", tanaka), "general")
        async with serving(server, chat), asyncio.timeout(60):
            while "commands" not in await chat.store.settings(own):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        async with serving(server, chat):
            await server.until(lambda: server.counts[asked])
            server.user_says(channel, tanaka, f"{server.bot.mention} 元気？")
            await server.replies(channel)
        assert server.counts[told] == 1


async def test_shards_share_the_guilds(chat: Chat) -> None:
    """As many as Discord recommends."""
    async with DiscordServer(shards=2) as server:
        tanaka = server.user("tanaka")
        channels = [server.channel(server.guild(f"guild {n}", tanaka), "general") for n in range(4)]
        async with serving(server, chat):
            for channel in channels:
                server.user_says(channel, tanaka, f"{server.bot.mention} {channel.id}")
            for channel in channels:
                (reply,) = await server.replies(channel)
                assert reply.text == str(channel.id)


async def test_what_one_of_several_shards_missed_is_answered(chat: Chat) -> None:
    """Also where its session could not go on, and the others never were away."""
    async with DiscordServer(shards=2, privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        channels = [server.channel(server.guild(f"guild {n}", tanaka), "general") for n in range(2)]
        async with serving(server, chat):
            for channel in channels:
                server.user_says(channel, tanaka, f"{server.bot.mention} 前")
                await server.replies(channel)
            for shard, channel in enumerate(channels):
                server.lose_shard(shard)
                server.user_says(channel, tanaka, f"{server.bot.mention} 留守中")
                _, reply = await server.replies(channel, 2)
                assert reply.text == "留守中"
