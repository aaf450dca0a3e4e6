"""Talking on the page: what is said, the reply as it is written, and commands.

A reply is written to its end, whether or not anybody still reads. Knows no HTTP; the events are
what a page is to show, as dictionaries that become JSON.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from adapters.web.live import Live
from adapters.web.shown import Shown
from adapters.web.visitor import PLATFORM, Visitor
from bot.chat import Chat
from bot.commands import run, typed
from bot.errors import BotError, EngineClosed, GenerationFailed, OptedOut
from bot.learning.quizzes import Typed
from bot.messages import (
    IncomingMessage,
    Queued,
    ReplyEnd,
    ReplyEvent,
    ReplyRestart,
    ReplyStart,
    TextDelta,
    Thinking,
)
from bot.notices import Notice

log = logging.getLogger(__name__)

LONGEST = 8_000  # characters of what is said
# What these change is the conversation on the page, which is its visitor's alone.
OWN = ("persona", "level", "settings")

_EMPTY = ("The message is empty.", "メッセージが空です。")
_TOO_LONG = (
    f"That is too long: {LONGEST:,} characters are the most.",
    f"長すぎます（{LONGEST:,}文字まで）。",
)

NO_ANSWER = Notice(
    "No question waits for a typed answer now.", "いま、入力で答える問題はありません。"
)

Events = AsyncIterator[dict[str, Any]]
_Answer = AsyncGenerator[Notice | ReplyEvent, None]


class Talk:
    """Everybody's conversations on the page."""

    def __init__(self, chat: Chat, shown: Shown, live: Live) -> None:
        self._chat = chat
        self._shown = shown
        self._live = live
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing: dict[str, int] = {}
        self._closing = False

    def is_writing(self, visitor: Visitor) -> bool:
        """Whether a reply to them is being written."""
        return visitor.person in self._writing

    def say(self, visitor: Visitor, text: str, section: str = "chat") -> Events:
        """What comes of what was typed: "said", "queued", "thinking", "delta", "restart", "reply",
        "notice", "wrong" and at last "done"; those with `html` are shown as they are."""
        return self._events(visitor, text.strip(), section)

    async def _events(self, visitor: Visitor, text: str, section: str) -> Events:
        events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        reads = [True]
        task = asyncio.create_task(self._answer(visitor, text, section, events, reads))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            while (event := await events.get()) is not None:
                yield event
        finally:
            reads[0] = False

    async def _answer(
        self,
        visitor: Visitor,
        text: str,
        section: str,
        events: asyncio.Queue[dict[str, Any] | None],
        reads: list[bool],
    ) -> None:
        """Put the events of an answer into a queue, and None behind them."""
        try:
            if self._closing:
                raise EngineClosed
            async with aclosing(self._given(visitor, text, section)) as answer:
                command = text.startswith("/") and not text.startswith("//")
                if not command:
                    html = await self._shown.question(visitor, _unslashed(text))
                    events.put_nowait({"kind": "said", "html": html})
                await self._pass_on(visitor, answer, section, events, reads)
        except BotError as error:
            html = self._shown.notice(visitor, error, section)
            events.put_nowait({"kind": "wrong", "html": html})
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("an answer on the page failed")
            html = self._shown.notice(visitor, GenerationFailed(), section)
            events.put_nowait({"kind": "wrong", "html": html})
        finally:
            events.put_nowait({"kind": "done"})
            events.put_nowait(None)

    async def _pass_on(
        self,
        visitor: Visitor,
        answer: _Answer,
        section: str,
        events: asyncio.Queue[dict[str, Any] | None],
        reads: list[bool],
    ) -> None:
        reply_id: int | None = None
        person = visitor.person
        try:
            async for event in answer:
                if isinstance(event, Notice):
                    html = self._shown.notice(visitor, event, section)
                    events.put_nowait({"kind": "notice", "html": html})
                elif isinstance(event, ReplyStart):
                    reply_id = event.reply_id
                    self._writing[person] = reply_id
                    events.put_nowait({"kind": "start"})
                elif isinstance(event, Queued):
                    events.put_nowait({"kind": "queued", "place": event.place})
                elif isinstance(event, Thinking):
                    events.put_nowait({"kind": "thinking"})
                elif isinstance(event, ReplyRestart):
                    events.put_nowait({"kind": "restart"})
                elif isinstance(event, TextDelta):
                    events.put_nowait({"kind": "delta", "text": event.text})
                elif isinstance(event, ReplyEnd):
                    html = await self._shown.reply(
                        visitor,
                        event.text,
                        partial=event.reason.cut_off,
                        footnote=event.footnote,
                    )
                    if reply_id is not None:
                        await self._chat.store.mark_delivered(reply_id)
                    if reads[0]:
                        events.put_nowait({"kind": "reply", "html": html})
                    else:
                        self._live.reply(person, html)
        finally:
            if self._writing.get(person) == reply_id:
                self._writing.pop(person, None)

    def _given(self, visitor: Visitor, text: str, section: str) -> _Answer:
        """A command's answer, or the reply to a message. Raises BotError."""
        if not text:
            raise BotError(*_EMPTY)
        if len(text) > LONGEST:
            raise BotError(*_TOO_LONG)
        given = typed(text)
        if given is not None:
            command, argument = given
            caller = visitor.caller
            if command.name in OWN:
                caller = replace(caller, administrator=True)
            return run(command, self._chat, caller, argument)
        if section == "quiz" or self._chat.quizzes.in_conversation(visitor.conversation):
            return self._attempt(visitor, _unslashed(text), section)
        return self._reply(visitor, _unslashed(text))

    async def _attempt(self, visitor: Visitor, text: str, section: str) -> _Answer:
        """What comes of a text while a quiz goes on: it may be an answer; or talk, in the chat."""
        session = visitor.session
        typed = Typed(text, session.user_id, session.name, True, True, platform=session.platform)
        attempted = await self._chat.quizzes.hear(visitor.conversation, typed)
        if attempted is not None:
            if isinstance(attempted.notice, BotError):
                raise attempted.notice
            if attempted.notice is not None:
                yield attempted.notice
        elif section == "quiz":
            yield NO_ANSWER
        else:
            async with aclosing(self._reply(visitor, text)) as reply:
                async for event in reply:
                    yield event

    async def _reply(self, visitor: Visitor, text: str) -> _Answer:
        session = visitor.session
        if await self._chat.store.opted_out(session.platform, session.user_id):
            raise OptedOut  # before there was a page, perhaps
        async with aclosing(self._chat.respond(_incoming(visitor, text))) as reply:
            async for event in reply:
                yield event

    async def settled(self, visitor: Visitor) -> None:
        """Once a quiz of theirs has said what it is to say now."""
        await self._chat.quizzes.settled(visitor.conversation)

    async def stop(self, visitor: Visitor) -> bool:
        """Stop the reply that is being written; whether there was one."""
        return await self._chat.stop(visitor.conversation)

    async def catch_up(self) -> None:
        """Write the replies that a process before this one left unwritten."""
        for waiting in await self._chat.store.unanswered(PLATFORM):
            task = asyncio.create_task(_to_its_end(self._chat, self._chat.resume(waiting)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self, grace: float) -> None:
        """Take nothing more; let replies end within `grace` seconds."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _to_its_end(chat: Chat, answer: AsyncGenerator[ReplyEvent, None]) -> None:
    try:
        async with aclosing(answer):
            async for event in answer:
                if isinstance(event, ReplyStart):
                    await chat.store.mark_delivered(event.reply_id)
    except BotError as error:
        log.info("a reply on the page was not written: %s", error.english)
    except Exception:
        log.exception("a reply on the page failed")


def _unslashed(text: str) -> str:
    return text.removeprefix("/") if text.startswith("//") else text


def _incoming(visitor: Visitor, text: str) -> IncomingMessage:
    """What was typed, as a message to the bot. A browser delivers everything once."""
    return IncomingMessage(
        visitor.conversation,
        uuid4().hex,
        visitor.person,
        visitor.session.name,
        text,
        datetime.now(UTC),
        private=True,
    )
