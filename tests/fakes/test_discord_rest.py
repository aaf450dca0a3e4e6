"""What the fake Discord answers, refuses, and fails at."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress
from typing import Any

import discord
import pytest

from tests.fakes.discord_api.faults import Fault, Faults
from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_client import NOBODY, code, running, with_commands
from tests.fakes.discord_server import DiscordServer

SEND = "POST /channels/{channel}/messages"


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
