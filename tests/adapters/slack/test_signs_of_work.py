"""Slack's sign that the bot is at work: it goes in any case, and holds nothing up."""

from __future__ import annotations

import asyncio

import pytest

from adapters.slack import session
from adapters.slack.blocks import STOP
from bot.chat import Chat
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

BUTTON, LINE = "agents.sessions.setStatus", "assistant.threads.setStatus"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PAUSE", 0.01)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [429, 500, 0])
async def test_the_stop_button_goes_though_slack_fails(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    status: int,
    after: bool,
) -> None:
    """However it fails, and whether it had done it."""
    server.team.streams = False
    end = asyncio.Event()
    generator.script = [["はい", end, "。"]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await server.until(lambda: server.bot_messages(general, asked.ts))
        assert server.thread(general, asked.ts).session == "processing"
        server.faults.add(BUTTON, status=status, after=after, times=2)
        end.set()
        await finished(server, general, asked)
        await server.until(lambda: server.counts[BUTTON] >= 4)
        await server.until(lambda: server.thread(general, asked.ts).session == "active")


@pytest.mark.parametrize("status", [0, 500])
async def test_a_button_of_which_slack_did_not_say_whether_it_is_there_goes_too(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    status: int,
) -> None:
    """It was shown, and the answer was lost."""
    end = asyncio.Event()
    generator.script = [["はい", end, "。"]]
    async with serving(server, chat):
        server.faults.add(BUTTON, status=status, after=True)
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await server.until(lambda: server.bot_messages(general, asked.ts))
        assert server.thread(general, asked.ts).session == "processing"
        end.set()
        await finished(server, general, asked)
        await server.until(lambda: server.thread(general, asked.ts).session == "active")


@pytest.mark.parametrize("streams", [True, False])
async def test_a_button_that_an_earlier_process_left_goes_with_the_stored_reply(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    streams: bool,
) -> None:
    """The reply was stored, and Slack out of reach when its end was to be shown."""
    server.team.streams = streams
    end = asyncio.Event()
    generator.script = [["はい", end, "そうです"]]
    async with serving(server, chat, grace=0.1):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await server.until(lambda: server.bot_messages(general, asked.ts))
        server.faults.add("*", status=0, times=10_000)
        end.set()
        await server.until(lambda: not generator.running)
    server.faults.relent()
    assert server.thread(general, asked.ts).session == "processing"
    async with serving(server, chat):
        (reply,) = await finished(server, general, asked)
        await server.until(lambda: server.thread(general, asked.ts).session == "active")
    assert reply.shown == "はいそうです"


async def test_a_button_goes_though_another_thread_was_refused_one_meanwhile(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """What a workspace seems to lack since then is no reason to leave it."""
    server.team.streams = False
    end = asyncio.Event()
    generator.script = [["はい", end, "。"], ["二"], ["三"]]
    async with serving(server, chat):
        first = tanaka.says(general, f"{server.bot.mention} 一")
        await server.until(lambda: server.bot_messages(general, first.ts))
        server.faults.add(BUTTON, error="not_authorized")
        second = tanaka.says(general, f"{server.bot.mention} 二")
        await finished(server, general, second)
        tried = server.counts[BUTTON]
        await finished(server, general, tanaka.says(general, f"{server.bot.mention} 三"))
        assert server.counts[BUTTON] == tried  # it counts as lacking
        end.set()
        await finished(server, general, first)
        await server.until(lambda: server.thread(general, first.ts).session == "active")
    assert server.thread(general, second.ts).session == ""


async def test_one_thread_that_slack_refuses_is_not_the_whole_workspace(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat
) -> None:
    """The next reply has its button."""
    async with serving(server, chat):
        server.faults.add(BUTTON, error="invalid_thread_ts")
        first = tanaka.says(general, f"{server.bot.mention} 一")
        await finished(server, general, first)
        second = tanaka.says(general, f"{server.bot.mention} 二")
        await finished(server, general, second)
    assert server.thread(general, first.ts).session == ""
    assert server.thread(general, second.ts).sessions[0] == "processing"


@pytest.mark.parametrize("method", [LINE, BUTTON])
async def test_the_first_words_do_not_wait_for_a_sign_that_hangs(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    """Where Slack does not say whether its button is there, the bot's own stands below them."""
    monkeypatch.setattr(session, "BUTTON_SECONDS", 0.2 if method == BUTTON else 60)
    end = asyncio.Event()
    generator.script = [["はい", end, "。"]]
    async with serving(server, chat):
        with server.faults.hold(method) as hold:
            asked = tanaka.says(general, f"{server.bot.mention} a")
            await hold.reached.wait()
            await server.until(lambda: server.bot_messages(general, asked.ts))
            (reply,) = server.bot_messages(general, asked.ts)
            buttons = [action["action_id"] for action in reply.actions()]
            assert reply.streaming if method == LINE else buttons == [STOP]
            end.set()
            await finished(server, general, asked)
        await server.until(lambda: server.thread(general, asked.ts).session == "active")
        await server.until(lambda: server.counts[LINE])  # it came after all that was said
        await server.until(lambda: not server.thread(general, asked.ts).status)
    assert reply.shown == "はい。"


async def test_a_line_that_went_with_the_first_words_is_not_taken_away_once_more(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat
) -> None:
    """Slack does so by itself."""
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await finished(server, general, asked)
    assert server.thread(general, asked.ts).statuses == [session.THINKING, ""]
    assert server.counts[LINE] == 1
