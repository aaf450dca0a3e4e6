"""The fake Discord against the real discord.py client."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from unittest.mock import patch

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands

from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.faults import Fault, Faults
from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_server import DiscordServer

NOBODY = discord.AllowedMentions.none()
SEND = "POST /channels/{channel}/messages"


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


async def test_history_is_paged_as_the_client_asks() -> None:
    """Before, after and around page by id, a hundred at most at a time."""
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        dm = server.dm(user)
        said = [server.user_says(dm, user, str(n)) for n in range(120)]
        channel = await bot.fetch_channel(dm.id)
        assert isinstance(channel, discord.DMChannel)

        async def texts(**query: Any) -> list[int]:
            return [int(message.content) async for message in channel.history(**query)]

        middle = discord.Object(said[60].id)
        assert await texts(limit=None, oldest_first=True) == list(range(120))
        assert await texts(after=middle, limit=3) == [61, 62, 63]
        assert await texts(before=middle, limit=3) == [59, 58, 57]
        assert await texts(around=middle, limit=3) == [61, 60, 59]
        assert await texts(before=discord.Object(said[1].id)) == [0]


async def test_what_discord_refuses_is_refused() -> None:
    """Each refusal has Discord's own code."""
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        theirs = server.user_says(general, user, server.bot.mention)
        gone = server.user_says(general, user, "消す")
        joined = server.user_says(general, user, "", type=7)
        server.user_deletes(gone)
        channel = await bot.text_channel(general)

        async def refusal(request: Any) -> int:
            with pytest.raises(discord.HTTPException) as error:
                await request
            return code(error)

        assert await refusal(channel.send("あ" * 2001)) == 50035
        assert await refusal(channel.send("😀" * 1001)) == 50035
        assert await refusal(channel.send("")) == 50006
        assert await refusal(channel.send(" \n ")) == 50006
        assert await refusal(channel.fetch_message(gone.id)) == 10008
        assert await refusal(channel.get_partial_message(theirs.id).edit(content="!")) == 50005
        assert await refusal(channel.get_partial_message(theirs.id).delete()) == 50013
        for message in (gone, joined):
            reference = channel.get_partial_message(message.id)
            assert await refusal(channel.send("返事", reference=reference)) == 50035
        lenient = discord.MessageReference(
            message_id=gone.id, channel_id=channel.id, fail_if_not_exists=False
        )
        assert (await channel.send("返事", reference=lenient)).reference is None
        server.permit(general, send_messages=False)
        assert await refusal(channel.send("やあ")) == 50013
        assert await refusal(channel.typing().__aenter__()) == 50013
        server.permit(general, view_channel=False)
        assert await refusal(channel.send("やあ")) == 50001
        user.dms_open = False
        assert await refusal((await bot.fetch_user(user.id)).send("やあ")) == 50007
        assert await refusal(bot.fetch_channel(1)) == 10003


async def test_a_nonce_is_sent_once_in_some_minutes() -> None:
    """The same nonce again returns the earlier message; minutes later it makes a new one.

    If the earlier message has been deleted, the nonce is refused.
    """
    async with DiscordServer() as server, running(server) as bot:
        general = server.channel(server.guild("学校"), "general")
        channel = await bot.text_channel(general)
        first = await channel.send("一", nonce=7)
        again = await channel.send("二", nonce=7)
        assert (again.id, again.content) == (first.id, "一")
        await first.delete()
        with pytest.raises(discord.NotFound) as error:
            await channel.send("二", nonce=7)
        assert code(error) == 10008
        server.advance(600)
        assert (await channel.send("三", nonce=7)).id != first.id
        assert [m.text for m in server.bot_messages(general)] == ["三"]


