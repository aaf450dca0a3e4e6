"""What the fake Discord tells a connected client, and how connections end."""

from __future__ import annotations

from typing import Any

import aiohttp
import discord
import pytest

from tests.fakes.discord_client import NOBODY, code, running
from tests.fakes.discord_server import DiscordServer


async def test_a_client_finds_its_guilds_channels_and_threads() -> None:
    """READY and GUILD_CREATE tell a client all that it needs to find its way."""
    async with DiscordServer() as server:
        tanaka = server.user("田中")
        guild = server.guild("学校", tanaka)
        general = server.channel(guild, "general")
        thread = server.thread(general, "猫の話")
        server.permit(general, send_messages=False)
        async with running(server) as bot:
            assert [each.name for each in bot.guilds] == ["学校"]
            channel = await bot.text_channel(general)
            assert channel.threads[0].id == thread.id
            assert not channel.permissions_for(channel.guild.me).send_messages
            assert channel.guild.self_role is not None
            assert server.counts["GET /users/@me"] == 1
        assert not server.gateway.sessions, "a client that closes ends its session"


async def test_what_is_made_later_is_told_too() -> None:
    """A guild, a channel, a thread and a permission that come later reach the client."""
    async with DiscordServer() as server, running(server) as bot:
        guild = server.guild("学校")
        general = server.channel(guild, "general")
        thread = server.thread(general, "猫の話")
        server.role(guild, "先生")
        server.permit(general, send_messages=False)
        user = server.user("田中")
        server.member(guild, user, nick="たなか")
        server.user_says(thread, user, f"{server.bot.mention} やあ")
        message = await bot.others()
        assert isinstance(message.channel, discord.Thread)
        assert message.channel.parent == (await bot.text_channel(general))
        assert message.author.display_name == "たなか"
        assert len(message.channel.guild.roles) == 3
        assert not message.channel.permissions_for(message.channel.guild.me).send_messages
        server.delete_channel(thread)
        with pytest.raises(discord.NotFound) as error:
            await message.channel.send("?")
        assert code(error) == 10003


async def test_a_wrong_token_is_refused() -> None:
    """REST answers 401 to a wrong token."""
    async with DiscordServer() as server:
        with pytest.raises(discord.LoginFailure):
            async with running(server, token="wrong"):
                pass


@pytest.mark.parametrize(
    ("identify", "expected"),
    [
        ({"token": "wrong", "intents": 0}, 4004),
        ({"token": "token", "intents": 0, "shard": [2, 2]}, 4010),
        ({"token": "token", "intents": 1 << 15}, 4014),
    ],
)
async def test_the_gateway_closes_with_the_code_of_what_is_wrong(
    identify: dict[str, Any], expected: int
) -> None:
    """A wrong token, shard or intent ends the connection with a code of its own."""
    async with (
        DiscordServer() as server,
        aiohttp.ClientSession() as session,
        session.ws_connect(server.gateway_url) as ws,
    ):
        assert (await ws.receive_json())["op"] == 10
        await ws.send_json({"op": 2, "d": identify})
        assert (await ws.receive()).data == expected


async def test_a_privileged_intent_must_be_switched_on() -> None:
    """Who asks for the message content without having it switched on is refused, and told why."""
    async with DiscordServer() as server:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(server, content=True):
                pass
    async with (
        DiscordServer(privileged=["message_content"]) as server,
        running(server, content=True) as bot,
    ):
        assert bot.application_flags.gateway_message_content_limited


async def test_heartbeats_are_acknowledged() -> None:
    """A client knows its latency because its heartbeats are answered."""
    async with DiscordServer(heartbeat_interval=0.02) as server, running(server) as bot:
        await server.until(lambda: server.gateway.heartbeats > 3)
        assert bot.latency < 60


async def test_content_is_shown_only_where_the_bot_is_meant() -> None:
    """Without the intent, content is empty but in direct messages, mentions and own messages.

    The same holds for messages that are fetched.
    """
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        server.user_says(general, user, "秘密")
        server.user_says(general, user, f"{server.bot.mention} ねえ")
        server.user_says(server.dm(user), user, "二人だけ")
        heard = [await bot.others() for _ in range(3)]
        assert [m.content for m in heard] == ["", f"{server.bot.mention} ねえ", "二人だけ"]
        assert bot.user in heard[1].mentions
        channel = await bot.text_channel(general)
        await channel.send("はい")
        fetched = [message.content async for message in channel.history()]
        assert fetched == ["はい", f"{server.bot.mention} ねえ", ""]


async def test_content_is_shown_to_those_with_the_intent() -> None:
    """With the intent, all content is shown."""
    async with (
        DiscordServer(privileged=["message_content"]) as server,
        running(server, content=True) as bot,
    ):
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        server.user_says(general, user, "公開")
        assert (await bot.others()).content == "公開"


async def test_a_reply_carries_what_it_replies_to() -> None:
    """A reply names its message, brings it along, and mentions its author if it pings."""
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        sent = await (await bot.text_channel(general)).send("質問は?")
        asked = server.bot_messages(general)[0]
        server.user_says(general, user, "猫とは?", reply_to=asked)
        server.user_says(general, user, "独り言", reply_to=asked, ping=False)
        first, second = await bot.others(), await bot.others()
        assert first.reference is not None and first.reference.message_id == sent.id
        assert isinstance(first.reference.resolved, discord.Message)
        assert first.reference.resolved.content == "質問は?"
        assert first.mentions == [bot.user] and second.mentions == []
        assert first.content and not second.content
        await first.reply("動物です", allowed_mentions=NOBODY)
        assert server.bot_messages(general)[-1].reply_to is server.messages(general)[1]


