"""The console: a conversation in a terminal, or one message a line through a pipe.

Knows how to read and to print; everything else is asked of `Chat` and the commands table.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, TextIO
from uuid import uuid4

from adapters.console_notices import ConsoleAnnouncer, shown
from adapters.small_print import lines
from bot.chat import Chat
from bot.command import Answer
from bot.commands import command
from bot.errors import (
    BotError,
    DeadlineExceeded,
    EmptyReply,
    EngineBusy,
    EngineClosed,
    GenerationFailed,
    MessageTooLong,
    OptedOut,
)
from bot.language import reads_japanese
from bot.learning.quizzes import Typed
from bot.messages import (
    ConversationKey,
    IncomingMessage,
    ReplyEnd,
    ReplyEvent,
    TextDelta,
    Thinking,
)
from bot.notices import Notice
from bot.ports import Caller

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

PLATFORM = "console"
USER = "console"  # whoever sits at the terminal
LONGEST_LINE = 1 << 20  # bytes; what is longer is no message that a person wrote

_WELCOME = Notice(
    "Type a message; /help shows the commands, Ctrl-C stops a reply, twice leaves.",
    "メッセージをどうぞ。/help でコマンド一覧、Ctrl-C で返答を止め、2回で終了します。",
)
_AGAIN = Notice(
    "Press Ctrl-C once more to leave.", "終了するにはもう一度 Ctrl-C を押してください。"
)
_EMPTY = Notice("The message is empty.", "メッセージが空です。")
_BYE = Notice("See you. Your conversation is kept.", "またどうぞ。会話は保存されています。")
_NOT_UTF8 = Notice(
    "This line is not UTF-8 text, so I could not read it. Please send it as UTF-8.",
    "この行はUTF-8ではないため読めませんでした。UTF-8で送ってください。",
)
_TOO_LONG_LINE = Notice(
    f"This line is longer than {LONGEST_LINE:,} bytes. Please send it in parts.",
    f"この行は{LONGEST_LINE:,}バイトを超えています。分けて送ってください。",
)


def conversation_key(name: str) -> ConversationKey:
    """The console's conversation of that name."""
    return ConversationKey(PLATFORM, "local", name)


def to_incoming(conversation: ConversationKey, text: str) -> IncomingMessage:
    """What was typed, as a message to the bot. A terminal delivers everything once."""
    now = datetime.now(UTC)
    return IncomingMessage(conversation, uuid4().hex, USER, "", text, now, private=True)


def answer(
    chat: Chat, conversation: ConversationKey, text: str
) -> AsyncGenerator[Notice | ReplyEvent, None]:
    """A command's answer or the reply to a message. Raises BotError as both do."""
    caller = Caller(conversation, USER, administrator=True)
    given = command(chat, caller, text)
    if given is not None:
        return _localized(chat, caller, given)
    text = text.removeprefix("/") if text.startswith("//") else text
    if chat.quizzes.in_conversation(conversation):
        return _localized(chat, caller, _answered(chat, conversation, text))
    return chat.respond(to_incoming(conversation, text))


async def _answered(chat: Chat, conversation: ConversationKey, text: str) -> Answer:
    """What comes of a line while a quiz goes on: it may be an answer, or talk like any other."""
    attempted = await chat.quizzes.hear(conversation, Typed(text, USER, "", True, True))
    if attempted is None:
        async with aclosing(chat.respond(to_incoming(conversation, text))) as reply:
            async for event in reply:
                yield event
    elif isinstance(attempted.notice, BotError):
        raise attempted.notice
    elif attempted.notice is not None:
        yield attempted.notice


async def _localized(chat: Chat, caller: Caller, given: Answer) -> Answer:
    """A command's answer in the language that the person at the terminal chose."""
    japanese = await reads_japanese(chat.store, caller)
    try:
        async with aclosing(given):
            async for event in given:
                yield event.localized(japanese=japanese) if isinstance(event, Notice) else event
    except BotError as error:
        raise error.localized(japanese=japanese) from error