async def test_sends_and_edits_that_may_ping_are_recorded() -> None:
    """What leaves Discord free to ping is recorded, whether or not it mentions anybody."""
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        asked = server.user_says(general, user, server.bot.mention)
        channel = await bot.text_channel(general)
        quiet = await channel.send(user.mention, allowed_mentions=NOBODY)
        await quiet.edit(content="...", allowed_mentions=NOBODY)
        assert not server.pings and not server.bot_messages(general)[0].mentions
        loud = await channel.send(user.mention)
        await loud.edit(content="やあ")
        users = discord.AllowedMentions(
            everyone=False, roles=False, users=[discord.Object(user.id)]
        )
        await channel.send("やあ", allowed_mentions=users)
        await loud.edit(embed=discord.Embed(title="猫"))
        pings = [(ping.method, ping.with_text) for ping in server.pings]
        assert pings == [("POST", True), ("PATCH", True), ("POST", True), ("PATCH", False)]
        replied = discord.AllowedMentions(
            everyone=False, roles=False, users=False, replied_user=True
        )
        reference = channel.get_partial_message(asked.id)
        await channel.send("はい", reference=reference, allowed_mentions=NOBODY)
        assert not server.reply_pings
        await channel.send("はい", reference=reference, allowed_mentions=replied)
        assert len(server.reply_pings) == 1 and len(server.pings) == 4


async def test_edits_typing_files_and_deletions_leave_their_traces() -> None:
    """A message shows its texts before, its components and files, and that it is gone."""
    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        channel = await (await bot.fetch_user(user.id)).create_dm()
        async with channel.typing():
            pass
        dm = server.dm(user)
        assert dm.typing == 1
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="止める", custom_id="stop"))
        file = discord.File(io.BytesIO(b"abc"), "reply.md")
        message = await channel.send("一", view=view, file=file)
        await message.edit(content="一二")
        await message.edit(content="一二三", view=None)
        [stored] = await server.replies(dm)
        assert (stored.text, list(stored.history), stored.edits) == ("一二三", ["一", "一二"], 2)
        assert stored.components == [] and stored.attachments[0].content == b"abc"
        await message.edit(attachments=[])
        assert stored.attachments == []
        await message.delete()
        assert stored.deleted and server.messages(dm) == []


async def test_rate_limits_are_waited_out() -> None:
    """A 429, for one route or for all, makes the client wait and ask again."""
    async with DiscordServer() as server, running(server) as bot:
        dm = server.dm(server.user("田中"))
        channel = await bot.fetch_channel(dm.id)
        assert isinstance(channel, discord.DMChannel)
        server.faults.fail_next("POST", "/messages$", Fault(429), times=2)
        server.faults.fail_next("POST", "/messages$", Fault(429, everywhere=True))
        await channel.send("やっと")
        assert server.counts[SEND] == 4
        assert [request.status for request in server.requests][-4:] == [429, 429, 429, 200]
        assert len(server.messages(dm)) == 1


async def test_a_server_error_may_come_after_the_effect() -> None:
    """A 5xx tells nothing of whether the message was sent: only a nonce keeps it single.

    discord.py's own retries after a 500 or 502 carry one; a second `send` does not unless told.
    """
    async with with_commands() as (server, bot):
        user = server.user("田中")
        dms = [server.dm(server.user(name)) for name in "甲乙丙丁"]
        before, after, anew, single = (bot.get_partial_messageable(dm.id) for dm in dms)
        server.faults.fail_next("POST", f"/{dms[0].id}/messages", Fault(500))
        server.faults.fail_next("POST", f"/{dms[1].id}/messages", Fault(502, after=True))
        server.faults.fail_next("POST", "/webhooks/", Fault(500, after=True))
        for dm in dms[2:]:
            server.faults.fail_next("POST", f"/{dm.id}/messages", Fault(503, after=True))
        later = server.slash(server.dm(user), user, "later")
        await asyncio.gather(before.send("一"), after.send("一"))
        for _ in range(2):
            with suppress(discord.DiscordServerError):
                await anew.send("一")
            with suppress(discord.DiscordServerError):
                await single.send("一", nonce=3)
        assert [len(server.messages(dm)) for dm in dms] == [1, 1, 2, 1]
        assert await later.said(4) == ["零", "一", "三", ""], "follow-ups have no nonce"


async def test_held_requests_wait_for_the_test() -> None:
    """A request that is held has no effect until it is released."""
    async with DiscordServer() as server, running(server) as bot:
        dm = server.dm(server.user("田中"))
        with server.faults.hold("POST", "/messages$") as hold:
            sending = asyncio.create_task(bot.get_partial_messageable(dm.id).send("やあ"))
            await hold.reached.wait()
            assert not sending.done() and server.messages(dm) == []
            hold.release()
            await sending
        assert len(server.messages(dm)) == 1


