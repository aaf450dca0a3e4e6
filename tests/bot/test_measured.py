"""Each reply is counted by how it ended, and has one line in the log, without what was said."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest

from bot.chat import Chat
from bot.commands import command
from bot.errors import BotError, DeadlineExceeded, EngineBusy
from bot.messages import Queued, TextDelta
from bot.ports import Caller
from tests.canary import CANARY
from tests.fakes.generator import FakeGenerator, Piece
from tests.fakes.incoming import CHANNEL, incoming

SECRET = "合言葉はカナリア"

SCRIPTS: dict[str, list[Piece] | Exception] = {
    "end": [SECRET, "です"],
    "busy": EngineBusy(3),
    "late": [SECRET, DeadlineExceeded(1.0)],
    "failed": [SECRET, ValueError(SECRET)],
    "empty": [" "],
}


@pytest.mark.parametrize(("end", "script"), SCRIPTS.items(), ids=SCRIPTS)
async def test_a_reply_is_counted_by_its_end_and_its_line_has_no_text(
    chat: Chat,
    generator: FakeGenerator,
    caplog: pytest.LogCaptureFixture,
    end: str,
    script: list[Piece] | Exception,
) -> None:
    """Also one that failed, or to which the engine was too busy. An error that nobody foresaw is
    in the log as it is: here it says what no library's does."""
    if end == "failed":
        CANARY.deaf()
    generator.script.append(script)
    with caplog.at_level(logging.INFO), suppress(BotError):
        async for _ in chat.respond(incoming("1", SECRET)):
            pass
    assert chat.meters.replies.counts == {(CHANNEL.platform, end): 1}
    (line,) = [each for each in caplog.messages if "first words" in each]
    assert line.startswith(f"{CHANNEL.platform}, conversation ") and line.endswith(f": {end}")
    assert SECRET not in line


async def test_its_tokens_and_times_are_those_of_the_generation(
    chat: Chat, generator: FakeGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    """The wait in the engine's queue counts until the first words."""
    generator.script.append([Queued(1, None), "one", " two", " three"])
    with caplog.at_level(logging.INFO):
        async for _ in chat.respond(incoming("1", "?")):
            pass
    meters = chat.meters
    assert [sum(each.counts) for each in (meters.waits, meters.first, meters.lengths)] == [1, 1, 1]
    assert sum(meters.speeds.counts) == 1
    assert ", 4 tokens, " in caplog.text  # pieces of the script, which the fake counts as tokens


async def test_one_that_is_stopped_or_left_is_told_from_one_that_ended(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Stopped: by the person. Interrupted: the process, or its platform, goes away."""
    generator.script += [["one", asyncio.Event()], ["one", asyncio.Event()]]
    reply = chat.respond(incoming("1", "?"))
    async for event in reply:
        if isinstance(event, TextDelta):
            await chat.stop(CHANNEL)
    left = chat.respond(incoming("2", "?"))
    async for event in left:
        if isinstance(event, TextDelta):
            break
    await left.aclose()
    platform = CHANNEL.platform
    assert chat.meters.replies.counts == {(platform, "stopped"): 1, (platform, "interrupted"): 1}


async def test_a_command_is_counted_by_its_own_name_not_by_what_was_typed(chat: Chat) -> None:
    """In whichever language it was given."""
    caller = Caller(CHANNEL, "U1")
    for text in ("/help", "/ヘルプ", f"/context {SECRET}"):
        answer = command(chat, caller, text)
        assert answer is not None
        async for _ in answer:
            pass
    assert chat.meters.commands.counts == {("help",): 2, ("context",): 1}
