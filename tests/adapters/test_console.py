from __future__ import annotations

import asyncio
import io
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from adapters import console
from bot.announcing import NotConnected
from bot.chat import Chat
from bot.errors import EngineBusy
from bot.level import LEVEL, Held
from bot.messages import ConversationKey
from bot.notices import Notice, Offer
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.leveller import FakeLeveller

KEY = console.conversation_key("default")
OFFER = Offer("Help", "ヘルプ", "help")


async def pipe(chat: Chat, source: bytes) -> list[str]:
    """The lines that a pipe prints for this input."""
    sink = io.StringIO()
    assert not await console.run_pipe(chat, KEY, io.BytesIO(source), sink, io.StringIO())
    assert sink.getvalue().endswith("\n") or not sink.getvalue()
    return sink.getvalue().split("\n")[:-1]


async def test_every_line_is_answered_by_one_line(chat: Chat) -> None:
    """Without decoration, in order, also the last line without its newline."""
    assert await pipe(chat, "一\n二\r\n三".encode()) == ["一", "二", "三"]


async def test_a_reply_of_several_lines_becomes_one(chat: Chat, generator: FakeGenerator) -> None:
    """So that replies can be told apart by their lines."""
    generator.script = [["一つ目\n", "二つ目\n\n三つ目"]]
    assert await pipe(chat, b"x\n") == ["一つ目 二つ目 三つ目"]


async def test_bytes_that_are_no_text_get_a_clear_answer(chat: Chat) -> None:
    """And the lines around them are answered as ever."""
    first, bad, last = await pipe(chat, "前\n".encode() + b"\xff\xfe\n" + "後\n".encode())
    assert (first, last) == ("前", "後")
    assert "UTF-8" in bad


async def test_an_empty_line_gets_a_clear_answer(chat: Chat, store: SqlStore) -> None:
    """It is no message, and nothing is stored."""
    assert ["empty" in line for line in await pipe(chat, b"\n  \n")] == [True, True]
    assert await store.find(KEY) is None


async def test_a_line_of_100000_characters_gets_a_clear_answer_and_is_kept(
    chat: Chat, store: SqlStore
) -> None:
    """It does not fit into the model, but it was said."""
    refused, answered = await pipe(chat, ("あ" * 100_000 + "\n次\n").encode())
    assert "too long" in refused
    assert answered == "次"
    number = await store.find(KEY)
    assert number is not None
    assert len((await store.history(number, limit=9))[0].text) == 100_000


async def test_a_line_without_end_is_not_read_into_memory(chat: Chat) -> None:
    """A megabyte is the limit; what follows the line is answered."""
    refused, answered, unfinished = await pipe(chat, b"a" * 3_000_000 + b"\nb\n" + b"a" * 3_000_000)
    assert "1,048,576" in refused and "1,048,576" in unfinished
    assert answered == "b"


async def test_a_reply_that_fails_is_an_empty_line_and_an_error(
    chat: Chat, generator: FakeGenerator
) -> None:
    """One line in both languages beside the replies, and the next message is answered; so it is
    where a command fails to write one."""
    generator.script = [EngineBusy(7), ["はい"], EngineBusy(8)]
    sink, errors = io.StringIO(), io.StringIO()
    said = io.BytesIO(b"x\ny\n/regenerate\n")
    assert await console.run_pipe(chat, KEY, said, sink, errors) == 2
    assert sink.getvalue() == "\nはい\n\n"
    first, second = errors.getvalue().splitlines()
    assert "7 requests are waiting" in first and "7件待ち" in first
    assert "8 requests are waiting" in second


async def test_commands_work_through_a_pipe(chat: Chat) -> None:
    """The same table as everywhere; a slash that is meant is written twice."""
    lines = await pipe(chat, "一\n/context\n/nonsense\n//help\n".encode())
    assert "I remember 2 messages" in lines[1]
    assert "no command /nonsense" in lines[2]
    assert lines[3] == "/help"


