"""What happens in a conversation is taken in as it came, though Slack is slow to tell names."""

from __future__ import annotations

import asyncio

import pytest

from adapters.slack import directory
from bot.chat import Chat
from bot.messages import ConversationKey, Role
from storage.store import SqlStore
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer


class Clock:
    """The directory's clock, which a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def suzuki(server: SlackServer) -> Person:
    """Somebody else."""
    return server.person("鈴木")


@pytest.fixture
def general(server: SlackServer, tanaka: Person, suzuki: Person) -> Channel:
    """A channel with the bot and both in it."""
    return server.channel("general", tanaka, suzuki)


def invented(count: int, kind: str = "U0FAKE") -> str:
    """Mentions of so many people whom nobody knows."""
    return " ".join(f"<@{kind}{number:05}>" for number in range(count))


async def stored_in(
    server: SlackServer, store: SqlStore, channel: Channel, thread: Message
) -> list[str]:
    """What is kept of a thread, oldest first."""
    key = ConversationKey("slack", server.team.id, channel.id, thread.ts)
    number = await store.find(key)
    return [] if number is None else [m.text for m in await store.history(number, limit=99)]


async def until_stored(
    server: SlackServer, store: SqlStore, channel: Channel, thread: Message, texts: list[str]
) -> None:
    """Wait until a thread is kept, and of it so much."""
    key = ConversationKey("slack", server.team.id, channel.id, thread.ts)
    async with asyncio.timeout(60):
        while await store.find(key) is None:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.02)
        while await stored_in(server, store, channel, thread) != texts:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_message_that_is_deleted_while_its_author_is_looked_up_is_not_kept(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    generator: FakeGenerator,
    tanaka: Person,
    general: Channel,
) -> None:
    """Nor answered for long: its author took it back."""
    generator.gate.clear()
    async with serving(server, chat):
        with server.faults.hold("users.info") as hold:
            asked = tanaka.says(general, f"{server.bot.mention} パスワードは hunter2")
            await hold.reached.wait()
            tanaka.deletes(asked)
            await server.settled()
        await until_stored(server, store, general, asked, [])
        await server.until(lambda: not generator.running)
        generator.gate.set()
        other = tanaka.says(general, f"{server.bot.mention} べつの話")
        await finished(server, general, other)
    assert await stored_in(server, store, general, asked) == []


async def test_a_message_that_is_edited_while_its_names_are_looked_up_is_kept_as_edited(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    generator: FakeGenerator,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
) -> None:
    """Also where the new text needs no look-up: what it said first is nowhere."""
    async with serving(server, chat):
        await finished(server, tanaka.dm, tanaka.says(tanaka.dm, "はじめまして"))
        generator.gate.clear()
        with server.faults.hold("users.info") as hold:
            asked = tanaka.says(general, f"{server.bot.mention} {suzuki.mention}さんは？")
            await hold.reached.wait()
            tanaka.edits(asked, f"{server.bot.mention} ただしい")
            tanaka.says(tanaka.dm, "あとから")  # what came before it has had its turn
            await server.until(lambda: len(generator.requests) == 2)
        await until_stored(server, store, general, asked, ["ただしい"])
        generator.gate.set()
        await server.until(lambda: [m.shown for m in server.bot_messages(general)] == ["ただしい"])
        await finished(server, general, asked)
    assert await stored_in(server, store, general, asked) == ["ただしい", "ただしい"]


async def test_what_is_said_in_a_thread_is_kept_in_order_though_an_author_is_unknown(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
) -> None:
    """A message of somebody known does not overtake one of somebody who is looked up."""
    async with serving(server, chat):
        root = suzuki.says(general, f"{server.bot.mention} はじめ")
        await finished(server, general, root)
        with server.faults.hold("users.info") as hold:
            tanaka.says(general, "一", root.ts)
            await hold.reached.wait()
            suzuki.says(general, "二", root.ts)
            # What comes later has been answered: what came before it has had its turn.
            await finished(server, suzuki.dm, suzuki.says(suzuki.dm, "べつ"))
        await server.until(lambda: "二" in [m.shown for m in server.bot_messages(general)])
        said = await stored_in(server, store, general, root)
    assert said[2] == "一" and said.index("二") > 2


async def test_a_name_that_is_looked_up_holds_up_no_other_conversation(
    server: SlackServer,
    chat: Chat,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor for ever its own: after a few seconds a person is called by their id."""
    monkeypatch.setattr(directory, "ASK_SECONDS", 3 * directory.ASK_SECONDS)
    async with serving(server, chat):
        known = suzuki.says(general, f"{server.bot.mention} 前")
        await finished(server, general, known)
        with server.faults.hold("users.info") as hold:
            slow = tanaka.says(general, f"{server.bot.mention} 遅い")
            await hold.reached.wait()
            quick = suzuki.says(general, f"{server.bot.mention} 速い")
            await finished(server, general, quick)
            assert not server.bot_messages(general, slow.ts)
            await finished(server, general, slow)