async def run_pipe(
    chat: Chat, conversation: ConversationKey, source: IO[bytes], sink: TextIO, errors: TextIO
) -> int:
    """Answer every line of `source` with one line of `sink`, without decoration.

    The line appears once the reply is stored; it is empty where the bot failed, which is told on
    `errors`. What is wrong with a line is an answer. Returns how many failed. Raises
    BrokenPipeError when its reader is gone. What nobody asked for just now (a quiz's next
    question) has lines of its own.
    """
    failed = 0

    def say(text: str) -> None:
        print(" ".join(text.split()), file=sink, flush=True)

    async with speaking(chat, say, offers=False), aclosing(_lines(source)) as lines:
        async for line in lines:
            try:
                if reply := await _answer_line(chat, conversation, line):
                    say(reply)
            except _Failed as failure:
                failed += 1
                print(" ".join(str(failure).split()), file=errors, flush=True)
                say("")
            await chat.quizzes.settled(conversation)
    return failed


class _Failed(Exception):
    """The bot failed, whatever was said. Its text is finished sentences."""


# A command says what is wrong with what was typed, or it fails by one of these.
_FAILURES = (EngineBusy, GenerationFailed, EmptyReply, DeadlineExceeded, EngineClosed)
_SAID_WRONG = (MessageTooLong, OptedOut)


@asynccontextmanager
async def speaking(
    chat: Chat, say: Callable[[str], None], *, offers: bool = True
) -> AsyncGenerator[None, None]:
    """While it is entered, what is announced on the console is said by `say`."""
    await chat.announcements.connect(PLATFORM, ConsoleAnnouncer(say, offers=offers))
    try:
        yield
    finally:
        chat.announcements.disconnect(PLATFORM)


async def _lines(source: IO[bytes]) -> AsyncGenerator[bytes, None]:
    """The lines of a file or pipe, each at most LONGEST_LINE and one byte long.

    A thread of its own reads, a line at a time as they are wanted. It is a daemon: a process
    that is told to end does not wait for more input.
    """
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    wanted = threading.Semaphore(0)
    closed = threading.Event()

    def read() -> None:
        with suppress(RuntimeError):  # the event loop has ended
            while True:
                wanted.acquire()
                if closed.is_set():
                    return
                line = source.readline(LONGEST_LINE + 1)
                rest = line
                while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
                    rest = source.readline(LONGEST_LINE + 1)  # too long: skipped to its end
                loop.call_soon_threadsafe(lines.put_nowait, line)

    threading.Thread(target=read, name="console-input", daemon=True).start()
    try:
        wanted.release()
        while line := await lines.get():
            yield line
            wanted.release()
    finally:
        closed.set()
        wanted.release()


async def _answer_line(chat: Chat, conversation: ConversationKey, line: bytes) -> str:
    if len(line) > LONGEST_LINE:
        return _TOO_LONG_LINE.both()
    try:
        text = line.decode("utf-8").strip()
    except UnicodeDecodeError:
        return _NOT_UTF8.both()
    if not text:
        return _EMPTY.both()
    reply = ""
    try:
        async for event in answer(chat, conversation, text):
            if isinstance(event, Notice):
                reply = shown(event, offers=False)
            elif isinstance(event, ReplyEnd):
                reply = "\n".join([event.text, *_below(event)])
    except BotError as error:
        command_given = text.startswith("/") and not text.startswith("//")
        if isinstance(error, _FAILURES) or not (command_given or isinstance(error, _SAID_WRONG)):
            raise _Failed(error.both()) from error
        reply = error.both()
    return reply


def _below(reply: ReplyEnd) -> list[str]:
    """What is said below a reply."""
    return [f"（{line}）" for line in lines(reply.footnote)]


async def _nothing() -> None:
    pass


async def run_terminal(
    chat: Chat,
    conversation: ConversationKey,
    session: PromptSession[str],
    sink: TextIO,
    before: Callable[[], Awaitable[None]] = _nothing,
) -> None:
    """Talk with a person at a terminal until they leave. `before`: each line that they type."""
    terminal = _Terminal(chat, conversation, session, sink, before)
    async with speaking(chat, terminal.say_beside):
        await terminal.run()