async def test_a_reader_that_goes_away_ends_it(chat: Chat, generator: FakeGenerator) -> None:
    """As `kaiwa chat | head -1` does."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await console.run_pipe(chat, KEY, io.BytesIO(b"a\nb\n"), Gone(), io.StringIO())
    assert len(generator.requests) == 1


async def test_waiting_for_input_does_not_hold_the_process(chat: Chat) -> None:
    """The thread that reads is a daemon."""
    read, write = os.pipe()
    with os.fdopen(read, "rb") as source, os.fdopen(write, "wb") as sink:
        task = asyncio.create_task(
            console.run_pipe(chat, KEY, source, io.StringIO(), io.StringIO())
        )
        name = "console-input"
        while not (found := [t for t in threading.enumerate() if t.name == name]):  # noqa: ASYNC110
            await asyncio.sleep(0)
        (thread,) = found
        assert thread.daemon
        task.cancel()
        await asyncio.wait([task])
        sink.close()
        await asyncio.to_thread(thread.join, 10)


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    """A keyboard."""
    with create_pipe_input() as keys:
        yield keys


class Terminal:
    """A session at a terminal whose keys the test presses."""

    def __init__(self, chat: Chat, keys: PipeInput) -> None:
        self.screen = io.StringIO()
        self.keys = keys
        session: PromptSession[str] = PromptSession(input=keys, output=DummyOutput())
        self.task = asyncio.create_task(console.run_terminal(chat, KEY, session, self.screen))

    async def shows(self, text: str) -> None:
        """Wait until the screen shows a text."""
        async with asyncio.timeout(20):
            while text not in self.screen.getvalue():
                assert not self.task.done(), self.screen.getvalue()
                await asyncio.sleep(0.01)

    async def leave(self) -> str:
        """Press Ctrl-D; everything that was shown."""
        self.keys.send_text("\x04")
        await asyncio.wait_for(self.task, 20)
        return self.screen.getvalue()


async def test_a_conversation_at_a_terminal(chat: Chat, keys: PipeInput) -> None:
    """A welcome, replies as they come, commands, and a farewell."""
    terminal = Terminal(chat, keys)
    await terminal.shows("/help")
    keys.send_text("こんにちは\r")
    await terminal.shows("会話> こんにちは\n")
    keys.send_text("/context\r")
    await terminal.shows("I remember 2 messages")
    keys.send_text("/contxt\r")
    await terminal.shows("Try /context")
    assert "kept" in await terminal.leave()


async def test_what_nobody_asked_for_just_now_stands_above_what_is_typed(
    chat: Chat, keys: PipeInput
) -> None:
    """As a quiz's next question does; what was begun to be typed goes on."""
    terminal = Terminal(chat, keys)
    await terminal.shows("/help")
    keys.send_text("こん")
    await chat.announcements.say(KEY, Notice("The next.", "次です。", offers=(OFFER,)))
    await terminal.shows("次です。\nThe next.\n  [ヘルプ / Help] /help\n")
    keys.send_text("にちは\r")
    await terminal.shows("会話> こんにちは\n")
    await terminal.leave()
    with pytest.raises(NotConnected):
        await chat.announcements.say(KEY, Notice("Late.", "遅いです。"))


