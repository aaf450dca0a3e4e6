"""How a reply is written on Slack: by its own streams, by edits, and whatever fails meanwhile."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from adapters.slack.blocks import REGENERATE, STOP
from adapters.slack.outlet import STOPPED
from adapters.slack.transport import workspaces
from bot.chat import Chat
from storage.store import SqlStore
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished, shown
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer


async def written_so_far(server: SlackServer, channel: Channel, text: str) -> None:
    """Wait until a reply shows this much."""
    await server.until(lambda: shown(server.bot_messages(channel)).startswith(text))


async def test_a_reply_streams_in_its_thread_and_ends_with_buttons(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """By Slack's own means: it is begun, grows, and is never edited."""
    middle, end = asyncio.Event(), asyncio.Event()
    generator.script = [["これは", middle, "<b>猫</b>", end, "です。"]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} なに")
        await written_so_far(server, general, "これは")
        middle.set()
        await written_so_far(server, general, "これは<b>猫</b>")
        end.set()
        (reply,) = await finished(server, general, asked)
        assert reply.shown == "これは<b>猫</b>です。"
        assert [a["action_id"] for a in reply.actions()][-1] == REGENERATE
    counts = server.counts
    assert counts["chat.startStream"] == counts["chat.stopStream"] == 1
    assert counts["chat.appendStream"] in (1, 2)  # the last words may come before the end does
    assert counts["chat.postMessage"] == counts["chat.update"] == 0
    assert server.thread(general, asked.ts).session == "active"


