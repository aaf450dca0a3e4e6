"""Commands where Slack has none: in threads, after a mention, and without a slash."""

from __future__ import annotations

import asyncio

import pytest

from bot.chat import Chat
from storage.store import SqlStore
from tests.adapters.slack.answers import COMMAND, asked, said, whispered
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished, shown
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_server import SlackServer


@pytest.mark.parametrize("typed", ["context", "/context", "Context", "/kaiwa context"])
async def test_a_command_is_typed_after_a_mention(
    server: SlackServer, chat: Chat, store: SqlStore, typed: str
) -> None:
    """In a channel or a thread, with or without the slash; it is no message to be remembered."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        question = await asked(server, tanaka, channel, "覚えて")
        tanaka.says(channel, f"{server.bot.mention} {typed}")
        answer = await whispered(server, channel)
        # Slack shows nothing private in a thread that has no messages yet.
        assert answer.thread_ts is None and "ユーザー: 覚えて" in answer.shown
        tanaka.says(channel, f"{server.bot.mention} {typed}", question.ts)
        answer = await whispered(server, channel, 2)
        assert answer.thread_ts == question.ts and answer.only_for is tanaka
    assert len(server.bot_messages(channel)) == 1
    assert len(await store.messages_of("slack", tanaka.id)) == 2


async def test_what_cannot_be_whispered_in_a_channel_is_said_in_direct_messages(
    server: SlackServer, chat: Chat
) -> None:
    """Where the channel takes no posts, for one: nobody is left without an answer."""
    tanaka = server.person("tanaka")
    channel = server.channel("announcements", tanaka)
    async with serving(server, chat, mode="socket"):
        server.faults.add("chat.postEphemeral", error="restricted_action_read_only_channel")
        tanaka.says(channel, f"{server.bot.mention} help")
        assert "/kaiwa reset" in (await said(server, tanaka.dm, 1)).shown
    assert server.bot_messages(channel) == [] and not channel.ephemerals


@pytest.mark.parametrize("typed", ["privacy", "/privacy", "kaiwa privacy", "/Kaiwa /privacy"])
async def test_a_command_needs_no_slash_in_direct_messages(
    server: SlackServer, chat: Chat, typed: str
) -> None:
    """Slack keeps what begins with one for itself; there nothing is ephemeral."""
    tanaka = server.person("tanaka")
    async with serving(server, chat, mode="socket"):
        message = tanaka.says(tanaka.dm, typed)
        answer = await said(server, tanaka.dm, 1)
    assert "I keep 0 messages" in answer.shown and answer.thread_ts == message.ts


async def test_a_sentence_that_begins_like_a_command_is_a_message(
    server: SlackServer, chat: Chat
) -> None:
    """So one can talk about help, and about modes."""
    tanaka = server.person("tanaka")
    async with serving(server, chat, mode="socket"):
        for text in ("help me with kanji", "mode of transport?", "stop it"):
            message = tanaka.says(tanaka.dm, text)
            assert shown(await finished(server, tanaka.dm, message)) == text


@pytest.mark.parametrize("in_thread", [True, False])
async def test_a_reset_is_of_where_it_is_given(
    server: SlackServer, chat: Chat, in_thread: bool
) -> None:
    """In a thread the channel remembers on; nothing is deleted."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        question = await asked(server, tanaka, channel, "前")
        reset = f"{server.bot.mention} reset"
        message = tanaka.says(channel, reset, question.ts if in_thread else None)
        answer = await said(server, channel, 2)
        assert "2件" in answer.shown
        assert answer.thread_ts == (question.ts if in_thread else message.ts)
        tanaka.commands(channel, COMMAND, "context")
        remembered = (await whispered(server, channel)).shown
    assert f"I remember {2 if in_thread else 0} messages" in remembered


@pytest.mark.parametrize("mention_first", [True, False])
async def test_a_command_that_comes_twice_acts_once(
    server: SlackServer, chat: Chat, mention_first: bool
) -> None:
    """As a message and as a mention, each of them three times."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    server.stage.mention_first = mention_first
    server.deliveries.copies, server.deliveries.shuffled = 3, not mention_first
    async with serving(server, chat, mode="socket"):
        tanaka.says(channel, f"{server.bot.mention} reset")
        tanaka.says(tanaka.dm, "help")
        await said(server, channel, 1)
        await said(server, tanaka.dm, 1)
        await server.settled()
        tanaka.commands(channel, COMMAND, "context")
        await whispered(server, channel)
    assert [len(server.bot_messages(each)) for each in (channel, tanaka.dm)] == [1, 1]


@pytest.mark.parametrize("how", ["slash", "mention", "thread"])
async def test_stop_ends_what_is_being_written(
    server: SlackServer, chat: Chat, generator: FakeGenerator, store: SqlStore, how: str
) -> None:
    """From the channel also what is written in its threads, where Slack has no commands."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    generator.script = [["途中", asyncio.Event()]]
    async with serving(server, chat, mode="socket"):
        question = tanaka.says(channel, f"{server.bot.mention} 長く")
        await server.until(lambda: "途中" in shown(server.bot_messages(channel)))
        if how == "slash":
            tanaka.commands(channel, COMMAND, "stop")
        else:
            thread = question.ts if how == "thread" else None
            tanaka.says(channel, f"{server.bot.mention} stop", thread)
        assert "Stopped" in (await whispered(server, channel)).shown
        reply = (await finished(server, channel, question))[-1]
    assert reply.shown.startswith("途中") and "stopped" in reply.shown
    assert [m.partial for _, m in await store.messages_of("slack", tanaka.id)] == [False, True]


@pytest.mark.parametrize("how", ["slash", "mention", "thread"])
async def test_regenerate_writes_the_newest_reply_again(
    server: SlackServer, chat: Chat, generator: FakeGenerator, how: str
) -> None:
    """In the message in which it stands; from the channel, the newest of its threads' too."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    generator.script = [["古い"], ["一回目"], ["二回目" * 4_000]]
    async with serving(server, chat, mode="socket"):
        await asked(server, tanaka, channel, "前")
        question = await asked(server, tanaka, channel, "言って")
        first = server.bot_messages(channel, question.ts)
        if how == "slash":
            tanaka.commands(channel, COMMAND, "regenerate")
        else:
            thread = question.ts if how == "thread" else None
            tanaka.says(channel, f"{server.bot.mention} regenerate", thread)
        await server.until(
            lambda: shown(server.bot_messages(channel, question.ts)).count("二") == 4_000
        )
        again = server.bot_messages(channel, question.ts)
        await server.settled()
    assert len(again) > 1 and again[0] is first[0]
    assert len(server.bot_messages(channel)) == 1 + len(again) and not channel.ephemerals


async def test_commands_that_were_given_meanwhile_are_not_given_later(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """What was asked is answered; a command may not be wanted any more."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        await asked(server, tanaka, channel, "覚えて")
    server.deliveries.retry_after, server.deliveries.waits = (), 0.0
    for text in ("reset", "/forget-me yes", "/kaiwa help", "/hepl"):
        tanaka.says(channel, f"{server.bot.mention} {text}")
    missed = tanaka.says(channel, f"{server.bot.mention} まだいる？")
    await server.settled()
    async with serving(server, chat, mode="socket"):
        await finished(server, channel, missed)
        await server.settled()
    assert len(server.bot_messages(channel)) == 2 and not channel.ephemerals
    assert len(await store.messages_of("slack", tanaka.id)) == 4