@contextmanager
def piped() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Both ends of a pipe: to be read, and written without delay."""
    read, write = os.pipe()
    with open(read, "rb") as source, open(write, "wb", buffering=0) as keyboard:
        yield source, keyboard


async def test_through_a_pipe_it_has_a_line_of_its_own(chat: Chat) -> None:
    """Between the replies."""
    screen = io.StringIO()
    with piped() as (source, keyboard):
        piping = asyncio.create_task(console.run_pipe(chat, KEY, source, screen, io.StringIO()))
        keyboard.write("一\n".encode())
        async with asyncio.timeout(20):
            while screen.getvalue() != "一\n":  # noqa: ASYNC110  it is a file
                await asyncio.sleep(0.01)
        await chat.announcements.say(KEY, Notice("The next.", "次です。", offers=(OFFER,)))
        keyboard.write("二\n".encode())
        keyboard.close()
        await piping
    assert screen.getvalue() == "一\n次です。 The next.\n二\n"


async def test_going_on_from_last_time_says_so(chat: Chat, keys: PipeInput) -> None:
    """And how to start afresh."""
    await pipe(chat, b"a\n")
    terminal = Terminal(chat, keys)
    await terminal.shows("I remember 2 messages from last time")
    await terminal.leave()


async def test_a_message_that_was_left_unanswered_is_answered_at_the_start(
    chat: Chat, store: SqlStore, keys: PipeInput
) -> None:
    """The process ended between the message and its reply."""
    await store.add_message(console.to_incoming(KEY, "忘れないで"))
    elsewhere = ConversationKey("console", "local", "other")
    await store.add_message(console.to_incoming(elsewhere, "別の話"))
    terminal = Terminal(chat, keys)
    await terminal.shows("会話> 忘れないで\n")
    assert "別の話" not in await terminal.leave()


async def test_an_error_is_shown_and_the_conversation_goes_on(
    chat: Chat, generator: FakeGenerator, keys: PipeInput
) -> None:
    """Once, in both languages."""
    generator.script = [EngineBusy(7)]
    terminal = Terminal(chat, keys)
    keys.send_text("a\r")
    await terminal.shows("7 requests are waiting")
    keys.send_text("b\r")
    await terminal.shows("会話> b\n")
    await terminal.leave()


async def test_ctrl_c_at_the_prompt_leaves_at_the_second_time(chat: Chat, keys: PipeInput) -> None:
    """Once could be a slip."""
    terminal = Terminal(chat, keys)
    await terminal.shows("/help")
    keys.send_text("\x03")
    await terminal.shows("once more")
    keys.send_text("\x03")
    await asyncio.wait_for(terminal.task, 20)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[bytes]]:
    """Hands that type while a reply is written, when nothing prompts."""
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as stdin, os.fdopen(write, "wb", buffering=0) as hands:
        monkeypatch.setattr("sys.stdin", stdin)
        yield hands


async def test_ctrl_c_stops_the_reply_and_the_conversation_goes_on(
    chat: Chat, generator: FakeGenerator, keys: PipeInput, typed: IO[bytes]
) -> None:
    """What was written stays, and is marked."""
    terminal = Terminal(chat, keys)
    await terminal.shows("/help")
    generator.gate.clear()
    keys.send_text("a\r")
    await until_writing(generator)
    os.kill(os.getpid(), signal.SIGINT)
    await terminal.shows("stopped")
    generator.gate.set()
    keys.send_text("b\r")
    await terminal.shows("会話> b\n")
    await terminal.leave()


async def test_ctrl_c_twice_while_a_reply_is_written_leaves(
    chat: Chat, generator: FakeGenerator, keys: PipeInput, typed: IO[bytes]
) -> None:
    """Even when the first has not yet had its effect."""
    terminal = Terminal(chat, keys)
    await terminal.shows("/help")
    generator.gate.clear()
    keys.send_text("a\r")
    await until_writing(generator)
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    keys.send_text("\x03")  # where the reply had stopped before the second came
    await asyncio.wait_for(terminal.task, 20)
    assert generator.running == 0


async def test_what_is_typed_during_a_reply_waits_and_stop_does_not(
    chat: Chat, generator: FakeGenerator, keys: PipeInput, typed: IO[bytes]
) -> None:
    """`/stop` works at once; other lines are messages that come after."""
    terminal = Terminal(chat, keys)
    await terminal.shows("/help")
    generator.gate.clear()
    keys.send_text("a\r")
    await until_writing(generator)
    typed.write("次の話\n/stop\n".encode())
    await terminal.shows("stopped")
    generator.gate.set()
    await terminal.shows("会話> 次の話\n")
    await terminal.leave()


async def test_a_footnote_stands_below_the_reply(
    store: SqlStore, generator: FakeGenerator, keys: PipeInput
) -> None:
    """On lines of its own, in parentheses."""
    await store.set_setting(KEY, LEVEL, "n4")
    prompts = RinnaFormat(CharacterTokenizer())
    terminal = Terminal(Chat(store, generator, prompts, held=Held(FakeLeveller(), 2)), keys)
    await terminal.shows("/help")
    keys.send_text("難\r")
    await terminal.shows("会話> 難\n（n4: 1 *above*）\n（難 = hard）\n")
    await terminal.leave()


async def until_writing(generator: FakeGenerator) -> None:
    """Wait until a reply is being written."""
    async with asyncio.timeout(20):
        while not generator.running:  # noqa: ASYNC110, what is waited for has no event
            await asyncio.sleep(0.01)
