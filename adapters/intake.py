"""A message comes in, on any platform: its order, once, whom the bot talks with, and what becomes
of it.

What a platform tells of a message is a `Said`: what follows from ids and flags is known at once,
everything else is asked for only where it is needed, after the limits. Nothing here knows how a
platform is asked, what stands in its messages, nor how a reply is shown. It is long since all
that is decided about a message stands in one place, in the order in which it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from adapters.controls import Controls, command_in
from adapters.delivery import Deliveries
from adapters.once import Once
from adapters.platform_time import PlatformTime, machine_now
from adapters.reading import cannot_read
from adapters.said import RIGHT_AFTER, Heard, Said
from adapters.sentences import NO_DIRECT_MESSAGES, SAY_SOMETHING
from bot.bounded import Bounded
from bot.chat import Admitted, Chat
from bot.command import Command
from bot.commands import UnknownCommand
from bot.errors import BotError, GenerationFailed
from bot.floor import Turns
from bot.learning.quizzes import Attempted, Typed
from bot.limits import TooFast
from bot.messages import ConversationKey, IncomingMessage
from bot.notices import Notice
from bot.ports import Stored

log = logging.getLogger(__name__)

TRY_AGAIN = (1.0, 5.0, 20.0)  # seconds after which a change is tried again
AGAIN = timedelta(seconds=30)  # after which an event is likely told of once more
MOST_PLACES = 10_000  # of which it is known what was said last

T = TypeVar("T")
Answer = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class _Last:
    """The last message of a place, of which nothing but this is remembered."""

    id: str
    author_id: str
    sent_at: datetime
    forwards: bool


@dataclass(frozen=True, slots=True)
class _Given:
    """A command that was typed."""

    command: Command
    argument: str


class Intake:
    """Takes in what is said, on one platform. One message is looked at once, however often and in
    whatever shape it is delivered."""

    def __init__(
        self,
        chat: Chat,
        deliveries: Deliveries,
        controls: Controls,
        time: PlatformTime | None = None,
    ) -> None:
        self._chat = chat
        self._deliveries = deliveries
        self._controls = controls
        self._time = time or PlatformTime("the platform")
        self._once = Once()
        self._attempts = Once()  # what was an answer to a quiz's question
        self._noticed = Once()  # what was answered by a notice only, and may be edited
        self._edits = Once()
        self._gone = Once()  # what was deleted, and may yet be told of, or stand in a history
        self._refused = Once()  # whose direct messages were declined
        # By place, of what is said now and of what a history has, each in their own order.
        self._last: Bounded[tuple[ConversationKey, bool], _Last] = Bounded(MOST_PLACES)
        # What happens in a place is taken in one after the other, as it came: what a platform must
        # be asked for lets nothing overtake.
        self._order = Turns()
        self._open = asyncio.Event()  # once what waits since before has its place in the line
        self._left = False  # it is never opened: what waits for that is for the next process
        self._coming: dict[object, datetime] = {}  # since when what is being taken in

    def open(self) -> None:
        """From now on what is said is taken in: after what a process before this one left."""
        if not self._left:
            self._open.set()

    def leave(self) -> None:
        """Nobody will open it any more: who waits for that waits no longer, and what they said is
        not taken in, as if it had been said while the bot was away."""
        if not self._open.is_set():
            self._left = True
            self._open.set()

    @property
    def coming_since(self) -> datetime | None:
        """Since when the oldest of what came in is not stored yet; None where all is."""
        return min(self._coming.values(), default=None)

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
        problem: BotError | None = None
        async with self._deliveries.at_work(), self._order.turn(place):
            key, ids = await conversation(), list(ids)
            for id in ids:
                self._gone.first((key.workspace, key.channel, id))
            for id in ids:
                try:
                    await _persistently(partial(self._chat.deleted, key, id))
                except BotError as error:
                    problem = error
        if problem is not None:
            raise problem

    async def take_in(self, said: Said) -> Answer | None:
        """Take in what a platform's history has; how it is to be answered, if it is.

        Commands and hints are left to the event itself, which may yet come. Raises BotError where
        the database does not take it in, and TryAgain: then it is to be read once more.
        """
        async with self._order.turn(said.place):
            return await self._take_in(said, late=True)

    async def _answered(
        self, place: Hashable, take_in: Callable[[], Awaitable[Answer | None]]
    ) -> None:
        if self._deliveries.closing:
            return
        async with self._deliveries.at_work():
            coming = object()
            self._coming[coming] = self._time.now()
            try:
                await self._open.wait()
                if self._left:
                    return
                async with self._order.turn(place):
                    answer = await take_in()
            finally:
                del self._coming[coming]
            if answer is not None:
                await answer()

    async def _take_in(self, said: Said, *, late: bool) -> Answer | None:
        message = await said.envelope()
        if message is None or self._gone.has(_event(message)):
            return None
        before = self._last.get((_stands_in(message), late))
        said_now = _Last(message.id, message.author_id, message.sent_at, said.forwards)
        self._last[_stands_in(message), late] = said_now
        if not await said.welcome():
            # In a channel silence is what the operator wants; a DM is declined, once.
            if message.private and not late and self._refused.first(_person(message)):
                return self._notice(said, NO_DIRECT_MESSAGES)
            return None
        event = _event(message)
        if not self._once.first(event):
            return None
        said.outlet.quiet = not message.addressed
        said.outlet.reader = partial(self._controls.reader, said.caller)
        kept, settings = False, None
        try:
            attempted = await self._attempt(said, message, late=late)
            if attempted is not None:
                kept = True
                self._attempts.first(event)
                told = attempted.notice
                return None if told is None or late else self._notice(said, told)
            admitted = await self._chat.admit(message)
            if admitted is None:
                return None
            settings = admitted.settings
            result = admitted.stored or await self._keep(said, message, admitted, before)
            kept = isinstance(result, Stored)
        except BotError as error:
            if late and (not error.private or isinstance(error, TooFast)):
                raise  # it is read once more, later
            result = error
        except Exception:
            if late:
                raise
            log.exception("a message could not be taken in")
            result = GenerationFailed()
        finally:
            if late and not kept:
                # What is not done late is left to the event itself, which may yet come.
                self._once.forget(event)
        if isinstance(result, Stored):
            return self._reply(said, message, result, settings)
        if late or result is None:
            return None
        self._noticed.first(event)
        if isinstance(result, _Given):
            return partial(self._give, said, result)
        return self._notice(said, result)

    async def _attempt(
        self, said: Said, message: IncomingMessage, *, late: bool
    ) -> Attempted | None:
        """What becomes of a message as an answer to a quiz's question; None where it is none, and
        goes its usual way. Late, also where the question is closed by now."""
        if message.by_bot:
            return None
        here, quizzes = _stands_in(message), self._chat.quizzes
        going = quizzes.in_conversation(here)
        sent_at = self._time.here(message.sent_at)
        late = late or machine_now() - sent_at > AGAIN
        posed = await quizzes.posed_at(here, sent_at) if late else None
        if not going and posed is None:
            return None
        heard = await said.read()
        typed = Typed(
            heard.text,
            message.author_id,
            heard.author_name,
            message.private,
            message.addressed,
            sent_at,
        )
        stands = going or (posed is not None and posed.closed_at is None)
        found = await quizzes.hear(here, typed) if stands else None
        if found is None and posed is not None and await quizzes.was_answer(posed, typed):
            return Attempted()
        return found

    async def _keep(
        self, said: Said, message: IncomingMessage, admitted: Admitted, before: _Last | None
    ) -> Stored | _Given | Notice | BotError | None:
        """Store a message; or the command that it is, or what is to be said instead."""
        asked = message.addressed and admitted.addressed
        if asked and (missing := said.lacking()) is not None:
            return missing
        heard = await said.read()
        text = heard.text
        if asked:
            try:
                command = command_in(text)
            except UnknownCommand as error:
                return error
            if command is not None:
                return _Given(*command)
            text = await self._with_before(said, message, heard, before)
        if not text.strip():
            if not asked:
                return None
            return cannot_read(heard.unreadable) if heard.unreadable else SAY_SOMETHING
        if admitted.joins and (opening := await said.opening()):
            text = f"{opening}\n{text}"
        message = replace(message, text=text, author_name=heard.author_name)
        return await self._chat.keep(message, admitted)

    async def _with_before(
        self, said: Said, message: IncomingMessage, heard: Heard, last: _Last | None
    ) -> str:
        """A message to the bot together with what it is about, where that is what its author said
        right before: a bare call of the bot, or a word to a message that was passed on."""
        if message.reply_to is not None:
            return heard.text
        after = last is not None and _right_after(last, message)
        if last is not None and after and last.forwards:
            about = await said.before(last.id)
        elif heard.text.strip() or heard.unreadable or message.private:
            return heard.text
        elif last is None or after:
            about = await said.before(None)
        else:
            return heard.text
        return f"{about}\n{heard.text}".strip()

    async def _give(self, said: Said, given: _Given) -> None:
        try:
            caller = await said.caller()
            await self._controls.give(
                given.command, given.argument, caller, said.outlet, said.there, counted=True
            )
        except BotError as error:  # not for everybody, or with a wrong argument
            await self._deliveries.say(said.outlet, error)
        except Exception:
            log.exception("a command that was typed failed")
            await self._deliveries.say(said.outlet, GenerationFailed())

    async def _change(self, said: Said) -> Answer | None:
        message = await said.envelope()
        if message is None:
            return None
        event = _event(message)
        if self._gone.has(event) or not self._edits.first((event, said.version)):
            return None
        if self._attempts.has(event) and not self._chat.quizzes.in_conversation(
            _stands_in(message)
        ):
            return None
        if (await _persistently(partial(self._chat.store.known, message))).stored is not None:
            if await self._edit(said, message):
                return None
        # It may be the bot's by now; and what got no more than a notice is looked at anew.
        elif not message.addressed and not self._noticed.has(event):
            return None
        self._noticed.forget(event)
        self._once.forget(event)
        return await self._take_in(said, late=False)

    async def _edit(self, said: Said, message: IncomingMessage) -> bool:
        """Change a message that is kept; False where it is to be taken in as a new one."""
        heard = await _persistently(said.read)
        nothing = not heard.text.strip()
        if nothing or (message.addressed and _is_command(heard.text)):
            key = message.conversation
            await _persistently(partial(self._chat.deleted, key, message.id, for_good=False))
            return nothing
        message = replace(message, text=heard.text, author_name=heard.author_name)
        return await _persistently(partial(self._chat.edited, message))

    def _reply(
        self,
        said: Said,
        message: IncomingMessage,
        stored: Stored,
        settings: Mapping[str, str] | None,
    ) -> Answer | None:
        if not stored.addressed:
            return None
        key = message.conversation
        events = self._chat.answer(key, stored, settings)
        return partial(self._deliveries.show, key, events, said.outlet)

    def _notice(self, said: Said, notice: Notice | BotError) -> Answer:
        return partial(self._deliveries.say, said.outlet, notice)


async def _persistently(work: Callable[[], Awaitable[T]]) -> T:
    """Do what nobody is to do once more, and no history tells of: a change, a deletion. Raises
    BotError where the database is busy for long."""
    for pause in TRY_AGAIN:
        try:
            return await work()
        except BotError as error:
            log.warning("a change is tried again: %s", error)
        await asyncio.sleep(pause)
    return await work()


def _is_command(text: str) -> bool:
    try:
        return command_in(text) is not None
    except UnknownCommand:
        return True


def _event(message: IncomingMessage) -> Hashable:
    """What a message is known by, in whatever shape and conversation it is delivered."""
    key = message.conversation
    return key.workspace, key.channel, message.id


def _stands_in(message: IncomingMessage) -> ConversationKey:
    """Where people see a message, whatever thread is opened to answer it."""
    here = message.conversation.parent() if message.opens_thread else None
    return here or message.conversation


def _person(message: IncomingMessage) -> Hashable:
    return message.conversation.workspace, message.author_id


def _right_after(first: _Last, second: IncomingMessage) -> bool:
    """Whether somebody said both, the second shortly after the first."""
    soon = timedelta(0) <= second.sent_at - first.sent_at <= RIGHT_AFTER
    return first.author_id == second.author_id and first.id != second.id and soon
