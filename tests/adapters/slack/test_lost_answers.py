"""Slack posts something and the answer is lost: what was posted is found, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from adapters.slack import interactions
from adapters.slack.blocks import REGENERATE
from bot.chat import Chat
from storage.store import SqlStore
from tests.adapters.slack.answers import COMMAND, whispered
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished, is_finished, shown
from tests.adapters.slack.test_ask_about import ask
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

POST = "chat.postMessage"


@pytest.fixture
def tanaka(server: SlackServer) -> Person:
    """Somebody."""
    return server.person("tanaka")


@pytest.fixture
def suzuki(server: SlackServer) -> Person:
    """Somebody else."""
    return server.person("suzuki")


@pytest.fixture
def general(server: SlackServer, tanaka: Person, suzuki: Person) -> Channel:
    """A channel with the bot and both in it."""
    return server.channel("general", tanaka, suzuki)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interactions, "POST_PAUSE", 0.01)


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("after", [True, False])
async def test_a_question_about_a_message_is_never_taken_for_a_part_of_a_reply(
    server: SlackServer,
    chat: Chat,
    generator: FakeGenerator,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
    streams: bool,
    after: bool,
) -> None:
    """It is the bot's own message, and stands in the same thread, behind the other question."""
    server.team.streams = streams
    gate, second = asyncio.Event(), asyncio.Event()
    generator.script = [[gate, "tanakaへの返事です。"], [second, "suzukiへの返事です。"]]
    async with serving(server, chat):
        root = suzuki.says(general, "ただの発言")
        tanaka.says(general, f"{server.bot.mention} しつもん", root.ts)
        await server.until(lambda: generator.running)
        await ask(server, suzuki, root, "これは何？")
        await server.until(lambda: "suzuki: これは何？" in shown(general.thread(root.ts)))
        server.faults.add("chat.startStream" if streams else POST, status=500, after=after)
        gate.set()
        await finished(server, general, root)
        second.set()
        await finished(server, general, root, 2)
    said = [message.shown for message in server.bot_messages(general, root.ts)]
    assert said == ["suzuki: これは何？", "tanakaへの返事です。", "suzukiへの返事です。"]


@pytest.mark.parametrize("after", [True, False])
async def test_a_stream_is_never_taken_for_that_of_another_reply(
    server: SlackServer,
    chat: Chat,
    generator: FakeGenerator,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
    after: bool,
) -> None:
    """Which begins in the same thread while it is looked for what became of the first one."""
    gate, end = asyncio.Event(), asyncio.Event()
    generator.script = [[gate, "tanakaへの返事です。"], ["suzukiへの", end, "返事です。"]]
    async with serving(server, chat):
        root = tanaka.says(general, f"{server.bot.mention} しつもん")
        await server.until(lambda: generator.running)
        suzuki.says(general, f"{server.bot.mention} わたしも", root.ts)
        await server.settled()
        server.faults.add("chat.startStream", status=500, after=after)
        with server.faults.hold("conversations.replies") as hold:
            gate.set()
            await hold.reached.wait()
            await server.until(lambda: len(server.bot_messages(general, root.ts)) == 1 + after)
        end.set()
        await finished(server, general, root, 2)
    said = [message.shown for message in server.bot_messages(general, root.ts)]
    assert sorted(said) == ["suzukiへの返事です。", "tanakaへの返事です。"]


@pytest.mark.parametrize("by", ["button", "command"])
async def test_a_reply_that_is_written_again_is_not_taken_for_another_one(
    server: SlackServer,
    chat: Chat,
    generator: FakeGenerator,
    tanaka: Person,
    general: Channel,
    by: str,
) -> None:
    """Each writing has a name of its own, also in one channel, and by whatever means."""
    server.team.streams = False
    parts = [letter * 8_000 for letter in "あいうえ"]
    generator.script = [["一"], ["\n\n".join(parts[:2])], ["二"], ["\n\n".join(parts[2:])]]
    async with serving(server, chat, reply_in="channel"):
        for count in (1, 2):
            tanaka.says(general, f"{server.bot.mention} もっと")
            await finished(server, general, count=count)
            reply = server.bot_messages(general)[-1]
            server.faults.add(POST, status=500)
            if by == "button":
                tanaka.presses(reply, REGENERATE)
            else:
                tanaka.commands(general, COMMAND, "regenerate")
            await written(server, general, 2 * count)
    assert [message.shown for message in server.bot_messages(general)] == parts


async def written(server: SlackServer, channel: Channel, count: int) -> None:
    """Wait until the bot has so many messages there, the last one a reply's end."""

    def done() -> bool:
        there = server.bot_messages(channel)
        return len(there) >= count and is_finished(there[-1])

    await server.until(done)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [0, 500])
async def test_a_question_about_a_message_is_shown_once_and_answered(
    server: SlackServer,
    chat: Chat,
    generator: FakeGenerator,
    tanaka: Person,
    general: Channel,
    status: int,
    after: bool,
) -> None:
    """Whether Slack had shown it before it failed, or not; also in a thread of any length."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    server.advance(-3_600)
    root = tanaka.says(general, "ただの発言")
    for number in range(250):
        tanaka.says(general, str(number), root.ts)
    await server.settled()
    server.advance(3_600)
    async with serving(server, chat, catch_up_minutes=0):
        server.faults.add(POST, status=status, after=after)
        await ask(server, tanaka, root, "これは何？")
        await finished(server, general, root)
    question, reply = server.bot_messages(general, root.ts)
    assert question.shown == "tanaka: これは何？" and reply.shown.endswith("これは何？")
    assert len(generator.requests) == 1


async def test_who_asks_about_a_message_is_told_where_the_question_cannot_be_shown(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    tanaka: Person,
    general: Channel,
) -> None:
    """Nothing is kept of it then, and it is tried no more."""
    async with serving(server, chat):
        about = tanaka.says(general, "ただの発言")
        server.faults.add(POST, status=503, times=interactions.POST_TRIES)
        await ask(server, tanaka, about, "これは何？")
        told = await whispered(server, general)
    assert told.only_for is tanaka and "Something went wrong" in told.shown
    assert not server.bot_messages(general)
    assert await store.messages_of("slack", tanaka.id) == []