def test_faults_are_the_same_for_the_same_seed() -> None:
    """Chance comes from the seed alone."""

    def draws(seed: int) -> list[Fault | None]:
        faults = Faults(seed, rate_limited=0.2, rate_limited_everywhere=0.1, server_error=0.2)
        return [faults.for_request("GET", "/") for _ in range(300)]

    assert draws(1) == draws(1) != draws(2)
    kinds = {(fault.status, fault.after, fault.everywhere) for fault in draws(1) if fault}
    assert kinds == {
        (429, False, False),
        (429, False, True),
        *((status, after, False) for status in (500, 502) for after in (False, True)),
    }


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


async def test_slash_commands_are_given_with_their_options() -> None:
    """Options arrive with their types, users resolved; the answer may be for one user only."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        answer = server.slash(general, user, "echo", text="あ", times=2, who=user)
        assert await answer.said() == ["ああ田中"]
        assert answer.messages[0].ephemeral and server.messages(general) == []
        assert await server.slash(general, user, "quiz start", level=3).said() == ["3"]
        assert [message.text for message in server.messages(general)] == ["3"]


async def test_only_what_is_offered_can_be_commanded() -> None:
    """A command that is unknown, lacks an option, or is not for this place, is the test's error."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        dm, group = server.dm(user), server.group_dm(user)
        for channel, name, options in (
            (dm, "nothing", {}),
            (dm, "echo", {}),
            (dm, "echo", {"text": "あ", "times": 3}),
            (dm, "quiz start", {"level": 1}),
            (group, "echo", {"text": "あ"}),
        ):
            with pytest.raises(LookupError):
                server.slash(channel, user, name, **options)


async def test_a_deferral_is_filled_by_the_first_follow_up() -> None:
    """The first message after a deferral takes its place; further ones follow it."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        dm = server.dm(user)
        later = await server.slash(dm, user, "later").answered()
        assert later.deferred
        await later.said(3)
        assert later.texts == ["零", "三", ""]
        assert later.messages[2].ephemeral
        assert later.messages[2].attachments[0].content == b"abc"
        assert [message.text for message in server.messages(dm)] == ["零", "三"]
        assert not server.pings


async def test_an_answer_must_come_in_time_and_once() -> None:
    """After three seconds, a second time, and after a quarter of an hour, answers are refused."""
    async with DiscordServer() as server, running(server) as bot:
        called: asyncio.Queue[discord.Interaction] = asyncio.Queue()

        @bot.tree.command(description="waits")
        async def wait(interaction: discord.Interaction) -> None:
            called.put_nowait(interaction)

        await bot.tree.sync()
        user = server.user("田中")
        server.slash(server.dm(user), user, "wait")
        late = await called.get()
        server.advance(4)
        with pytest.raises(discord.NotFound) as error:
            await late.response.send_message("遅い")
        assert code(error) == 10062

        asked = server.slash(server.dm(user), user, "wait")
        twice = await called.get()
        with pytest.raises(discord.NotFound) as error:
            await twice.followup.send("まだ")
        assert code(error) == 10015
        await twice.response.send_message("はい")
        second = discord.InteractionResponse(twice)
        with pytest.raises(discord.HTTPException) as http_error:
            await second.send_message("はい")
        assert code(http_error) == 40060
        server.advance(16 * 60)
        with pytest.raises(discord.HTTPException) as http_error:
            await twice.edit_original_response(content="もっと")
        assert code(http_error) == 50027
        assert asked.texts == ["はい"]


async def test_a_message_command_sees_its_message() -> None:
    """The message that a command was used on comes in full, even without the content intent."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        message = server.user_says(general, user, "猫")
        assert await server.context_menu(general, user, "訳す", message).said() == ["[猫]"]


async def test_buttons_work_while_they_are_there() -> None:
    """A click reaches the view and may change its message; a button that is gone cannot be used."""

    class Stop(discord.ui.View):
        @discord.ui.button(label="止める", custom_id="stop")
        async def stop_it(self, interaction: discord.Interaction, button: Any) -> None:
            button.disabled = True
            await interaction.response.edit_message(content="止まった", view=self)
            await interaction.followup.send("本当に", ephemeral=True)

    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        await (await bot.text_channel(general)).send("書いている", view=Stop(timeout=None))
        [message] = server.bot_messages(general)
        click = server.click(message, user, "stop")
        assert await click.said() == ["本当に"]
        assert message.text == "止まった" and click.original is message
        with pytest.raises(LookupError):
            server.click(message, user, "stop")