async def test_webhooks_bots_files_stickers_and_system_messages_are_told_apart() -> None:
    """Each kind of message shows by what Discord shows it."""
    async with DiscordServer() as server, running(server) as bot:
        user, robot = server.user("田中"), server.user("機械", bot=True)
        dm = server.dm(user)
        server.user_says(dm, user, "", attachments={"note.txt": "メモ".encode()}, sticker=True)
        general = server.channel(server.guild("学校", user, robot), "general")
        server.user_says(general, robot, "ピー")
        server.user_says(general, server.user("訪問者"), "やあ", webhook=True)
        server.user_says(general, user, "", type=7)
        files, other, hook, system = [await bot.others() for _ in range(4)]
        assert (await files.attachments[0].read()).decode() == "メモ"
        assert files.stickers[0].name == "Wave"
        assert other.author.bot and hook.webhook_id and system.is_system()


async def test_users_edits_and_deletions_are_told() -> None:
    """An edit, a deletion, a bulk deletion and an unfolded link each cause their event."""
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        dm = server.dm(user)
        one, two, three = (server.user_says(dm, user, text) for text in "一二三")
        server.user_edits(one, "壱")
        server.tell_again(one, update=True)
        server.user_deletes(one)
        server.user_deletes(two, three)
        events = [await bot.events.get() for _ in range(4)]
        assert [name for name, _ in events] == ["edit", "edit", "delete", "bulk"]
        assert events[0][1].message.content == "壱"
        assert list(one.history) == ["一"] and server.messages(dm) == []


async def test_a_dropped_socket_is_resumed_and_nothing_is_lost() -> None:
    """What happened while the socket was down is replayed, once, in the same session."""
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        server.user_says(server.dm(user), user, "一")
        await bot.others()
        server.drop_sockets()
        server.user_says(server.dm(user), user, "二")
        await server.until(lambda: server.gateway.resumes == 1)
        server.user_says(server.dm(user), user, "三")
        assert [(await bot.others()).content for _ in range(2)] == ["二", "三"]
        assert await bot.events.get() == ("resumed", None)
        server.ask_reconnect()
        await server.until(lambda: server.gateway.resumes == 2)
        server.drop_sockets(4000)
        await server.until(lambda: server.gateway.resumes == 3)
        assert server.gateway.identifies == 1


async def test_a_lost_session_is_begun_anew_and_its_events_are_lost() -> None:
    """After INVALID_SESSION the client identifies anew; what it missed is only in the history."""
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        server.invalidate_sessions(quiet=True)
        server.drop_sockets()
        missed = server.user_says(general, user, f"{server.bot.mention} もしもし")
        await server.until(lambda: server.gateway.identifies == 2)
        server.invalidate_sessions()
        await server.until(lambda: server.gateway.identifies == 3)
        await server.ready()
        server.user_says(general, user, f"{server.bot.mention} 次")
        assert "次" in (await bot.others()).content
        after = discord.Object(missed.id - 1)
        history = [m.id async for m in (await bot.text_channel(general)).history(after=after)]
        assert history == [message.id for message in server.messages(general)]


async def test_sockets_that_break_at_random_lose_nothing() -> None:
    """However often its socket breaks, a client hears every message once, in order."""
    async with DiscordServer(seed=3) as server, running(server) as bot:
        user = server.user("田中")
        server.faults.dropped = 0.3
        for n in range(30):
            server.user_says(server.dm(user), user, str(n))
            await server.ready()
        server.faults.dropped = 0
        assert [(await bot.others()).content for _ in range(30)] == [str(n) for n in range(30)]
        assert server.gateway.resumes > 0 and server.gateway.identifies == 1


async def test_each_shard_hears_its_own_guilds() -> None:
    """A guild's events go to its shard, direct messages to the first."""
    async with DiscordServer(shards=2) as server:
        user = server.user("田中")
        guilds = [server.guild(name, user) for name in "甲乙"]
        channels = [server.channel(guild, "general") for guild in guilds]
        async with running(server) as bot:
            await server.ready()
            assert {guild.shard_id for guild in bot.guilds} == {0, 1}
            for channel in channels:
                server.user_says(channel, user, server.bot.mention)
            assert {(await bot.others()).guild for _ in channels} == set(bot.guilds)
            for session in server.gateway.sessions.values():
                assert sum('"MESSAGE_CREATE"' in text for _, text in session.backlog) == 1


async def test_what_is_in_a_forward_or_a_poll_needs_the_content_intent() -> None:
    """As embeds and components do; that it is a forward does not."""
    for content in (False, True):
        async with DiscordServer(privileged=["message_content"] * content) as server:
            tanaka = server.user("田中")
            channel = server.channel(server.guild("学校", tanaka), "general")
            async with running(server, content=content) as bot:
                said = server.user_says(channel, tanaka, "猫", attachments={"a.txt": b"x"})
                await bot.others()
                server.user_forwards(said, channel, tanaka)
                forward = await bot.others()
                assert forward.reference is not None and forward.reference.message_id == said.id
                assert [each.content for each in forward.message_snapshots] == ["猫"] * content


async def test_a_forum_post_has_the_id_of_its_first_message() -> None:
    """And its title as a name."""
    async with DiscordServer() as server, running(server) as bot:
        tanaka = server.user("田中")
        forum = server.forum(server.guild("学校", tanaka), "質問箱")
        server.posts(forum, tanaka, "助詞", f"{server.bot.mention} 「は」と「が」は？")
        message = await bot.others()
        assert isinstance(message.channel, discord.Thread)
        assert isinstance(message.channel.parent, discord.ForumChannel)
        assert (message.channel.name, message.channel.id) == ("助詞", message.id)
