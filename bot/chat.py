"""One turn of a conversation: from a user's message to a stored reply.

Knows the ports (a history store, a text generator) and the prompt; knows no platform, no
database and no model. Adapters drive `Chat.respond` and pull its events. Longer than most files:
everything that is asked of a conversation has its few lines here.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.announcing import Announcements
from bot.asides import aside, written
from bot.errors import BotError, NothingToRegenerate, NotTheNewestReply
from bot.floor import Floor, Floors, Turns
from bot.handling import Handling
from bot.learning.day.running import Days
from bot.learning.quizzes import Quizzes
from bot.level import Held
from bot.logins import Logins
from bot.messages import ConversationKey, IncomingMessage, Sampling, Turn, person_of
from bot.meters import Meters
from bot.policy import Mode, Policy
from bot.ports import Caller, Store, Stored, TextGenerator, Unanswered, WrittenElsewhere
from bot.prompt import PromptFormat
from bot.recall import Context, Recall
from bot.replies import Place, Question, Replies, Reply
from bot.retention import Retention
from bot.signals import (
    Alone,
    Awaited,
    Changed,
    Forgotten,
    Free,
    Left,
    Missed,
    QuizBegan,
    Signal,
    Signals,
    Stop,
)
from bot.study.study import Study

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A message that is the bot's to keep. `addressed`: and to answer. `stored`: it was
    delivered before. `settings`: its channel's. `joins`: it calls the bot into a thread of
    others."""

    addressed: bool
    stored: Stored | None
    settings: Mapping[str, str]
    joins: bool = False


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
        study: Study | None = None,
        held: Held | None = None,
        logins: Logins | None = None,
        handling: Handling | None = None,
        retention: Retention | None = None,
        signals: Signals | None = None,
        meters: Meters | None = None,
    ) -> None:
        self.meters = meters or Meters()
        self.study = study or Study()
        self.retention = retention or Retention()
        self.handling = handling or Handling()  # of what people say, in words
        self.logins = logins  # to the web page; None where there is none
        self.announcements = Announcements()
        self.days = Days(store, self.study, self.announcements)
        self.quizzes = Quizzes(
            store,
            self.study,
            self.announcements,
            self.meters.quiz_answers,
            began=lambda platform: self._signals.tell(QuizBegan(platform)),
        )
        self._forgetting: list[Callable[[str, str], None]] = []
        self._taking_up: list[Callable[[], None]] = []
        self._signals = signals or Alone()
        self._doing: set[asyncio.Task[None]] = set()  # what other processes told
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
        self._intake = Turns()
        self._replies = Replies(
            store,
            generator,
            prompt_format,
            self._recall,
            self._floors,
            self._intake,
            self._signals,
            self.meters,
            held,
        )
        self._signals.listen(self._heard)

    @property
    def store(self) -> Store:
        """Where the conversations are kept."""
        return self._store

    @property
    def remote(self) -> bool:
        """Whether what is said goes to other servers, which the operator named."""
        return self._generator.remote

    def use(self, sampling: Sampling) -> None:
        """Choose tokens like this from now on, where a channel says nothing."""
        self._recall.use(sampling)

    def respond(self, message: IncomingMessage) -> Reply:
        """Store a message and, if it is for the bot, answer it: `admit`, `keep` and `answer`.

        Yields a `ReplyStart`, the reply's text as it is written and, once it is stored, a
        `ReplyEnd`. Yields nothing where there is nothing to answer: not for the bot, answered
        already, or a newer message waits whose reply answers this one too. Raises BotError
        for what the user should be told; a message that was stored stays so.
        """

        async def taken_in() -> Question | None:
            async with self._intake.turn(message.conversation):
                admitted = await self.admit(message)
                if admitted is None:
                    return None
                stored = await self.keep(message, admitted)
            return _question(message.conversation, stored, admitted.settings)

        return self._replies.answer(taken_in)

    async def admit(self, message: IncomingMessage) -> Admitted | None:
        """Whether a message is the bot's to keep, and to answer; None where it is not.

        Counts it against its author and channel, but for one that is delivered again: that was
        decided upon before. The text is not looked at, and may be read afterwards. Raises
        OptedOut and TooFast.
        """
        known = await self._store.known(message)
        if known.stored is not None:
            return Admitted(known.stored.addressed, known.stored, known.settings)
        if known.deleted:
            return None
        addressed = self._policy.decide(message, known)
        if addressed is None:
            return None
        thread = message.conversation.thread and not message.opens_thread
        return Admitted(addressed, None, known.settings, bool(thread) and not known.spoken)

    async def keep(self, message: IncomingMessage, admitted: Admitted) -> Stored:
        """Store a message that was admitted."""
        if admitted.stored is not None:
            return admitted.stored
        message = replace(message, addressed=admitted.addressed)
        channel = message.conversation.parent()
        if message.opens_thread and channel is not None and not message.addressed:
            # Nobody answers it, so no thread is opened.
            message = replace(message, conversation=channel, opens_thread=False)
        stored = await self._store.add_message(message)
        if stored.is_new and not stored.addressed:
            self._replies.prefill_ahead(Place(message.conversation, stored.conversation_id))
        return stored

    def answer(
        self,
        conversation: ConversationKey,
        stored: Stored | None,
        settings: Mapping[str, str] | None = None,
    ) -> Reply:
        """Answer what was kept, if it is for the bot. `settings`: as they were just read."""

        async def given() -> Question | None:
            return None if stored is None else _question(conversation, stored, settings)

        return self._replies.answer(given)

    def resume(self, message: Unanswered) -> Reply:
        """Answer a message that was stored before the process ended. Events as in `respond`."""

        async def given() -> Question:
            place = Place(message.conversation, message.conversation_id)
            return Question(place, message.message_id)

        return self._replies.answer(given)

    def regenerate(
        self, conversation: ConversationKey, reply_id: int | None = None, *, by: str | None = ""
    ) -> Reply:
        """Take back the newest reply and write another. Events and errors as in `respond`.

        `by` is who asks for it, as against whom it counts; None: it was counted already. Raises
        NotTheNewestReply when `reply_id` is given and is not the newest.
        """

        async def taken_back() -> Question:
            if by is not None:
                self._policy.count(conversation, by)
            nothing = NothingToRegenerate() if reply_id is None else NotTheNewestReply()
            conversation_id = await self._store.find(conversation)
            if conversation_id is None:
                raise nothing
            with self._floors.use(conversation_id) as floor:
                trigger_id = await self._discarded(conversation_id, reply_id, floor)
            if trigger_id is None:
                raise nothing
            return Question(Place(conversation, conversation_id), trigger_id, anew=True)

        return self._replies.answer(taken_back)

    async def _discarded(
        self, conversation_id: int, reply_id: int | None, floor: Floor
    ) -> int | None:
        """Take back the newest reply, once none is being written; the message that it answered."""
        while True:
            async with floor.lock:
                try:
                    return await self._store.discard_reply(conversation_id, reply_id)
                except WrittenElsewhere:
                    floor.stop.clear()
                    await self._replies.wait_for_others(conversation_id, floor)

    async def stop(self, conversation: ConversationKey, *, begun_only: bool = False) -> bool:
        """Stop the reply that is being written; False when there is none.

        `begun_only`: not one that still waits for its first word, nor another process's.
        """
        here = await self._store.find(conversation)
        if self._floors.stop(here, begun_only=begun_only):
            return True
        return not begun_only and await self.stop_elsewhere(conversation)

    async def stop_elsewhere(
        self, conversation: ConversationKey, *, threads: bool = False, reply: int | None = None
    ) -> bool:
        """Stop what other processes write in a conversation; False where they write nothing.

        `threads`: also in its channel's; `reply`: if it is this one.
        """
        if not self._signals.shared:
            return False
        found = await self._store.written_elsewhere(conversation, threads=threads)
        stopped = [here for here, written in found.items() if reply in (None, written)]
        for conversation_id in stopped:
            await self._signals.tell(Stop(conversation_id))
        return bool(stopped)

    async def edited(self, message: IncomingMessage) -> bool:
        """A user changed a message: so does history, and the reply to it begins anew.

        Where it is not for the bot any more, the reply stops. False where the message is not
        stored here, also since what it says now makes it another one: it may then be taken in
        as if it were new. Counts nothing.
        """
        key = message.conversation
        async with self._intake.turn(key):
            known = await self._store.known(message)
            stored = known.stored
            if stored is None:
                return False
            meant = self._policy.is_meant(message, known)
            turned = meant != stored.addressed and not known.answered
            if turned and (meant or not self._policy.keeps_all(known.settings)):
                await self._store.delete_message(key, message.id, for_good=False)
                await self._changed(key, stored.message_id, gone=True)
                return not meant
            changed = await self._store.edit_message(replace(message, addressed=meant))
            if changed is not None:
                await self._changed(key, changed, gone=stored.addressed and not meant)
            return True

    async def deleted(
        self, conversation: ConversationKey, platform_id: str, *, for_good: bool = True
    ) -> None:
        """A message was deleted: it is forgotten, and the reply to it stops. Not `for_good`: it
        was edited, so that for now there is nothing to keep."""
        async with self._intake.turn(conversation):
            message_id = await self._store.delete_message(
                conversation, platform_id, for_good=for_good
            )
            if message_id is not None:
                await self._changed(conversation, message_id, gone=True)

    async def _changed(self, key: ConversationKey, message_id: int, *, gone: bool) -> None:
        """A stored message changed: so does its reply, and nothing keeps what it said, in this
        process or another."""
        try:
            await self._take_change(key, message_id, gone=gone)
        finally:
            await self._signals.tell(Changed(key, message_id, gone))

    async def _take_change(self, key: ConversationKey, message_id: int, *, gone: bool) -> None:
        self._floors.question_changed(message_id, gone=gone)
        self._recall.forget()
        try:
            places = {str(beside) for beside in await self._store.beside(key)}
        except BaseException:  # what is deleted is not found again, however often it is told
            self._generator.forget()
            raise
        self._generator.forget(places)

    async def forget_member(self, platform: str, user_id: str) -> Counter[str]:
        """Delete what a person said, the replies to it, their ratings and what they learnt; how
        much of each: "messages", and what `PersonalStore.forget_learning` counts.

        Nothing keeps it in memory either, wherever they said it.
        """
        self._forget_member(platform, user_id)
        counts = Counter(await self._store.forget_learning(platform, user_id))
        counts["messages"] = await self._store.forget_member(platform, user_id)
        self._forget_all()
        await self._signals.tell(Forgotten(platform, user_id))
        return counts

    async def expire(self, channel: ConversationKey, before: datetime) -> int:
        """Delete what was said in a channel before then; how many messages. `expired` is to
        follow, once, where there were any."""
        return await self._store.expire(channel, before)

    async def expired(self, count: int) -> None:
        """So many messages were deleted since they were too old: nothing keeps what they said, in
        files or memory, of this process or another."""
        if count:
            self._forget_all()
            await self._signals.tell(Missed())
            await self._store.scrub()

    def _forget_member(self, platform: str, user_id: str) -> None:
        for forget in self._forgetting:
            forget(platform, user_id)

    def _forget_all(self) -> None:
        """Keep nothing of what was said in memory."""
        self._recall.forget()
        self._generator.forget()

    def when_left(self, take_up: Callable[[], None]) -> None:
        """Have something done when another process of the bot is no more."""
        self._taking_up.append(take_up)

    def when_left_no_more(self, take_up: Callable[[], None]) -> None:
        """Take that back."""
        self._taking_up.remove(take_up)

    def _heard(self, signal: Signal) -> None:
        """Another process told something."""
        match signal:
            case Stop(conversation_id):
                self._floors.stop(conversation_id)
            case Changed(key, message_id, gone):
                self._begin(self._take_change(key, message_id, gone=gone))
            case Forgotten(platform, user_id):
                self._forget_member(platform, user_id)
                self._forget_all()
            case Awaited(conversation_id):
                self._begin(self._replies.awaited(conversation_id))
            case Free(conversation_id):
                self._replies.freed(conversation_id)
            case QuizBegan(platform):
                self.quizzes.began_elsewhere(platform)
            case Left():
                self._replies.freed(None)
                for take_up in list(self._taking_up):
                    take_up()
            case Missed():
                self._replies.freed(None)
                self._forget_all()
                for platform in self.announcements.platforms():
                    self.quizzes.began_elsewhere(platform)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="kaiwa-told-by-others")
        self._doing.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._doing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            foreseen = isinstance(error, BotError)
            log.warning(
                "what another process told was not taken in: %s",
                error if foreseen else type(error).__name__,
                exc_info=None if foreseen else error,
            )

    def when_forgotten(self, forget: Callable[[str, str], None]) -> None:
        """Have something done when a person (platform, user id) is forgotten, who may stand in
        what a platform remembers."""
        self._forgetting.append(forget)

    async def reset(self, conversation: ConversationKey) -> int:
        """Make memory start here; how many messages are out of sight now. Deletes nothing."""
        return await self._store.reset(conversation)

    async def context(self, conversation: ConversationKey) -> Context:
        """What the next prompt in this conversation would hold."""
        return await self._recall.context(conversation)

    async def aside(self, caller: Caller, turns: Sequence[Turn], *, max_new_tokens: int) -> str:
        """What the model answers to some turns that are no part of the conversation.

        Counts against the caller as a question does, and is kept nowhere. Raises BotError.
        """
        self._policy.count(caller.conversation, caller.user_id)
        return await aside(
            self._generator,
            self._format,
            turns,
            max_new_tokens=max_new_tokens,
            person=person_of(caller.conversation.platform, caller.user_id),
        )

    async def tried(
        self, caller: Caller, samplings: Sequence[Sampling], question: str
    ) -> Sequence[str]:
        """What the model says with each of these, side by side, to the conversation's last question
        or to this one; kept nowhere. Each counts as a question of the caller's. Raises BotError."""
        for _ in samplings:
            self._policy.count(caller.conversation, caller.user_id)
        prompt = await self._recall.asked(caller.conversation, question)
        person = person_of(caller.conversation.platform, caller.user_id)
        writing = [
            asyncio.create_task(
                written(self._generator, self._format, prompt, sampling, person=person)
            )
            for sampling in samplings
        ]
        try:
            return [await task for task in writing]
        finally:  # where one fails, nobody waits for the others
            for task in writing:
                task.cancel()
            await asyncio.gather(*writing, return_exceptions=True)

    async def mode_of(self, conversation: ConversationKey) -> Mode:
        """When the bot answers in a conversation's channel."""
        return self._policy.mode_in(await self._store.settings(conversation))

    async def sampling_for(self, conversation: ConversationKey) -> Sampling:
        """How tokens are chosen in a conversation: the defaults and its channel's settings."""
        return await self._recall.sampling_for(conversation)


def _question(
    key: ConversationKey, stored: Stored, settings: Mapping[str, str] | None
) -> Question | None:
    """What was stored, if it is to be answered."""
    place = Place(key, stored.conversation_id)
    return Question(place, stored.message_id, settings) if stored.addressed else None
