"""When Slack's own streams are used, and what becomes of a reply beyond Slack's rates."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from adapters import streaming
from adapters.outlet import Form, State
from adapters.slack.blocks import STOP
from adapters.slack.outlet import SlackOutlet
from adapters.slack.transport import workspaces
from bot.chat import Chat
from bot.messages import Queued
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished, shown
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

START, POST, UPDATE = "chat.startStream", "chat.postMessage", "chat.update"


@pytest.mark.parametrize(
    ("error", "begun"),
    [
        *[("user_not_found", 3), ("invalid_blocks", 3), ("restricted_action", 3)],
        *[("feature_not_enabled", 1), ("unknown_method", 1), ("missing_scope", 1)],
    ],
)
async def test_only_what_concerns_the_whole_workspace_turns_streams_off_there(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    error: str,
    begun: int,
) -> None:
    """A person whom Slack refuses is answered otherwise, and the others by streams as before."""
    async with serving(server, chat):
        server.faults.add(START, error=error)
        for number in range(3):
            asked = tanaka.says(general, f"{server.bot.mention} {number}")
            (reply,) = await finished(server, general, asked)
            assert reply.shown == str(number)
    assert server.counts[START] == begun
    assert server.counts[POST] == (3 if begun == 1 else 1)


async def test_what_a_workspace_lacked_is_tried_again_in_time(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody may have changed that."""
    monkeypatch.setattr(workspaces, "UNAVAILABLE_SECONDS", 0.0)
    async with serving(server, chat):
        server.faults.add(START, error="feature_not_enabled")
        for number in range(2):
            asked = tanaka.says(general, f"{server.bot.mention} {number}")
            await finished(server, general, asked)
    assert server.counts[START] == 2 and server.counts[POST] == 1


async def test_a_place_in_the_queue_is_not_streamed(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stream's text cannot shrink: the reply comes into the same message by edits."""
    monkeypatch.setattr(streaming, "QUEUE_PATIENCE", 0.1)
    turn, end = asyncio.Event(), asyncio.Event()
    generator.script = [[Queued(3, 30.0), turn, "はい", end, "そうです。"]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await server.until(lambda: "⏳" in shown(server.bot_messages(general)))
        (reply,) = server.bot_messages(general)
        assert [action["action_id"] for action in reply.actions()] == [STOP]
        turn.set()
        await server.until(lambda: reply.shown == "はい")
        end.set()
        assert await finished(server, general, asked) == [reply]
    assert reply.shown == "はいそうです。"
    assert not server.counts[START] and server.counts[POST] == 1


async def test_a_code_block_that_is_open_does_not_end_the_stream(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """The line that closes it is written when it is certain."""
    steps = [asyncio.Event() for _ in range(5)]
    code = ["```python\n", "x = 1\n", "\ny = 2", "\n```", "\nこれが\n~~~\nz\n~~~"]
    generator.script = [[piece for pair in zip(code, steps, strict=True) for piece in pair]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        for number, step in enumerate(steps):
            written = "".join(code[: number + 1]).rstrip().removesuffix("\n```")
            written = written.removesuffix("\n~~~")
            await server.until(partial(_shows, server, general, written))
            step.set()
        (reply,) = await finished(server, general, asked)
    assert reply.shown == "".join(code)
    assert server.counts[START] == server.counts["chat.stopStream"] == 1
    assert server.counts[POST] == server.counts[UPDATE] == 0


@pytest.mark.parametrize("slack", [False, True])
async def test_edits_beyond_slacks_rate_are_left_out_and_the_end_arrives_whole(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    slack: bool,
) -> None:
    """Whether the bot counts them or Slack does; the end waits for nothing of that."""
    server.team.streams = False
    if not slack:
        monkeypatch.setattr(workspaces, "EDITS_A_MINUTE", 2)
    edited, edit = list[str](), SlackOutlet.edit

    async def noted(outlet: SlackOutlet, id: str, text: str, state: State, form: Form) -> None:
        await edit(outlet, id, text, state, form)
        edited.append(text)

    monkeypatch.setattr(SlackOutlet, "edit", noted)
    steps = [asyncio.Event() for _ in range(6)]
    pieces = [f"{number}。" for number in range(6)]
    generator.script = [[piece for pair in zip(pieces, steps, strict=True) for piece in pair]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        await server.until(lambda: server.bot_messages(general))
        (reply,) = server.bot_messages(general)
        for number, step in enumerate(steps[:-1]):
            tried = server.counts[UPDATE]
            if slack and number >= 2:
                server.faults.add(UPDATE, status=429, retry_after=30)
            step.set()
            if slack or number < 2:
                await server.until(partial(_more_than, server, tried))
            else:  # which Slack does not hear of
                await server.until(partial(edited.__contains__, "".join(pieces[: number + 2])))
        assert reply.shown == "0。1。2。"
        steps[-1].set()
        await finished(server, general, asked)
    assert reply.shown == "".join(pieces)
    assert server.counts[UPDATE] == (6 if slack else 3)
    assert "will be tried again" not in caplog.text


def _shows(server: SlackServer, channel: Channel, text: str) -> bool:
    return shown(server.bot_messages(channel)) == text


def _more_than(server: SlackServer, edits: int) -> bool:
    return server.counts[UPDATE] > edits
