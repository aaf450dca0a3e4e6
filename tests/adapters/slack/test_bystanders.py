"""What is not for the bot, who may not stop it, and how often one may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from adapters.slack.blocks import REGENERATE
from bot.chat import Chat
from bot.limits import RateLimiter
from bot.policy import Mode, Policy
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.adapters.slack.answers import COMMAND, whispered
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

Limited = Callable[..., Chat]


@pytest.fixture
def suzuki(server: SlackServer) -> Person:
    """Somebody else."""
    return server.person("鈴木")


@pytest.fixture
def general(server: SlackServer, tanaka: Person, suzuki: Person) -> Channel:
    """A channel with the bot and both in it."""
    return server.channel("general", tanaka, suzuki)


@pytest.fixture
def limited(store: SqlStore, generator: FakeGenerator) -> Limited:
    """Makes a chat; `per_user` and `per_channel` are how many messages a minute it answers."""

    def make(*, per_user: int = 0, per_channel: int = 0) -> Chat:
        policy = Policy(Mode.MENTION, RateLimiter(per_user), RateLimiter(per_channel))
        return Chat(store, generator, RinnaFormat(CharacterTokenizer()), policy=policy)

    return make


@pytest.mark.parametrize(
    "to",
    [
        *["<!here>", "<!channel>", "<!everyone>", "<!here|here>", "<@U0SOMEBODY>"],
        *["<!subteam^S0123456>", "<!subteam^S0123456|@designers>"],
    ],
)
@pytest.mark.parametrize("mode", ["mention", "always"])
async def test_what_speaks_to_others_in_a_thread_is_not_answered(
    server: SlackServer, chat: Chat, tanaka: Person, suzuki: Person, to: str, mode: str
) -> None:
    """Though the bot has spoken there, or answers all that is said to nobody else."""
    admin = server.person("管理", admin=True)
    channel = server.channel("other", tanaka, suzuki, admin)
    async with serving(server, chat):
        admin.commands(channel, COMMAND, f"mode {mode}")
        await server.until(lambda: server.answers)
        root = tanaka.says(channel, f"{server.bot.mention} はじめ")
        await finished(server, channel, root)
        suzuki.says(channel, f"{to} ランチ行く人", root.ts)
        suzuki.says(channel, "これは？", root.ts)
        replies = await finished(server, channel, root, 2)
        assert [reply.shown for reply in replies] == ["はじめ", "これは？"]


async def test_a_date_or_a_link_speaks_to_nobody(
    server: SlackServer, chat: Chat, tanaka: Person, general: Channel
) -> None:
    """It is written like a mention, and is none; and the bot's own mention goes before all."""
    said = [
        "<!date^1392734382^{date}|二月> はどう？",
        "<https://example.com|これ> は？",
        f"<!here> {server.bot.mention} みんなに教えて",
    ]
    async with serving(server, chat):
        root = tanaka.says(general, f"{server.bot.mention} はじめ")
        for count, text in enumerate(said, 2):
            await finished(server, general, root, count - 1)
            tanaka.says(general, text, root.ts)
        await finished(server, general, root, 4)


@pytest.mark.parametrize("streams", [True, False])
async def test_slacks_stop_by_somebody_blocked_stops_nothing(
    server: SlackServer,
    chat: Chat,
    generator: FakeGenerator,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
    streams: bool,
) -> None:
    """Slack ends what streams all the same; the reply is then written on by edits."""
    server.team.streams = streams
    end = asyncio.Event()
    generator.script = [["はじめ", end, "おわり"]]
    async with serving(server, chat, blocked_users=[suzuki.id]):
        asked = tanaka.says(general, f"{server.bot.mention} 話して")
        await server.until(lambda: server.bot_messages(general, asked.ts))
        suzuki.stops(general, asked.ts)
        await finished(server, tanaka.dm, tanaka.says(tanaka.dm, "あとから"))
        assert generator.running
        end.set()
        (reply,) = await finished(server, general, asked)
    assert reply.shown == "はじめおわり"


async def test_slacks_stop_by_anybody_else_stops_the_reply(
    server: SlackServer,
    chat: Chat,
    generator: FakeGenerator,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
) -> None:
    """Also by who did not ask."""
    generator.script = [["はじめ", asyncio.Event()]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} 話して")
        await server.until(lambda: server.bot_messages(general, asked.ts))
        suzuki.stops(general, asked.ts)
        await server.until(lambda: not generator.running)
        await finished(server, general, asked)


@pytest.mark.parametrize("by", ["button", "command", "mention"])
async def test_writing_again_counts_as_a_question_of_who_asks_for_it(
    server: SlackServer,
    limited: Limited,
    generator: FakeGenerator,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
    by: str,
) -> None:
    """By whatever means; beyond the limit only they are told, and the reply stays."""
    generator.script = [["一"], ["二"], ["三"]]
    async with serving(server, limited(per_user=1), reply_in="channel"):
        tanaka.says(general, f"{server.bot.mention} 数えて")
        (reply,) = await finished(server, general)
        again(server, by, tanaka, general)
        told = await refused(server, by, general)
        assert "1 messages a minute" in told
        assert len(generator.requests) == 1 and reply.shown == "一"
        again(server, by, suzuki, general)
        await server.until(lambda: reply.shown == "二")
        await finished(server, general)
        again(server, by, suzuki, general)
        await refused(server, by, general, 2)
    assert len(generator.requests) == 2 and server.bot_messages(general) == [reply]


def again(server: SlackServer, by: str, person: Person, channel: Channel) -> None:
    """Ask for the newest reply to be written again."""
    if by == "button":
        person.presses(server.bot_messages(channel)[0], REGENERATE)
    elif by == "command":
        person.commands(channel, COMMAND, "regenerate")
    else:
        person.says(channel, f"{server.bot.mention} /regenerate")


async def refused(server: SlackServer, by: str, channel: Channel, count: int = 1) -> str:
    """Wait until so many people were told something alone; the last words."""
    if by == "mention":
        return (await whispered(server, channel, count)).shown
    await server.until(lambda: len(server.answers) >= count)
    assert server.answers[-1]["response_type"] == "ephemeral"
    return str(server.answers[-1]["text"])


async def test_writing_again_counts_against_the_channel_too(
    server: SlackServer,
    limited: Limited,
    generator: FakeGenerator,
    tanaka: Person,
    suzuki: Person,
    general: Channel,
) -> None:
    """Whoever asks for it there."""
    async with serving(server, limited(per_channel=1)):
        asked = tanaka.says(general, f"{server.bot.mention} 数えて")
        (reply,) = await finished(server, general, asked)
        suzuki.presses(reply, REGENERATE)
        assert "1 messages a minute" in (await whispered(server, general)).shown
    assert len(generator.requests) == 1
