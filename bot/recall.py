"""What the model is to read of a conversation: the pinned turns and as much history as fits.

Knows the store, the prompt's format and what is set in a channel; decides nothing about who is
answered, and generates nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.bounded import Bounded
from bot.decoding import with_overrides
from bot.errors import BotError
from bot.messages import ConversationKey, Message, Prompt, Role, Sampling, Turn
from bot.persona import PERSONA, persona_turns
from bot.ports import Store
from bot.prompt import PromptFormat, beginning, fit

# A turn is at least a speaker, a colon, a space, a character and a newline.
SHORTEST_TURN = 5
QUESTION = 16  # the share of the budget that a question is likely to fit into
QUICK = 8_000  # characters of a history that is made a prompt at once
MOST_PROMPTS = 10_000  # of which it is known where they begin
MOST_TRIES = 3  # at a prompt, until nothing was deleted while it was made

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """What the bot remembers in a conversation. `tokens` of `budget` are in use."""

    prompt: Prompt
    tokens: int
    budget: int


class QuestionGone(Exception):
    """The message that is to be answered was deleted, or is out of sight since a reset."""


class NoQuestion(BotError):
    """Nothing was asked in a conversation, or nothing that is still remembered."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing was asked here yet that could be answered.",
            "ここには、まだ答えられる質問がありません。",
        )


