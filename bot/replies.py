"""Replies, each from its question to the store: when it is written, and how it ends.

Knows the ports, the prompt and the floors; decides nothing about which message is answered.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import partial

from bot.errors import BotError, EmptyReply, GenerationFailed, MessageTooLong, PromptTooLong
from bot.floor import Floor, Floors, Keyed, Turns
from bot.level import Held, level_in
from bot.measured import Measured
from bot.messages import (
    ConversationKey,
    FinishReason,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Queued,
    ReplyEnd,
    ReplyEvent,
    ReplyRestart,
    ReplyStart,
    TextDelta,
    Thinking,
    person_of,
)
from bot.meters import Meters
from bot.ports import OpenReply, Store, TakenOver, TextGenerator, WrittenElsewhere
from bot.prompt import PromptFormat
from bot.recall import QuestionGone, Recall
from bot.signals import Awaited, Free, Signals

log = logging.getLogger(__name__)

MOST_SHORTENED = 8  # prompts that are made anew since a server took less than was known
LOOK_SECONDS = 2.0  # until one looks again whether a reply elsewhere has ended, though untold

Reply = AsyncGenerator[ReplyEvent, None]


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation, by its key and by the store's id."""

    key: ConversationKey
    id: int


@dataclass(frozen=True, slots=True)
class Question:
    """A stored message that is to be answered. `settings` are its channel's, if known; `anew`:
    its reply was taken back."""

    place: Place
    message_id: int
    settings: Mapping[str, str] | None = None
    anew: bool = False


