"""One turn of a conversation: from a user's message to a stored reply.

Knows the ports (a history store, a text generator) and the prompt; knows no platform, no
database and no model. Adapters drive `Chat.respond` and pull its events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.decoding import with_overrides
from bot.errors import BotError, EmptyReply, GenerationFailed, MessageTooLong, NothingToRegenerate
from bot.messages import (
    ConversationKey,
    FinishReason,
    GenerationEnd,
    GenerationRequest,
    IncomingMessage,
    Prompt,
    ReplyEnd,
    ReplyEvent,
    Sampling,
    TextDelta,
    Turn,
)
from bot.ports import HistoryStore, TextGenerator, Unanswered
from bot.prompt import PromptFormat, fit

log = logging.getLogger(__name__)

Reply = AsyncGenerator[ReplyEvent, None]

# A turn is at least a speaker, a colon, a space, a character and a newline.
SHORTEST_TURN = 5


@dataclass(frozen=True, slots=True)
class Context:
    """What the bot remembers in a conversation. `tokens` of `budget` are in use."""

    prompt: Prompt
    tokens: int
    budget: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A conversation, by its key and by the store's id."""

    key: ConversationKey
    id: int


@dataclass(slots=True)
class _Floor:
    """Who may speak in one conversation: one reply at a time, the others wait."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: set[int] = field(default_factory=set)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    users: int = 0


class Chat:
    """Answers messages of any number of conversations, each in order."""

    def __init__(
        self,
        store: HistoryStore,
        generator: TextGenerator,
        prompt_format: PromptFormat,
        *,
        preamble: Sequence[Turn] = (),
        sampling: Sampling | None = None,
    ) -> None:
        self._store = store
        self._generator = generator
        self._format = prompt_format
        self._preamble = tuple(preamble)
        # A reply may take a quarter of the context, so that memory keeps the greater part.
        sampling = sampling or Sampling()
        longest = max(1, generator.context_length // 4)
        self._sampling = replace(sampling, max_new_tokens=min(sampling.max_new_tokens, longest))
        self._floors: dict[int, _Floor] = {}
        # The oldest message in each conversation's latest prompt: see `bot.prompt.fit`.
        self._first_kept: dict[int, int] = {}

    @property
    def store(self) -> HistoryStore:
        """Where the conversations are kept."""
        return self._store

    async def respond(self, message: IncomingMessage) -> Reply:
        """Store a message and, if it is addressed to the bot, answer it.

        Yields the reply's text as it is written and, once it is stored, a `ReplyEnd`. Yields
        nothing where there is nothing to answer: not addressed, answered already, or a newer
        message waits whose reply answers this one too. Raises BotError for what the user
        should be told; the message stays stored.
        """
        stored = await self._store.add_message(message)
        if message.addressed:
            place = _Place(message.conversation, stored.conversation_id)
            async with aclosing(self._answer(place, stored.message_id)) as reply:
                async for event in reply:
                    yield event

    async def resume(self, message: Unanswered) -> Reply:
        """Answer a message that was stored before the process ended. Events as in `respond`."""
        place = _Place(message.conversation, message.conversation_id)
        async with aclosing(self._answer(place, message.message_id)) as reply:
            async for event in reply:
                yield event

    async def _answer(self, place: _Place, trigger_id: int) -> Reply:
        """Answer a stored message when its turn comes."""
        conversation_id = place.id
        async with self._floor(conversation_id) as floor:
            floor.waiting.add(trigger_id)
            try:
                await floor.lock.acquire()
            finally:
                floor.waiting.discard(trigger_id)
            try:
                floor.stop.clear()  # what was meant for the reply before
                if floor.waiting and max(floor.waiting) > trigger_id:
                    return
                reply_id = await self._store.start_reply(conversation_id, trigger_id)
                if reply_id is None:
                    return
                writing = self._reply(place, trigger_id, reply_id, floor.stop)
                async with aclosing(writing) as reply:
                    async for event in reply:
                        yield event
            finally:
                floor.lock.release()

    async def regenerate(self, conversation: ConversationKey) -> Reply:
        """Take back the newest reply and write another. Events and errors as in `respond`."""
        conversation_id = await self._store.find(conversation)
        if conversation_id is None:
            raise NothingToRegenerate
        async with self._floor(conversation_id) as floor, floor.lock:
            trigger_id = await self._store.discard_reply(conversation_id)
            if trigger_id is None:
                raise NothingToRegenerate
        answer = self._answer(_Place(conversation, conversation_id), trigger_id)
        async with aclosing(answer) as reply:
            async for event in reply:
                yield event

    async def stop(self, conversation: ConversationKey) -> bool:
        """Stop the reply that is being written; False when there is none."""
        conversation_id = await self._store.find(conversation)
        floor = self._floors.get(conversation_id) if conversation_id is not None else None
        if floor is None or not floor.lock.locked():
            return False
        floor.stop.set()
        return True

    async def reset(self, conversation: ConversationKey) -> int:
        """Make memory start here; how many messages are out of sight now. Deletes nothing."""
        return await self._store.reset(conversation)

    async def context(self, conversation: ConversationKey) -> Context:
        """What the next prompt in this conversation would hold."""
        conversation_id = await self._store.find(conversation)
        sampling = await self.sampling_for(conversation)
        prompt = await self.prompt(conversation_id, sampling)
        return Context(prompt, len(prompt.ids), self._budget(sampling))

    async def prompt(
        self, conversation_id: int | None, sampling: Sampling, *, up_to: int | None = None
    ) -> Prompt:
        """The exact prompt of a conversation, up to message `up_to`. One query."""
        budget = self._budget(sampling)
        if conversation_id is None:
            return fit(self._format, self._preamble, (), budget)
        limit = budget // SHORTEST_TURN
        history = await self._store.history(conversation_id, limit=limit, up_to=up_to)
        first = self._first_kept.get(conversation_id, 0)
        older = sum(message.id < first for message in history)
        turns = [Turn(m.role, m.text, m.author_name) for m in history]
        # In a thread: counting the tokens of a very long message takes a second.
        prompt = await asyncio.to_thread(
            fit, self._format, self._preamble, turns, budget, keep_from=older
        )
        if prompt.dropped < len(history):
            self._first_kept[conversation_id] = history[prompt.dropped].id
        return prompt

    def _budget(self, sampling: Sampling) -> int:
        return self._generator.context_length - sampling.max_new_tokens

    async def sampling_for(self, conversation: ConversationKey) -> Sampling:
        """How tokens are chosen in a conversation: the defaults and its channel's settings."""
        return with_overrides(self._sampling, await self._store.settings(conversation))

    async def _reply(
        self, place: _Place, trigger_id: int, reply_id: int, stop: asyncio.Event
    ) -> Reply:
        text = ""
        reason = FinishReason.STOPPED  # unless the model itself comes to an end
        try:
            sampling = await self.sampling_for(place.key)
            prompt = await self.prompt(place.id, sampling, up_to=trigger_id)
            request = GenerationRequest(prompt, sampling, str(place.id), stop=self._format.stop)
            async with aclosing(_until(stop, self._generator.stream(request))) as events:
                async for event in events:
                    if isinstance(event, GenerationEnd):
                        reason = event.reason
                    elif delta := _visible(text, event.text):
                        text += delta
                        yield TextDelta(delta)
        except MessageTooLong:
            # The refusal is the answer: the message must not come back after a restart.
            await self._store.finish_reply(reply_id, "", FinishReason.END)
            raise
        except BotError:
            await self._store.fail_reply(reply_id)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            # Nobody reads any more: what was written is kept, as after a stop.
            await asyncio.shield(self._store.finish_reply(reply_id, text.rstrip(), reason))
            raise
        except Exception as error:
            log.exception("the reply to message %d failed", trigger_id)
            await self._store.fail_reply(reply_id)
            raise GenerationFailed from error
        text = text.rstrip()
        await self._store.finish_reply(reply_id, text, reason)
        if not text and reason is not FinishReason.STOPPED:
            raise EmptyReply
        yield ReplyEnd(text, reason)

    @asynccontextmanager
    async def _floor(self, conversation_id: int) -> AsyncGenerator[_Floor, None]:
        """The conversation's floor, forgotten when nobody uses it any more."""
        floor = self._floors.setdefault(conversation_id, _Floor())
        floor.users += 1
        try:
            yield floor
        finally:
            floor.users -= 1
            if not floor.users:
                del self._floors[conversation_id]


def _visible(before: str, delta: str) -> str:
    """The part of a delta to show: a reply does not begin with white space."""
    return delta if before else delta.lstrip()


async def _until(
    stop: asyncio.Event, stream: AsyncGenerator[TextDelta | GenerationEnd, None]
) -> AsyncGenerator[TextDelta | GenerationEnd, None]:
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
