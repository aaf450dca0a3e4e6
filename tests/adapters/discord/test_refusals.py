"""What Discord refuses of a reply: it is written on, and its end is shown in another way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.discord.errors import MissingPermission, ThreadLocked
from adapters.discord.places import Places
from adapters.discord.platform import DiscordPlatform
from bot.chat import Chat
from bot.messages import ConversationKey
from storage.store import SqlStore
from tests.adapters.discord.serving import servers_restored, serving, settings_for
from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.faults import Fault
from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_api.objects import User
from tests.fakes.discord_server import DiscordServer
from tests.fakes.generator import FakeGenerator

EDIT = r"/channels/\d+/messages/\d+$"
REPLY = ["kaiwa:regenerate", "kaiwa:good", "kaiwa:bad"]
LATER = 16 * 60.0  # seconds after which an interaction cannot be answered any more

INVALID, ARCHIVED, OLD = Fault(400, 50035), Fault(400, 50083), Fault(400, 30046)
NO_GUILD, NO_TOKEN, UNHEARD = Fault(404, 10004), Fault(401, 50027), Fault(418, 99_999)
FAULTS = [INVALID, ARCHIVED, OLD, NO_GUILD, NO_TOKEN, UNHEARD, Fault(403, 50013)]


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """A Discord on which the application sees all messages."""
    async with DiscordServer(privileged=["message_content"]) as server:
        yield server


@pytest.fixture
def tanaka(server: DiscordServer) -> User:
    """Somebody."""
    return server.user("tanaka")


@pytest.fixture
def channel(server: DiscordServer, tanaka: User) -> Channel:
    """A channel with the bot and tanaka in it."""
    return server.channel(server.guild("N5", tanaka), "general")


async def finished(server: DiscordServer, channel: Channel) -> list[Message]:
    """Wait until a reply is complete; the bot's messages."""
    await server.until(
        lambda: any(message.custom_ids == REPLY for message in server.bot_messages(channel))
    )
    return server.bot_messages(channel)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.status}-{fault.code}")
async def test_no_refused_edit_ends_a_reply_that_is_being_written(
    server: DiscordServer,
    channel: Channel,
    tanaka: User,
    chat: Chat,
    generator: FakeGenerator,
    fault: Fault,
) -> None:
    """It is left out, and the next one shows all."""
    steps = [asyncio.Event() for _ in range(3)]
    generator.script = [["一", steps[0], "二", steps[1], "三", steps[2], "四"]]
    async with serving(server, chat):
        server.user_says(channel, tanaka, f"{server.bot.mention} 数えて")
        (reply,) = await server.replies(channel)
        server.faults.fail_next("PATCH", EDIT, fault)
        before = server.counts["PATCH /channels/{channel}/messages/{message}"]
        steps[0].set()
        await server.until(
            lambda: server.counts["PATCH /channels/{channel}/messages/{message}"] > before
        )
        assert reply.text == "一"
        steps[1].set()
        await server.until(lambda: reply.text == "一二三")
        steps[2].set()
        assert await finished(server, channel) == [reply]
    assert reply.text == "一二三四"


@pytest.mark.parametrize("fault", [INVALID, NO_GUILD, UNHEARD], ids=lambda f: str(f.code))
async def test_an_end_that_is_refused_is_shown_without_buttons(
    server: DiscordServer,
    channel: Channel,
    tanaka: User,
    chat: Chat,
    generator: FakeGenerator,
    fault: Fault,
) -> None:
    """In the same message: words matter more than buttons."""
    end = asyncio.Event()
    generator.script = [["はい。", end]]
    async with serving(server, chat):
        server.user_says(channel, tanaka, f"{server.bot.mention} a")
        (reply,) = await server.replies(channel)
        server.faults.fail_next("PATCH", EDIT, fault)
        end.set()
        await server.until(lambda: not reply.custom_ids)
    assert reply.text == "はい。" and server.bot_messages(channel) == [reply]