class Replies:
    """Writes the replies of all conversations, one at a time in each."""

    def __init__(
        self,
        store: Store,
        generator: TextGenerator,
        prompt_format: PromptFormat,
        recall: Recall,
        floors: Floors,
        intake: Turns,
        signals: Signals,
        meters: Meters,
        held: Held | None = None,
    ) -> None:
        self._store = store
        self._generator = generator
        self._format = prompt_format
        self._recall = recall
        self._floors = floors
        self._intake = intake
        self._held = held
        self._signals = signals
        self._meters = meters
        self._waits = Keyed(asyncio.Event)  # by conversation, for others' replies there
        self._awaited: set[int] = set()  # conversations for which others wait

    async def answer(self, asked: Callable[[], Awaitable[Question | None]]) -> Reply:
        """Answer a question, once it is known, when its turn comes. See `Chat.respond`."""
        arrived = time.monotonic()
        question = await asked()
        if question is None:
            return
        if self._floors.get(question.place.id) is not None:
            question = replace(question, settings=None)  # by its turn they may have changed
        place, message_id = question.place, question.message_id
        waited = True
        while waited:  # once, but where other processes write in the same conversation
            async with self._floors.take(place.id, message_id) as floor:
                if floor is None:
                    return
                try:
                    opened = await self._store.start_reply(place.id, message_id)
                except WrittenElsewhere:
                    await self.wait_for_others(place.id, floor)
                    if message_id in floor.gone:
                        return
                    floor.give_up()
                    question = replace(question, settings=None)
                    continue
                waited = False
                if opened is None:  # it was deleted, or answered before
                    floor.give_up()
                    return
                again = opened.again and not question.anew
                measured = Measured(self._meters, place.key.platform, place.id, arrived)
                yield ReplyStart(opened.id, opened.trigger, opened.platform_ids, again)
                try:
                    with measured:
                        writing = self._write(question, opened, floor, measured)
                        async with aclosing(writing) as reply:
                            async for event in reply:
                                measured.saw(event)
                                yield event
                except TakenOver:
                    log.warning("another process goes on with the reply %d", opened.id)
                finally:
                    if place.id in self._awaited:
                        self._awaited.discard(place.id)
                        await self._signals.tell(Free(place.id))

    async def wait_for_others(self, conversation_id: int, floor: Floor) -> None:
        """Wait until another process may have ended its reply in the conversation, whose floor
        is had; or, for that which is had, something changed."""
        floor.elsewhere = True
        try:
            async with aclosing(self._freed(conversation_id)) as freed:
                await floor.stop.before(freed)
        finally:
            floor.elsewhere = False

    async def _freed(self, conversation_id: int) -> AsyncGenerator[None, None]:
        with self._waits.use(conversation_id) as free:
            await self._signals.tell(Awaited(conversation_id))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await free.wait()
        yield

    async def awaited(self, conversation_id: int) -> None:
        """Another process waits until this one's reply in a conversation has ended: tell it then.

        Where none is being written, what stands open in the ledger could not be closed when it
        ended, and is closed now.
        """
        with self._floors.use(conversation_id) as floor:
            if floor.lock.locked():
                if not floor.elsewhere:
                    self._awaited.add(conversation_id)
                return
            async with floor.lock:
                closed = await self._store.abandon(conversation_id)
        if closed:
            await self._signals.tell(Free(conversation_id))

    def freed(self, conversation_id: int | None) -> None:
        """Another process's reply in a conversation has ended, or in any."""
        found = (
            self._waits.values() if conversation_id is None else [self._waits.get(conversation_id)]
        )
        for free in found:
            if free is not None:
                free.set()

    def prefill_ahead(self, place: Place) -> None:
        """Let the generator compute, in its own time, what the next prompt begins with."""
        self._generator.prefill_ahead(str(place.id), partial(self._beginning, place))

    async def _beginning(self, place: Place) -> Sequence[int]:
        """The token ids with which the next prompt begins; none while a reply is written."""
        if self._floors.get(place.id) is not None:
            return ()  # at whose end it is time again
        return await self._recall.beginning(place.key, place.id)

    async def _write(
        self, question: Question, opened: OpenReply, floor: Floor, measured: Measured
    ) -> Reply:
        place, settings, reply_id = question.place, question.settings, opened.id
        text, reason = "", FinishReason.STOPPED  # unless the model itself comes to an end
        shortened, thought = 0, False
        try:
            while True:
                if settings is None:
                    settings = await self._store.settings(place.key)
                prompt, sampling = await self._recall.prompt(
                    place.key, place.id, question.message_id, settings
                )
                request = GenerationRequest(
                    prompt,
                    sampling,
                    str(place.id),
                    stop=self._format.stop,
                    person=person_of(place.key.platform, opened.asker),
                )
                try:
                    async with aclosing(self._stream(request, settings)) as events:
                        while (event := await floor.stop.before(events)) is not None:
                            if isinstance(event, GenerationEnd):
                                reason = event.reason
                                measured.generation = event
                            elif isinstance(event, Queued | Thinking):
                                thought = isinstance(event, Thinking)
                                yield event
                            elif delta := _visible(text, event.text):
                                text += delta
                                floor.begun = True
                                yield TextDelta(delta)
                except PromptTooLong:
                    shortened += 1
                    if shortened > MOST_SHORTENED:
                        raise
                    continue
                # What changes about the question is told before this, or after it.
                async with self._intake.turn(place.key):
                    if not floor.begin_again():
                        if question.message_id in floor.gone:
                            reason = FinishReason.GONE
                        text = text.rstrip()
                        await self._store.finish_reply(reply_id, text, reason)
                        break
                text, reason, settings = "", FinishReason.STOPPED, None
                yield ReplyRestart()
        except QuestionGone:
            floor.give_up()
            reason = FinishReason.GONE
            await self._store.finish_reply(reply_id, text, reason)
        except MessageTooLong:
            # The refusal is the answer: the message must not come back after a restart.
            await self._store.finish_reply(reply_id, "", FinishReason.END)
            raise
        except TakenOver:
            raise
        except BotError:
            await self._store.fail_reply(reply_id)
            raise
        except (asyncio.CancelledError, GeneratorExit) as end:
            # Nobody reads any more: what was written is kept, as after a stop. Where the
            # process ends before the first word, the message is to be answered later.
            unwritten = not text and isinstance(end, asyncio.CancelledError)
            ending = (
                self._store.fail_reply(reply_id)
                if unwritten
                else self._store.finish_reply(reply_id, text.rstrip(), reason)
            )
            with suppress(TakenOver):
                await asyncio.shield(ending)
            raise
        except Exception as error:
            log.exception("the reply to message %d failed", question.message_id)
            await self._store.fail_reply(reply_id)
            raise GenerationFailed from error
        if not text and not reason.cut_off:
            raise EmptyReply(thought=thought and reason is FinishReason.LENGTH)
        self.prefill_ahead(place)
        footnote = "" if reason.cut_off else await self._footnote(text, settings)
        yield ReplyEnd(text, reason, footnote)

    def _stream(
        self, request: GenerationRequest, settings: Mapping[str, str]
    ) -> AsyncGenerator[GenerationEvent, None]:
        """What the model says, held to the channel's level where it has one."""
        level = level_in(settings)
        if self._held is None or level is None:
            return self._generator.stream(request)
        return self._held.stream(self._generator, request, level)

    async def _footnote(self, text: str, settings: Mapping[str, str] | None) -> str:
        """What is shown below a reply that is held to a level."""
        level = None if settings is None else level_in(settings)
        return "" if self._held is None or level is None else await self._held.footnote(level, text)


def _visible(before: str, delta: str) -> str:
    """The part of a delta to show: a reply does not begin with white space."""
    return delta if before else delta.lstrip()
