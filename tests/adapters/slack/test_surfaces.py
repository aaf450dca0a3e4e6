"""The view of an agent, and the buttons below replies, as people on Slack use them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.slack import assistant, blocks
from adapters.slack.outlet import STOPPED
from bot.chat import Chat
from storage.store import SqlStore
from tests.adapters.slack.answers import asked, whispered
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished, shown
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer


async def writing(
    server: SlackServer, generator: FakeGenerator, person: Person, channel: Channel
) -> tuple[Message, Message]:
    """A question, and the reply to it that is being written and would never end."""
    generator.script = [["途中まで", asyncio.Event()]]
    question = person.says(channel, f"{server.bot.mention} 長く書いて")
    await server.until(lambda: "途中まで" in shown(server.bot_messages(channel, question.ts)))
    return question, server.bot_messages(channel, question.ts)[0]


async def test_questions_are_suggested_to_who_opens_the_messages(
    server: SlackServer, chat: Chat
) -> None:
    """And nothing is published there; a workspace that knows no agents is served all the same."""
    tanaka = server.person("tanaka")
    async with serving(server, chat, mode="socket"):
        tanaka.opens_home("messages")
        await server.until(lambda: server.thread(tanaka.dm).prompts)
        suggested = server.thread(tanaka.dm)
        assert [(p["title"], p["message"]) for p in suggested.prompts] == list(assistant.PROMPTS)
        assert suggested.prompts_title == assistant.TITLE and server.home(tanaka) is None
        server.team.is_agent = False
        tanaka.opens_home("messages")
        message = tanaka.says(tanaka.dm, assistant.PROMPTS[0][1])
        assert shown(await finished(server, tanaka.dm, message)) == assistant.PROMPTS[0][1]


@pytest.mark.parametrize("direct", [True, False])
async def test_a_session_has_a_title_and_tells_that_the_bot_is_at_work(
    server: SlackServer, chat: Chat, direct: bool
) -> None:
    """The title is the first question's beginning, in one line; the end is told too."""
    tanaka = server.person("tanaka")
    channel = tanaka.dm if direct else server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        text = "猫は\n何ですか。" + "あ" * 300
        question = await asked(server, tanaka, channel, text)
        await asked_again(server, tanaka, channel, question)
        session = server.thread(channel, question.ts)
        await server.until(lambda: session.session == "active")
    assert session.title.startswith("猫は 何ですか。あ") and len(session.title) < 200
    assert session.sessions[0] == "processing" and session.status == ""
    assert any(session.statuses)


async def asked_again(
    server: SlackServer, person: Person, channel: Channel, question: Message
) -> None:
    """A second question in the thread of the first."""
    person.says(channel, "もう一つ", question.ts)
    await finished(server, channel, question, 2)


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("direct", [True, False])
async def test_slacks_own_stop_ends_a_reply(
    server: SlackServer,
    chat: Chat,
    generator: FakeGenerator,
    store: SqlStore,
    mode: str,
    direct: bool,
) -> None:
    """It is marked as stopped, stored as far as it went, and the model rests."""
    tanaka = server.person("tanaka")
    channel = tanaka.dm if direct else server.channel("general", tanaka)
    async with serving(server, chat, mode=mode):
        question, _ = await writing(server, generator, tanaka, channel)
        assert tanaka.stops(channel, question.ts)  # a stream of Slack's own
        (reply,) = await finished(server, channel, question)
        await server.until(lambda: server.thread(channel, question.ts).session == "active")
    assert reply.shown == f"途中まで\n\n{STOPPED}" and generator.running == 0
    kept = [(m.text, m.partial) for _, m in await store.messages_of("slack", tanaka.id)]
    assert kept[1] == ("途中まで", True)


@pytest.mark.parametrize("reply_in", ["thread", "channel"])
async def test_the_button_stop_ends_the_reply_above_it(
    server: SlackServer, chat: Chat, generator: FakeGenerator, store: SqlStore, reply_in: str
) -> None:
    """Where replies do not stream. Pressed late, it says so, and stops nothing else."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    on_and_on = asyncio.Event()
    generator.script = [["途中まで", asyncio.Event()], ["次の", on_and_on, "返答"]]
    async with serving(server, chat, mode="socket", streaming="off", reply_in=reply_in):
        question = tanaka.says(channel, f"{server.bot.mention} 長く書いて")
        await server.until(lambda: "途中まで" in shown(server.bot_messages(channel)))
        (reply,) = server.bot_messages(channel)
        button: dict[str, Any] = reply.actions()[0]
        suzuki.presses(reply, blocks.STOP)
        await finished(server, channel)
        assert STOPPED in reply.shown and not channel.ephemerals
        tanaka.says(channel, f"{server.bot.mention} 次", question.ts if reply.thread_ts else None)
        await server.until(lambda: "次の" in shown(server.bot_messages(channel)))
        server.stage.interactions.action(tanaka, channel, reply, button)
        late = await whispered(server, channel)
        assert "not being written" in late.shown and late.thread_ts == reply.thread_ts
        on_and_on.set()
        assert (await finished(server, channel, count=2))[-1].shown == "次の返答"
    stopped = [m.partial for _, m in await store.messages_of("slack", tanaka.id)]
    assert stopped == [False, True, False, False]


async def test_the_button_regenerate_writes_a_reply_again(
    server: SlackServer, chat: Chat, generator: FakeGenerator
) -> None:
    """In its place, also after a restart; one that is not the newest stays, and why is told."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    generator.script = [["一回目"], ["二回目"], ["別の話"]]
    async with serving(server, chat, mode="socket"):
        question = await asked(server, tanaka, channel, "言って")
        (reply,) = server.bot_messages(channel)
    async with serving(server, chat, mode="socket"):
        tanaka.presses(reply, blocks.REGENERATE)
        await server.until(lambda: reply.shown == "二回目" and reply.actions())
        assert [turn.text for turn in generator.requests[1].prompt.turns][-1] == "言って"
        await asked_again(server, tanaka, channel, question)
        tanaka.presses(reply, blocks.REGENERATE)
        assert "newest" in (await whispered(server, channel)).shown
    assert [each.shown for each in server.bot_messages(channel)] == ["二回目", "別の話"]


async def test_a_rating_is_stored_and_thanked_for(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """One of each person for a reply, the newest; of who opted out none."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    await store.opt_out("slack", suzuki.id, True)
    async with serving(server, chat, mode="socket"):
        question = await asked(server, tanaka, channel, "猫")
        (reply,) = server.bot_messages(channel)
        for number, (value, stored) in enumerate((("positive", 1), ("negative", -1)), 1):
            tanaka.presses(reply, blocks.FEEDBACK, value)
            thanks = await whispered(server, channel, number)
            assert "noted" in thanks.shown and thanks.thread_ts == question.ts
            ((key, given, _),) = await store.ratings_of("slack", tanaka.id)
            assert (key.thread, given) == (question.ts, stored)
        suzuki.presses(reply, blocks.FEEDBACK, "positive")
        refusal = await whispered(server, channel, 3)
    assert refusal.only_for is suzuki and "/kaiwa privacy in" in refusal.shown
    assert await store.ratings_of("slack", suzuki.id) == []
