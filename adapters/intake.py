"""A message comes in, on any platform: its order, once, whom the bot talks with, and what becomes
of it.

What a platform tells of a message is a `Said`: what follows from ids and flags is known at once,
everything else is asked for only where it is needed, after the limits. Nothing here knows how a
platform is asked, what stands in its messages, nor how a reply is shown.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Protocol

from adapters.controls import Controls, command_in
from adapters.delivery import Deliveries
from adapters.once import Once
from adapters.reading import Unreadable, cannot_read
from adapters.sentences import NO_DIRECT_MESSAGES, SAY_SOMETHING
from adapters.streaming import Outlet
from bot.bounded import Bounded
from bot.chat import Admitted, Chat
from bot.commands import UnknownCommand
from bot.errors import BotError
from bot.floor import Keyed
from bot.messages import ConversationKey, IncomingMessage
from bot.notices import Notice
from bot.ports import Caller, Stored

log = logging.getLogger(__name__)

# How much later somebody who says something and then calls the bot still means that.
RIGHT_AFTER = timedelta(minutes=5)
MOST_PLACES = 10_000  # of which it is known what was said last

Answer = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says: its text, its author's name, and what of it cannot be read."""

    text: str
    author_name: str
    unreadable: tuple[Unreadable, ...] = ()


class Said(Protocol):
    """A message as a platform delivered it, or has it in its history."""

    @property
    def envelope(self) -> IncomingMessage:
        """The message without its text, from ids and flags alone; its author's name may be an
        id."""

    @property
    def place(self) -> Hashable:
        """Where it was said. What happens in a place is taken in as it came."""

    @property
    def forwards(self) -> bool:
        """Whether it passes on somebody's words, without a word of its author's own."""

    @property
    def outlet(self) -> Outlet:
        """The place for the answer; always the same."""

    async def welcome(self) -> bool:
        """Whether the bot talks with its author there. Raises TryAgain."""

    def lacking(self) -> BotError | None:
        """What the bot lacks to answer there."""

    async def read(self) -> Heard:
        """What it says, without what may not be kept of others. Raises BotError."""

    async def before(self, forward: str | None) -> str:
        """What its author said right before it, as a quotation; empty where that was nothing.

        `forward`: the id of the message, where it is known. Raises BotError.
        """

    async def caller(self) -> Caller:
        """Its author, as who gives a command. Raises BotError."""


@dataclass(frozen=True, slots=True)
class _Last:
    """The last message of a place, of which nothing but this is remembered."""

    envelope: IncomingMessage
    forwards: bool