async def test_many_invented_mentions_cost_few_look_ups_and_hold_up_nobody(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    generator: FakeGenerator,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
) -> None:
    """At Slack's own rate; and whoever sends them is called by name all the same."""
    server.pace.minute = 60.0
    generator.context_length = 9_000
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} {invented(250, 'U000000000')}")
        await finished(server, general, asked)
        assert server.counts["users.info"] == directory.MOST_AT_ONCE == 20
        for number in range(10):
            tanaka.says(general, invented(250, f"U{number}FAKE"))
        other = suzuki.says(general, f"{server.bot.mention} 速い")
        (reply,) = await finished(server, general, other)
        assert reply.shown == "速い"
        await server.settled()
        # What is beyond Slack's rate is not waited for, and so not asked for once more.
        assert server.counts["users.info"] <= 11 * directory.MOST_AT_ONCE + 1
    key = ConversationKey("slack", server.team.id, general.id, asked.ts)
    kept = await store.find(key)
    assert kept is not None
    assert (await store.history(kept, limit=9))[0].author_name == "田中"


async def test_a_look_up_that_failed_is_not_tried_again_for_a_while(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    tanaka: Person,
    general: Channel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Afterwards it is; what was known before stays known meanwhile."""
    clock = Clock()
    monkeypatch.setattr(directory, "time", clock)

    async def asks(text: str) -> int:
        before = server.counts["users.info"]
        said = tanaka.says(general, f"{server.bot.mention} {text}")
        await finished(server, general, said)
        return server.counts["users.info"] - before

    async with serving(server, chat):
        assert await asks(invented(1)) == 2  # the author's, too
        assert await asks(invented(1)) == 0
        clock.now += directory.FAILED_SECONDS + 1
        assert await asks(invented(1)) == 1
        clock.now += directory.FRESH_SECONDS
        server.faults.add("users.info", status=503, times=1)
        assert await asks("まだ知ってる？") == 1
        assert await asks("まだ？") == 0
        clock.now += directory.FAILED_SECONDS + 1
        assert await asks("また？") == 1
    kept = [m for _, m in await store.messages_of("slack", tanaka.id) if m.role is Role.USER]
    assert [message.author_name for message in kept] == ["田中"] * 6


async def test_of_two_edits_within_a_second_the_second_is_kept(
    server: SlackServer, chat: Chat, store: SqlStore, tanaka: Person, general: Channel
) -> None:
    """Slack tells of both with the same moment."""
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} 一")
        await finished(server, general, asked)
        tanaka.edits(asked, f"{server.bot.mention} 二")
        previous = server.world.shown(general, asked)
        asked.text = f"{server.bot.mention} 三"
        server.world.changed(general, asked, previous)
        await until_stored(server, store, general, asked, ["三", "一"])