@pytest.mark.parametrize(
    ("fault", "times"),
    [(INVALID, 2), (UNHEARD, 2), (NO_GUILD, 2), (ARCHIVED, 1), (OLD, 1), (NO_TOKEN, 1)],
    ids=lambda value: str(getattr(value, "code", value)),
)
async def test_an_end_that_is_refused_in_every_form_is_shown_in_another_message(
    server: DiscordServer,
    channel: Channel,
    tanaka: User,
    chat: Chat,
    generator: FakeGenerator,
    store: SqlStore,
    fault: Fault,
    times: int,
) -> None:
    """The ledger knows that one from then on; the old one goes."""
    end = asyncio.Event()
    generator.script = [["はい。", end]]
    async with serving(server, chat):
        question = server.user_says(channel, tanaka, f"{server.bot.mention} a")
        (old,) = await server.replies(channel)
        server.faults.fail_next("PATCH", EDIT, fault, times)
        end.set()
        await server.until(lambda: old.deleted)
        (reply,) = await finished(server, channel)
        assert reply.text == "はい。" and reply.reply_to is question
        guild = channel.guild
        assert guild is not None
        key = ConversationKey("discord", str(guild.id), str(channel.id))
        assert await store.reply_at(key, str(reply.id)) is not None
    assert await store.undelivered("discord") == []


async def test_parts_behind_one_that_cannot_be_changed_stand_behind_its_substitute(
    server: DiscordServer, channel: Channel, tanaka: User, chat: Chat, generator: FakeGenerator
) -> None:
    """A long reply is read in its order."""
    end = asyncio.Event()
    generator.script = [["あ" * 1_500, "い" * 1_500, end]]
    async with serving(server, chat):
        server.user_says(channel, tanaka, f"{server.bot.mention} a")
        await server.replies(channel, 2)
        end.set()
        old = await finished(server, channel)
        server.faults.fail_next("PATCH", f"/{old[0].id}$", OLD, 1_000)
        generator.script = [["う" * 3_000]]
        server.click(old[-1], tanaka, "kaiwa:regenerate")
        await server.until(lambda: all(message.deleted for message in old))
        replies = await finished(server, channel)
    assert "".join(message.text for message in replies) == "う" * 3_000


async def test_a_thread_that_was_archived_meanwhile_opens_by_the_reply(
    server: DiscordServer, channel: Channel, tanaka: User, chat: Chat, generator: FakeGenerator
) -> None:
    """Its messages cannot be changed before."""
    thread = server.thread(channel, "話")
    end = asyncio.Event()
    generator.script = [["はい、", end, "そうです。"]]
    async with serving(server, chat):
        server.user_says(thread, tanaka, f"{server.bot.mention} a")
        (old,) = await server.replies(thread)
        server.archive(thread)
        end.set()
        await server.until(lambda: old.deleted)
        (reply,) = await finished(server, thread)
    assert reply.text == "はい、そうです。" and not thread.archived


async def test_what_cannot_be_said_in_a_locked_thread_is_said_in_its_channel(
    server: DiscordServer, channel: Channel, tanaka: User, chat: Chat, generator: FakeGenerator
) -> None:
    """That it is locked, and what can be done."""
    thread = server.thread(channel, "話")
    end = asyncio.Event()
    generator.script = [["はい、", end, "そうです。"]]
    async with serving(server, chat):
        server.user_says(thread, tanaka, f"{server.bot.mention} a")
        await server.replies(thread)
        server.archive(thread, locked=True)
        end.set()
        (told,) = await server.replies(channel)
    assert "#話" in told.text and "locked" in told.text


