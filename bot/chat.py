"""One turn of a conversation: from a user's message to a stored reply.

Knows the ports (a history store, a text generator) and the prompt; knows no platform, no
database and no model. Adapters drive `Chat.respond` and pull its events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from bot.errors import (
    BotError,
    EmptyReply,
    GenerationFailed,
    MessageTooLong,
    NothingToRegenerate,
    NotTheNewestReply,
)
from bot.floor import Floor, Floors, Keyed
from bot.messages import (
    ConversationKey,
    FinishReason,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    IncomingMessage,
    Queued,
    ReplyEnd,
    ReplyEvent,
    ReplyRestart,
    ReplyStart,
    Sampling,
    TextDelta,
    Turn,
)
from bot.policy import Mode, Policy
from bot.ports import Store, Stored, TextGenerator, Unanswered
from bot.prompt import PromptFormat
from bot.recall import Context, Recall

log = logging.getLogger(__name__)

Reply = AsyncGenerator[ReplyEvent, None]


@dataclass(frozen=True, slots=True)
class _Place:
    """A conversation, by its key and by the store's id."""

    key: ConversationKey
    id: int


class Chat:
    """Answers messages of any number of conversations, each in order."""

    def __init__(
        self,
        store: Store,
        generator: TextGenerator,
        prompt_format: PromptFormat,
        *,
        preamble: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._store = store
        self._generator = generator
        self._format = prompt_format
        self._recall = Recall(
            store,
            prompt_format,
            lambda: generator.context_length,
            preamble,
            sampling or Sampling(),
        )
        self._policy = policy or Policy()
        self._floors = Floors()
        # What a platform tells of a conversation is taken in one after the other, as it came.
        self._intake = Keyed(asyncio.Lock)

    @property
    def store(self) -> Store:
        """Where the conversations are kept."""
        return self._store

    async def respond(self, message: IncomingMessage) -> Reply:
        """Store a message and, if it is for the bot, answer it.

        Yields a `ReplyStart`, the reply's text as it is written and, once it is stored, a
        `ReplyEnd`. Yields nothing where there is nothing to answer: not for the bot, answered
        already, or a newer message waits whose reply answers this one too. Raises BotError
        for what the user should be told; a message that was stored stays so.
        """
        stored = await self.take_in(message)
        async with aclosing(self.answer(message.conversation, stored)) as reply:
            async for event in reply:
                yield event

    async def take_in(self, message: IncomingMessage) -> Stored | None:
        """The first half of `respond`: store a message that is the bot's to keep, or None."""
        async with self._in_order(message.conversation):
            stored = await self._take_in(message)
        if stored is not None and stored.is_new and not stored.addressed:
            self._prefill_ahead(_Place(message.conversation, stored.conversation_id))
        return stored

    async def answer(self, conversation: ConversationKey, stored: Stored | None) -> Reply:
        """The other half: answer what `take_in` stored, if it is for the bot."""
        if stored is not None and stored.addressed:
            place = _Place(conversation, stored.conversation_id)
            async with aclosing(self._answer(place, stored.message_id)) as reply:
                async for event in reply:
                    yield event

    async def _take_in(self, message: IncomingMessage) -> Stored | None:
        """One that is delivered again was decided upon before, and does not count once more
        against its author."""
        known = await self._store.delivered(message.conversation, message.id)
        if known is not None:
            return known
        decided = await self._decide(message)
        if decided is None:
            return None
        channel = decided.conversation.parent()
        if decided.opens_thread and channel is not None and not decided.addressed:
            # Nobody answers it, so no thread is opened.
            decided = replace(decided, conversation=channel, opens_thread=False)
        return await self._store.add_message(decided)

    async def _decide(self, message: IncomingMessage) -> IncomingMessage | None:
        settings = await self._store.settings(message.conversation)
        return await self._policy.decide(self._store, message, settings)

    @asynccontextmanager
    async def _in_order(self, conversation: ConversationKey) -> AsyncGenerator[None, None]:
        with self._intake.use(conversation) as lock:
            async with lock:
                yield

    async def would_answer(self, message: IncomingMessage) -> bool:
        """Whether the bot may say something to a message that it does not keep. Counts."""
        try:
            return await self._decide(message) is not None
        except BotError:
            return False

    async def resume(self, message: Unanswered) -> Reply:
        """Answer a message that was stored before the process ended. Events as in `respond`."""
        place = _Place(message.conversation, message.conversation_id)
        async with aclosing(self._answer(place, message.message_id)) as reply:
            async for event in reply:
                yield event

    async def _answer(self, place: _Place, trigger_id: int) -> Reply:
        """Answer a stored message when its turn comes."""
        async with self._floors.take(place.id, trigger_id) as floor:
            if floor is None:
                return
            opened = await self._store.start_reply(place.id, trigger_id)
            if opened is None:
                return
            yield ReplyStart(opened.id, opened.trigger, opened.platform_ids)
            async with aclosing(self._reply(place, trigger_id, opened.id, floor)) as reply:
                async for event in reply:
                    yield event

    async def regenerate(
        self, conversation: ConversationKey, reply_id: int | None = None, *, by: str = ""
    ) -> Reply:
        """Take back the newest reply and write another. Events and errors as in `respond`.

        `by` is who asks for it, as against whom it counts. Raises NotTheNewestReply when
        `reply_id` is given and is not the newest.
        """
        self._policy.count(conversation, by)
        nothing = NothingToRegenerate() if reply_id is None else NotTheNewestReply()
        conversation_id = await self._store.find(conversation)
        if conversation_id is None:
            raise nothing
        with self._floors.use(conversation_id) as floor:
            async with floor.lock:
                trigger_id = await self._store.discard_reply(conversation_id, reply_id)
        if trigger_id is None:
            raise nothing
        answer = self._answer(_Place(conversation, conversation_id), trigger_id)
        async with aclosing(answer) as reply:
            async for event in reply:
                yield event

    async def stop(self, conversation: ConversationKey, *, begun_only: bool = False) -> bool:
        """Stop the reply that is being written; False when there is none.

        `begun_only`: not one that still waits for its first word.
        """
        return self._floors.stop(await self._store.find(conversation), begun_only=begun_only)

    async def edited(self, conversation: ConversationKey, platform_id: str, text: str) -> None:
        """A user changed a message: so does history, and the reply to it begins anew."""
        async with self._in_order(conversation):
            message_id = await self._store.edit_message(conversation, platform_id, text)
        if message_id is not None:
            self._floors.question_changed(message_id, gone=False)

    async def deleted(self, conversation: ConversationKey, platform_id: str) -> None:
        """A message was deleted: it is forgotten, and the reply to it stops."""
        async with self._in_order(conversation):
            message_id = await self._store.delete_message(conversation, platform_id)
        if message_id is not None:
            self._floors.question_changed(message_id, gone=True)

    async def reset(self, conversation: ConversationKey) -> int:
        """Make memory start here; how many messages are out of sight now. Deletes nothing."""
        return await self._store.reset(conversation)

    async def context(self, conversation: ConversationKey) -> Context:
        """What the next prompt in this conversation would hold."""
        return await self._recall.context(conversation)

    def _prefill_ahead(self, place: _Place) -> None:
        """Let the generator compute, in its own time, what the next prompt begins with."""
        self._generator.prefill_ahead(str(place.id), partial(self._beginning, place))

    async def _beginning(self, place: _Place) -> Sequence[int]:
        """The token ids with which the next prompt begins; none while a reply is written."""
        if self._floors.get(place.id) is not None:
            return ()  # at whose end it is time again
        return await self._recall.beginning(place.key, place.id)

    async def mode_of(self, conversation: ConversationKey) -> Mode:
        """When the bot answers in a conversation's channel."""
        return self._policy.mode_in(await self._store.settings(conversation))

    async def sampling_for(self, conversation: ConversationKey) -> Sampling:
        """How tokens are chosen in a conversation: the defaults and its channel's settings."""
        return await self._recall.sampling_for(conversation)

    async def _reply(self, place: _Place, trigger_id: int, reply_id: int, floor: Floor) -> Reply:
        text = ""
        reason = FinishReason.STOPPED  # unless the model itself comes to an end
        try:
            while True:
                prompt, sampling = await self._recall.prompt(place.key, place.id, trigger_id)
                request = GenerationRequest(prompt, sampling, str(place.id), stop=self._format.stop)
                generation = _until(floor.stop, self._generator.stream(request))
                async with aclosing(generation) as events:
                    async for event in events:
                        if isinstance(event, GenerationEnd):
                            reason = event.reason
                        elif isinstance(event, Queued):
                            yield event
                        elif delta := _visible(text, event.text):
                            text += delta
                            floor.begun = True
                            yield TextDelta(delta)
                if not floor.begin_again():
                    break
                text, reason = "", FinishReason.STOPPED
                yield ReplyRestart()
        except MessageTooLong:
            # The refusal is the answer: the message must not come back after a restart.
            await self._store.finish_reply(reply_id, "", FinishReason.END)
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
            await asyncio.shield(ending)
            raise
        except Exception as error:
            log.exception("the reply to message %d failed", trigger_id)
            await self._store.fail_reply(reply_id)
            raise GenerationFailed from error
        text = text.rstrip()
        await self._store.finish_reply(reply_id, text, reason)
        if not text and reason is not FinishReason.STOPPED:
            raise EmptyReply
        self._prefill_ahead(place)
        yield ReplyEnd(text, reason)


def _visible(before: str, delta: str) -> str:
    """The part of a delta to show: a reply does not begin with white space."""
    return delta if before else delta.lstrip()


async def _until(
    stop: asyncio.Event, stream: AsyncGenerator[GenerationEvent, None]
) -> AsyncGenerator[GenerationEvent, None]:
    """Pass a generation's events on until it ends or `stop` is set; then close it at once."""
    stopping = asyncio.create_task(stop.wait())
    try:
        while True:
            following = asyncio.ensure_future(anext(stream, None))
            try:
                await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if stopping.done():
                    return
                event = await following
            finally:
                following.cancel()
                await asyncio.wait({following})
            if event is None:
                return
            yield event
    finally:
        stopping.cancel()
        await stream.aclose()