class Recall:
    """Makes the prompts of all conversations.

    `context_length`: tokens of prompt and reply; it may shrink while the bot runs, when another
    server takes over.
    """

    def __init__(
        self,
        store: Store,
        prompt_format: PromptFormat,
        context_length: Callable[[], int],
        preamble: Sequence[Turn],
        sampling: Sampling,
    ) -> None:
        self._store = store
        self._format = prompt_format
        self._context_length = context_length
        self._preamble = tuple(preamble)
        self.use(sampling)
        # The oldest message in each conversation's latest prompt: see `bot.prompt.fit`. Of the
        # conversations that were quiet longest it is forgotten.
        self._first_kept: Bounded[int, int] = Bounded(MOST_PROMPTS)
        self._forgets = 0

    def use(self, sampling: Sampling) -> None:
        """Choose tokens like this from now on, where a channel says nothing."""
        self._sampling = sampling

    def forget(self) -> None:
        """Keep no text: something was deleted. Nor what a prompt that is being made has of it."""
        self._forgets += 1
        self._format.forget()

    async def sampling_for(self, conversation: ConversationKey) -> Sampling:
        """How tokens are chosen in a conversation: the defaults and its channel's settings."""
        return self._bounded(await self._store.settings(conversation))

    async def context(self, conversation: ConversationKey) -> Context:
        """What the next prompt in this conversation would hold."""
        conversation_id = await self._store.find(conversation)
        sampling, preamble = self._set(await self._store.settings(conversation))
        budget = self._budget(sampling)
        if conversation_id is None:
            prompt = fit(self._format, preamble, (), budget)
        else:
            prompt = await self._prompt(preamble, conversation_id, budget, whole=True)
        return Context(prompt, len(prompt.ids), budget)

    async def asked(self, conversation: ConversationKey, question: str = "") -> Prompt:
        """The prompt that ends with the conversation's last question, or with this one after all
        that was said. Raises NoQuestion."""
        context = await self.context(conversation)
        pinned, turns = context.prompt.turns[: context.prompt.pinned], context.prompt.turns
        history = list(turns[len(pinned) :])
        if question:
            history.append(Turn(Role.USER, question))
        while history and history[-1].role is not Role.USER:
            history.pop()
        if not history:
            raise NoQuestion
        return await self._fit(self._forgets, pinned, history, context.budget)

    async def prompt(
        self,
        conversation: ConversationKey,
        conversation_id: int,
        up_to: int,
        settings: Mapping[str, str],
    ) -> tuple[Prompt, Sampling]:
        """The exact prompt of a conversation up to message `up_to`, and its decoding.

        `settings` are its channel's. Raises BotError where that message does not fit, and
        QuestionGone.
        """
        sampling, preamble = self._set(settings)
        budget = self._budget(sampling)
        for _ in range(MOST_TRIES):
            forgets = self._forgets
            prompt = await self._prompt(preamble, conversation_id, budget, up_to)
            if self._forgets == forgets:
                break  # otherwise it may have what was deleted
        return prompt, sampling

    async def beginning(self, conversation: ConversationKey, conversation_id: int) -> Sequence[int]:
        """The token ids with which the next prompt begins, whatever is asked.

        Empty where the newest message alone is too long.
        """
        sampling, preamble = self._set(await self._store.settings(conversation))
        budget, forgets = self._budget(sampling), self._forgets
        try:
            # Less than the budget, so that a question still fits: should old turns have to go,
            # they go now, and not when somebody waits.
            prompt, _ = await self._fitted(preamble, conversation_id, budget - budget // QUESTION)
        except BotError:
            return ()
        return await asyncio.to_thread(
            self._made, forgets, lambda: beginning(self._format, prompt.turns)
        )

    async def _prompt(
        self,
        preamble: Sequence[Turn],
        conversation_id: int,
        budget: int,
        up_to: int | None = None,
        *,
        whole: bool = False,
    ) -> Prompt:
        """One query for the history; where its newest message answers a reply that is no longer
        in sight, another brings that exchange in, just before it."""
        forgets = self._forgets
        prompt, history = await self._fitted(preamble, conversation_id, budget, up_to, whole)
        if up_to is not None and (not history or history[-1].id != up_to):
            raise QuestionGone
        if not history or history[-1].reply_to is None:
            return prompt
        exchange = await self._store.exchange(conversation_id, history[-1].reply_to)
        kept = history[prompt.dropped :]
        if {message.id for message in exchange} <= {message.id for message in kept}:
            return prompt
        missing = [message for message in exchange if message not in kept]
        turns = _turns([*kept[:-1], *missing, kept[-1]])
        return await self._fit(forgets, preamble, turns, budget)

    async def _fitted(
        self,
        preamble: Sequence[Turn],
        conversation_id: int,
        budget: int,
        up_to: int | None = None,
        whole: bool = False,
    ) -> tuple[Prompt, Sequence[Message]]:
        """The prompt of the history as far as it fits, and the history. Notes where it begins.

        What was dropped before is only read again to be counted: for the `whole` history.
        """
        limit, forgets = budget // SHORTEST_TURN, self._forgets
        first = self._first_kept.get(conversation_id, 0)
        history = await self._store.history(
            conversation_id, limit=limit, up_to=up_to, since=0 if whole else first
        )
        older = next((n for n, message in enumerate(history) if message.id == first), None)
        if older is None:  # it was deleted, or nothing is known
            older = sum(message.id < first for message in history)
        prompt = await self._fit(forgets, preamble, _turns(history), budget, older)
        if prompt.dropped < len(history):
            self._first_kept[conversation_id] = history[prompt.dropped].id
        return prompt, history

    async def _fit(
        self,
        forgets: int,
        preamble: Sequence[Turn],
        turns: Sequence[Turn],
        budget: int,
        keep_from: int = 0,
    ) -> Prompt:
        """`bot.prompt.fit`; in a thread where that may take long: counting the tokens of a very
        long message takes a second. Going there and back takes longer than most prompts do.

        `forgets`: how often something had been deleted before the turns were read.
        """

        def fitted() -> Prompt:
            return fit(self._format, preamble, turns, budget, keep_from)

        if sum(len(turn.text) for turn in turns) > QUICK:
            return await asyncio.to_thread(self._made, forgets, fitted)
        return self._made(forgets, fitted)

    def _made(self, forgets: int, make: Callable[[], T]) -> T:
        """What `make` makes of turns; keeps no text of it where something was deleted since.

        In the thread itself, which goes on where the task that waits for it is cancelled.
        """
        try:
            return make()
        finally:
            if self._forgets != forgets:
                self._format.forget()

    def _set(self, settings: Mapping[str, str]) -> tuple[Sampling, Sequence[Turn]]:
        """What is set in a channel, or everywhere: the decoding, and the pinned turns."""
        persona = settings.get(PERSONA)
        preamble = self._preamble if persona is None else persona_turns(persona)
        return self._bounded(settings), preamble

    def _bounded(self, settings: Mapping[str, str]) -> Sampling:
        """A reply may take a quarter of the context, so that memory keeps the greater part."""
        longest = min(self._sampling.max_new_tokens, max(1, self._context_length() // 4))
        return with_overrides(replace(self._sampling, max_new_tokens=longest), settings)

    def _budget(self, sampling: Sampling) -> int:
        return self._context_length() - sampling.max_new_tokens


def _turns(messages: Sequence[Message]) -> list[Turn]:
    return [Turn(m.role, m.text, m.author_name) for m in messages]