@pytest.mark.parametrize("begun", [True, False])
async def test_a_reply_that_outlives_its_interaction_comes_by_the_channel(
    server: DiscordServer,
    channel: Channel,
    tanaka: User,
    chat: Chat,
    generator: FakeGenerator,
    begun: bool,
) -> None:
    """Discord says so before the bot's own clock does."""
    gates = [asyncio.Event() for _ in range(2)]
    generator.script = [[gates[0], "はい、", gates[1], "そうです。"]]
    async with serving(server, chat):
        asked = server.slash(channel, tanaka, "ask", question="元気？")
        await server.until(lambda: generator.running)
        if begun:
            gates[0].set()
            await asked.said()
        server.advance(LATER)
        for gate in gates:
            gate.set()
        replies = await finished(server, channel)
    assert [message.text for message in replies if not message.loading] == [
        "> 元気？\nはい、そうです。"
    ]


async def test_a_reply_that_outlives_its_interaction_where_the_bot_is_not_ends_quietly(
    server: DiscordServer,
    tanaka: User,
    chat: Chat,
    generator: FakeGenerator,
    store: SqlStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing reaches it any more."""
    channel = server.channel(server.guild("elsewhere", tanaka, bot=False), "general")
    end = asyncio.Event()
    generator.script = [["はい、", end, "そうです。"]]
    async with serving(server, chat):
        asked = server.slash(channel, tanaka, "ask", question="元気？")
        assert await asked.said() == ["> 元気？\nはい、"]
        server.advance(LATER)
        end.set()
        await server.until(lambda: not generator.running)
    assert await store.undelivered("discord") == []
    assert "could not" not in caplog.text


async def test_it_is_known_beforehand_where_a_reply_cannot_be_written(
    server: DiscordServer, channel: Channel, tanaka: User, chat: Chat
) -> None:
    """So that no reply is taken back for one that cannot be shown."""
    thread = server.thread(channel, "話")
    settings = settings_for(server)
    async with servers_restored():
        platform = DiscordPlatform(chat, settings, server.token, print)
        running = asyncio.create_task(platform.run())
        await server.ready()
        await server.until(lambda: platform._client and platform._client.get_channel(thread.id))
        assert platform._client is not None
        here = platform._client.get_channel(thread.id)
        outlet = Places(settings).in_channel(here, None, None)
        assert await outlet.can_write() is None
        server.archive(thread, locked=True)
        await server.until(lambda: getattr(here, "locked", False))
        assert isinstance(await outlet.can_write(), ThreadLocked)
        server.permit(channel, send_messages_in_threads=False)
        parent = platform._client.get_channel(channel.id)
        guild = getattr(parent, "guild", None)
        assert guild is not None
        await server.until(
            lambda: not parent.permissions_for(guild.me).send_messages_in_threads  # type: ignore[union-attr]
        )
        assert isinstance(await outlet.can_write(), MissingPermission)
        await platform.close(1)
        await running


async def test_a_connection_that_breaks_under_a_sign_of_work_is_no_matter(
    server: DiscordServer, channel: Channel, tanaka: User, chat: Chat, generator: FakeGenerator
) -> None:
    """Nothing is left of it in any log, and the reply is shown."""
    more = asyncio.Event()
    generator.script = [[more, "はい"]]
    async with serving(server, chat):
        server.faults.fail_next("POST", "/typing$", Fault(0), 1_000)
        server.user_says(channel, tanaka, f"{server.bot.mention} a")
        await server.until(lambda: server.counts["POST /channels/{channel}/typing"])
        more.set()
        (reply,) = await finished(server, channel)
    assert reply.text == "はい"


async def test_a_command_that_cannot_be_taken_away_brings_no_apology(
    server: DiscordServer, channel: Channel, tanaka: User, chat: Chat, generator: FakeGenerator
) -> None:
    """The reply is written again; who asked may have taken away what said so."""
    generator.script = [["一つ目"], ["二つ目"]]
    async with serving(server, chat):
        server.user_says(channel, tanaka, f"{server.bot.mention} a")
        (reply,) = await finished(server, channel)
        server.faults.fail_next("DELETE", "/messages/@original$", Fault(404, 10008))
        asked = server.slash(channel, tanaka, "regenerate")
        await server.until(lambda: reply.text == "二つ目")
    assert not any(message.text for message in asked.messages)