async def test_a_workspace_without_streams_gets_edits(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """Found out at the first reply, and remembered."""
    server.team.streams = False
    async with serving(server, chat):
        for number in range(2):
            more = asyncio.Event()
            generator.script = [["はい、", more, "そうです。"]]
            asked = tanaka.says(general, f"{server.bot.mention} {number}")
            await server.until(partial(server.bot_messages, general, asked.ts))
            (writing,) = server.bot_messages(general, asked.ts)
            assert [a["action_id"] for a in writing.actions()] == [STOP]
            more.set()
            (reply,) = await finished(server, general, asked)
            assert reply.shown == "はい、そうです。"
    assert server.counts["chat.startStream"] == 1


async def test_an_app_without_slacks_stop_button_does_not_stream(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat
) -> None:
    """Else its replies could not be stopped."""
    server.team.is_agent = False
    async with serving(server, chat):
        await finished(server, general, tanaka.says(general, f"{server.bot.mention} a"))
    assert not server.counts["chat.startStream"]


async def test_a_stream_is_ended_before_slack_ends_it(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After four minutes the same message is written on by edits."""
    monkeypatch.setattr("adapters.slack.streams.SECONDS", 0.0)
    more = asyncio.Event()
    generator.script = [["長い", more, "話。"]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await written_so_far(server, general, "長い")
        more.set()
        (reply,) = await finished(server, general, asked)
    assert reply.shown == "長い話。"
    assert not server.counts["chat.appendStream"] and server.counts["chat.stopStream"] == 1


async def test_a_stream_that_slack_ended_loses_and_doubles_nothing(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """The rest is written into the same message by an edit."""
    more, end = asyncio.Event(), asyncio.Event()
    generator.script = [["長い", more, "話。", end, "終わり。"]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await written_so_far(server, general, "長い")
        server.advance(310)
        more.set()
        await written_so_far(server, general, "長い話。")
        end.set()
        (reply,) = await finished(server, general, asked)
    assert reply.shown == "長い話。終わり。"


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [0, 503])
@pytest.mark.parametrize(
    "method",
    [
        *["chat.startStream", "chat.appendStream", "chat.stopStream"],
        *["chat.postMessage", "chat.update"],
    ],
)
async def test_a_call_that_fails_leaves_one_whole_reply(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    method: str,
    status: int,
    after: bool,
) -> None:
    """Whether Slack had done it before it failed, or not."""
    server.team.streams = "Stream" in method
    more = asyncio.Event()
    generator.script = [["はい、", more, "そう", "です。"]]
    async with serving(server, chat):
        server.faults.add(method, status=status, after=after)
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await server.until(lambda: server.bot_messages(general, asked.ts))
        more.set()
        replies = await finished(server, general, asked)
    assert [reply.shown for reply in replies] == ["はい、そうです。"]


async def test_streams_beyond_slacks_rate_become_edits(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody waits half a minute for the first word; nor where Slack says that it is enough."""
    monkeypatch.setattr(workspaces, "STREAMS_A_MINUTE", 2)
    async with serving(server, chat):
        server.faults.add("chat.startStream", status=429, retry_after=30)
        for number in range(4):
            asked = tanaka.says(general, f"{server.bot.mention} {number}")
            (reply,) = await finished(server, general, asked)
            assert reply.shown == str(number)
    assert server.counts["chat.startStream"] == 2
    assert server.counts["chat.postMessage"] == 3


async def test_slacks_rate_limit_is_waited_for(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat
) -> None:
    """As long as Retry-After says, and not a moment less."""
    server.team.streams = False
    async with serving(server, chat):
        server.faults.add("chat.postMessage", status=429, retry_after=2)
        (reply,) = await finished(server, general, tanaka.says(general, f"{server.bot.mention} a"))
        assert reply.shown == "a"
    refused, sent = [r for r in server.requests if r.method == "chat.postMessage"]
    assert refused.status == 429
    assert sent.at - refused.at >= 2


@pytest.mark.parametrize("streams", [True, False])
async def test_a_reply_of_15_000_characters_arrives_whole(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    streams: bool,
) -> None:
    """With code, tables and Japanese, in order, under Slack's limits, in both ways."""
    server.team.streams = streams
    paragraph = "日本語の文章です。猫は<b>英語</b>で「cat」& 犬は「dog」です👨‍👩‍👧。\n\n"
    code = "```python\n" + "".join(f"x{n} = [{n}, '{n}' < 'あ']\n" for n in range(150)) + "```\n\n"
    table = "| 語 | 意味 |\n|---|---|\n" + "".join(f"| 語{n} | word {n} |\n" for n in range(200))
    text = (paragraph * 90 + code + table + "\n" + paragraph * 110).rstrip()
    assert len(text) > 15_000
    generator.script = [[text[start : start + 400] for start in range(0, len(text), 400)]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} 長く")
        replies = await finished(server, general, asked)
    assert len(replies) >= 2
    assert without_fences(shown(replies)) == without_fences(text)
    for reply in replies:
        assert reply.shown.count("```") % 2 == 0
    assert {r.error for r in server.requests} <= {"", "feature_not_enabled"}


def without_fences(text: str) -> str:
    """A text without what a split adds or takes: a fence's lines, and white space."""
    return "".join(text.replace("```python", "").replace("```", "").split())


async def test_an_edited_question_is_answered_anew_in_the_same_message(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """Though a stream's text cannot shrink."""
    generator.script = [["古い答え", asyncio.Event()]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} 犬")
        await written_so_far(server, general, "古い答え")
        tanaka.edits(asked, f"{server.bot.mention} 猫")
        (reply,) = await finished(server, general, asked)
        assert reply.shown == "猫"


async def test_a_deleted_question_stops_its_reply(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """The model does not go on for nobody."""
    generator.script = [["途中", asyncio.Event()]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} 犬")
        await written_so_far(server, general, "途中")
        tanaka.deletes(asked)
        await server.until(lambda: not generator.running)
        (reply,) = await finished(server, general)
        assert reply.shown == f"途中\n\n{STOPPED}"


async def test_replies_go_into_the_channel_where_the_operator_wants_that(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, store: SqlStore
) -> None:
    """A question in a thread is answered there all the same."""
    async with serving(server, chat, reply_in="channel"):
        root = tanaka.says(general, f"{server.bot.mention} 一")
        await server.until(lambda: len(server.bot_messages(general)) == 1)
        (reply,) = await finished(server, general)
        assert reply.thread_ts is None
        inside = tanaka.says(general, f"{server.bot.mention} 二", root.ts)
        await finished(server, general, root)
        assert server.bot_messages(general, root.ts)[-1].shown == "二"
        assert inside.thread_ts == root.ts