class Intake:
    """Takes in what is said, on one platform. One message is looked at once, however often and in
    whatever shape it is delivered."""

    def __init__(self, chat: Chat, deliveries: Deliveries, controls: Controls) -> None:
        self._chat = chat
        self._deliveries = deliveries
        self._controls = controls
        self._once = Once()
        self._noticed = Once()  # what was answered by a notice only, and may be edited
        self._refused = Once()  # whose direct messages were declined
        self._last: Bounded[Hashable, _Last] = Bounded(MOST_PLACES)
        self._order = Keyed(asyncio.Lock)

    async def said(self, said: Said) -> None:
        """Somebody said something, now: take it in, and answer."""
        await self._answered(said.place, partial(self._take_in, said, late=False))

    async def changed(self, said: Said) -> None:
        """Somebody edited a message, to what `said` says now."""
        await self._answered(said.place, partial(self._change, said))

    async def deleted(
        self,
        place: Hashable,
        ids: Iterable[str],
        conversation: Callable[[], Awaitable[ConversationKey]],
    ) -> None:
        """Messages of a place were deleted; `conversation` finds out in which conversation."""
        async with self._deliveries.at_work(), self._in_order(place):
            key = await conversation()
            for id in ids:
                await self._chat.deleted(key, id)

    async def take_in(self, said: Said) -> Answer | None:
        """Take in what a platform's history has; how it is to be answered, if it is.

        Commands and hints are left to the event itself, which may yet come. Raises BotError where
        the database does not take it in, and TryAgain: then it is to be read once more.
        """
        async with self._in_order(said.place):
            return await self._take_in(said, late=True)

    async def _answered(
        self, place: Hashable, take_in: Callable[[], Awaitable[Answer | None]]
    ) -> None:
        if self._deliveries.closing:
            return
        async with self._deliveries.at_work():
            async with self._in_order(place):
                answer = await take_in()
            if answer is not None:
                await answer()

    @asynccontextmanager
    async def _in_order(self, place: Hashable) -> AsyncIterator[None]:
        """What happens in a place is taken in one after the other, as it came: what a platform
        must be asked for lets nothing overtake."""
        with self._order.use(place) as lock:
            async with lock:
                yield

    async def _take_in(self, said: Said, *, late: bool) -> Answer | None:
        message = said.envelope
        before = self._last.get(said.place)
        if not late:
            self._last[said.place] = _Last(message, said.forwards)
        if not await said.welcome():
            # In a channel silence is what the operator wants; a DM is declined, once.
            if message.private and not late and self._refused.first(_person(message)):
                return self._notice(said, NO_DIRECT_MESSAGES)
            return None
        event = _event(message)
        if not self._once.first(event):
            return None
        kept = False
        try:
            admitted = await self._chat.admit(message)
            if admitted is None:
                return None
            stored = admitted.stored or await self._keep(said, admitted, before, late)
            kept = isinstance(stored, Stored)
        except BotError as error:
            if late and not error.private:
                raise
            stored = error
        finally:
            if late and not kept:
                # What is not done late is left to the event itself, which may yet come.
                self._once.forget(event)
        if isinstance(stored, Stored):
            return self._reply(said, stored)
        if late or stored is None:
            return None
        self._noticed.first(event)
        return stored if callable(stored) else self._notice(said, stored)

    async def _keep(
        self, said: Said, admitted: Admitted, before: _Last | None, late: bool
    ) -> Stored | Answer | Notice | BotError | None:
        """Store a message; or what is to be done or said in place of an answer."""
        message = said.envelope
        if message.addressed and (missing := said.lacking()) is not None:
            return missing
        heard = await said.read()
        text = heard.text
        if message.addressed:
            try:
                command = command_in(text)
            except UnknownCommand as error:
                return error
            if command is not None:
                return None if late else partial(self._give, said, *command)
            text = await self._with_before(said, text, before, heard.unreadable)
        if not text.strip():
            if not message.addressed:
                return None
            return cannot_read(heard.unreadable) if heard.unreadable else SAY_SOMETHING
        message = replace(message, text=text, author_name=heard.author_name)
        return await self._chat.keep(message, admitted)

    async def _with_before(
        self, said: Said, text: str, last: _Last | None, unreadable: tuple[Unreadable, ...]
    ) -> str:
        """A message to the bot together with what it is about, where that is what its author said
        right before: a bare call of the bot, or a word to a message that was passed on."""
        message = said.envelope
        if message.reply_to is not None:
            return text
        if last is not None and last.forwards and _right_after(last.envelope, message):
            about = await said.before(last.envelope.id)
        elif text.strip() or unreadable or message.private:
            return text
        elif last is not None and not _right_after(last.envelope, message):
            return text
        else:
            about = await said.before(None if last is None else last.envelope.id)
        return f"{about}\n{text}".strip()

    async def _give(self, said: Said, command: object, argument: str) -> None:
        try:
            await self._controls.give(command, argument, await said.caller(), said.outlet)  # type: ignore[arg-type]
        except BotError as error:  # not for everybody, or with a wrong argument
            await self._deliveries.say(said.outlet, error)

    async def _change(self, said: Said) -> Answer | None:
        message = said.envelope
        event = _event(message)
        known = await self._chat.store.delivered(message.conversation, message.id)
        if known is None:
            # It may be the bot's by now; and what got no more than a notice is looked at anew.
            if not message.addressed and not self._noticed.has(event):
                return None
            self._noticed.forget(event)
            self._once.forget(event)
            return await self._take_in(said, late=False)
        heard = await said.read()
        if not heard.text.strip():
            await self._chat.deleted(message.conversation, message.id)
            return None
        changed = replace(message, text=heard.text, author_name=heard.author_name)
        stored = await self._chat.edited(changed)
        return None if stored is None else self._reply(said, stored)

    def _reply(self, said: Said, stored: Stored) -> Answer | None:
        if not stored.addressed:
            return None
        key = said.envelope.conversation
        return partial(self._deliveries.show, key, self._chat.answer(key, stored), said.outlet)

    def _notice(self, said: Said, notice: Notice | BotError) -> Answer:
        return partial(self._deliveries.say, said.outlet, notice)


def _event(message: IncomingMessage) -> Hashable:
    """What a message is known by, in whatever shape and conversation it is delivered."""
    key = message.conversation
    return key.workspace, key.channel, message.id


def _person(message: IncomingMessage) -> Hashable:
    return message.conversation.workspace, message.author_id


def _right_after(first: IncomingMessage, second: IncomingMessage) -> bool:
    """Whether somebody said both, the second shortly after the first."""
    soon = timedelta(0) <= second.sent_at - first.sent_at <= RIGHT_AFTER
    return first.author_id == second.author_id and first.id != second.id and soon