async def test_a_modal_is_shown_and_sent() -> None:
    """What a user fills into a modal arrives as a further interaction."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        asked = await server.slash(server.dm(user), user, "ask").answered()
        assert asked.modal is not None and asked.modal["title"] == "質問"
        assert await server.submit(asked, answer="猫").said() == ["猫!"]


@pytest.mark.parametrize("place", ["guild", "group"])
async def test_an_app_that_a_user_installed_works_where_the_bot_is_not(place: str) -> None:
    """There it hears nothing but interactions, and may follow up five times."""
    async with with_commands() as (server, bot):
        user = server.user("田中")
        if place == "guild":
            channel = server.channel(server.guild("他所", user, bot=False), "general")
        else:
            channel = server.group_dm(user, server.user("鈴木"))
        server.user_says(channel, user, server.bot.mention)
        many = server.slash(channel, user, "many")
        error = await bot.failures.get()
        assert isinstance(error, app_commands.CommandInvokeError | discord.HTTPException)
        assert many.texts == ["零", "0", "1", "2", "3", "4"]
        assert bot.heard.empty()
        with pytest.raises(discord.Forbidden) as forbidden:
            await bot.get_partial_messageable(channel.id).send("やあ")
        assert code(forbidden) == 50001


async def test_commands_keep_their_ids_when_registered_again() -> None:
    """Registering the same commands again changes nothing; too many or bad ones are refused."""
    async with with_commands() as (server, bot):
        before = {each["name"]: each["id"] for each in server.commands[None]}
        await bot.tree.sync()
        assert {each["name"]: each["id"] for each in server.commands[None]} == before
        assert [each.name for each in await bot.tree.fetch_commands()] == list(before)
        route = "PUT /applications/{application}/commands"
        assert server.counts[route] == 2
        menu = {"type": 3, "options": []}
        for bad in (
            [{"name": f"menu {n}", **menu} for n in range(6)],
            [{"name": "Big", "description": "x"}],
            [{"name": "x", "description": ""}],
            [{"name": "x", "description": "x"}] * 2,
        ):
            with pytest.raises(discord.HTTPException):
                await bot.http.bulk_upsert_global_commands(server.application_id, bad)
        guild = server.guild("学校")
        bot.tree.copy_global_to(guild=discord.Object(guild.id))
        assert len(await bot.tree.sync(guild=discord.Object(guild.id))) == len(before)


async def test_what_is_kept_is_bounded() -> None:
    """With `keep`, neither records nor earlier texts nor messages grow without end."""
    async with DiscordServer(keep=3, keep_messages=2) as server, running(server) as bot:
        dm = server.dm(server.user("田中"))
        channel = bot.get_partial_messageable(dm.id)
        for n in range(5):
            message = await channel.send(f"{n}")
        for n in range(5):
            await message.edit(content=f"{n}!")
        kept: Message = server.messages(dm)[-1]
        assert list(kept.history) == ["1!", "2!", "3!"] and kept.edits == 5
        assert len(server.messages(dm)) == 2
        assert len(server.requests) == len(server.pings) == 3
        assert server.counts[SEND] == 5


async def test_many_channels_are_answered_at_once() -> None:
    """Hundreds of messages in many channels are each answered, under faults and all."""
    async with DiscordServer(seed=1, keep=10) as server, running(server) as bot:
        users = [server.user(f"{n}") for n in range(10)]

        async def answer() -> None:
            for _ in range(200):
                message = await bot.others()
                asyncio.get_running_loop().create_task(message.reply("はい", nonce=message.id))

        answering = asyncio.create_task(answer())
        server.faults.rate_limited, server.faults.retry_after = 0.02, 0.01
        for _ in range(20):
            for user in users:
                server.user_says(server.dm(user), user, "ねえ")
        await answering
        for user in users:
            assert len(await server.replies(server.dm(user), 20)) == 20