@dataclass(slots=True)
class _Terminal:
    """One person's session. `typed` holds lines that came in while a reply was written."""

    chat: Chat
    conversation: ConversationKey
    session: PromptSession[str]
    sink: TextIO
    before: Callable[[], Awaitable[None]]
    typed: list[str] = field(default_factory=list)
    replying: asyncio.Task[None] | None = None
    interrupted: bool = False
    leaving: bool = False

    async def run(self) -> None:
        """Read and answer until /quit, Ctrl-D, or Ctrl-C twice."""
        self.say(_WELCOME.both())
        context = await self.chat.context(self.conversation)
        if remembered := len(context.prompt.turns) - context.prompt.pinned:
            self.say(
                f"（前回の続きです：{remembered}件を覚えています。/reset で新しく始めます）\n"
                f"(Going on: I remember {remembered} messages from last time; "
                "/reset starts afresh.)"
            )
        for waiting in await self.chat.store.unanswered(PLATFORM):
            if waiting.conversation == self.conversation:
                self.say(f"あなた> {waiting.text}")
                await self.show(self.chat.resume(waiting))
        while (text := await self.read()) is not None:
            if not text:
                continue
            try:
                events = answer(self.chat, self.conversation, text)
            except BotError as error:
                self.say(error.both())
                continue
            await self.show(events)
        self.say(_BYE.both())

    async def read(self) -> str | None:
        """The next line; None when the person leaves."""
        if self.leaving:
            return None
        if self.typed:
            return self.typed.pop(0)
        while True:
            await self.before()
            try:
                text = (await self.session.prompt_async("あなた> ")).strip()
            except KeyboardInterrupt:
                if self.interrupted:
                    return None
                self.interrupted = True
                self.say(_AGAIN.both())
                continue
            except EOFError:
                return None
            self.interrupted = False
            return None if text in ("/quit", "/exit") else text

    async def show(self, events: AsyncGenerator[Notice | ReplyEvent, None]) -> None:
        """Print an answer as it comes, while `/stop` and Ctrl-C can end it."""
        self.replying = asyncio.create_task(self._print(events))
        try:
            with self._listening():
                await self.replying
        except asyncio.CancelledError:
            if not self.leaving:
                raise
        except BotError as error:
            self.say(error.both())
        finally:
            self.replying = None

    async def _print(self, events: AsyncGenerator[Notice | ReplyEvent, None]) -> None:
        begun = False
        async for event in events:
            if isinstance(event, Notice):
                self.say(shown(event))
            elif isinstance(event, ReplyEnd):
                stopped = event.reason.cut_off
                self.say(
                    (" …（中断 / stopped）" if stopped else "") if begun else "（中断 / stopped）"
                )
                for line in _below(event):
                    self.say(line)
            elif isinstance(event, Thinking) and not begun:
                self.say("（考えています… / thinking…）")
            elif isinstance(event, TextDelta):
                self.sink.write(event.text if begun else f"会話> {event.text}")
                self.sink.flush()
                begun = True

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """While a reply is written: `/stop` and Ctrl-C work at once, other lines wait."""
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, OSError, ValueError):  # not on every system
            loop.add_signal_handler(signal.SIGINT, self._interrupt)
            loop.add_reader(sys.stdin.fileno(), self._typed)
        try:
            yield
        finally:
            with suppress(NotImplementedError, OSError, ValueError):  # as above: it was not added
                loop.remove_signal_handler(signal.SIGINT)
                loop.remove_reader(sys.stdin.fileno())

    def _typed(self) -> None:
        # A terminal hands over whole lines; reading past Python's buffer leaves nothing in it.
        typed = os.read(sys.stdin.fileno(), LONGEST_LINE).decode(errors="replace")
        if not typed:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        for line in filter(None, map(str.strip, typed.splitlines())):
            if line == "/stop":
                self._stop()
            else:
                self.typed.append(line)

    def _interrupt(self) -> None:
        if self.interrupted and self.replying is not None:
            self.leaving = True
            self.replying.cancel()
        else:
            self.interrupted = True
            self._stop()

    def _stop(self) -> None:
        stopping = asyncio.ensure_future(self.chat.stop(self.conversation))
        stopping.add_done_callback(lambda done: done.exception())

    def say_beside(self, text: str) -> None:
        """Print a line above what is being typed, if anything is."""
        from prompt_toolkit.application import run_in_terminal
        from prompt_toolkit.application.current import set_app

        if self.session.app.is_running:
            with set_app(self.session.app):
                run_in_terminal(lambda: self.say(text))
        else:
            self.say(text)

    def say(self, text: str) -> None:
        """Print a line of the program's own."""
        print(text, file=self.sink, flush=True)
