"""Runs quizzes: says what the rules (game.py) want said, when it is time, and takes answers.

All that matters is in the store, and read anew for each step, so that a quiz goes on where it was
after any end of the process. What is about to be said is claimed there first. Where the process
ends between the claim and the saying, nobody knows whether it was said, and it is not said again:
a question then has its time all the same, and the quiz goes on. Longer than most files: every step
of a quiz is a few lines over the same standing and the same claims.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from bot.announcing import Announcements, NotConnected
from bot.errors import BotError, OptedOut
from bot.learning.ports import LearningStore
from bot.learning.ports.quizzes import Attempt, Outcome, Posed, Quiz, Standing, Step
from bot.learning.quiz import game, telling
from bot.learning.quiz.answers import chosen, gives_up, is_attempt
from bot.learning.quiz.batch import Batch, Coming, Taken
from bot.learning.quiz.clock import Clock, Later, LoopClock
from bot.learning.quiz.place import one_alone
from bot.learning.quiz.question import Question
from bot.learning.quiz.wanted import Wanted
from bot.learning.quizzes import CLOCKS, Attempted, Typed
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.study.study import Study

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0  # after which what could not be said or kept is tried again
SAYING_SECONDS = 5.0  # that who stops a quiz waits for a question that is being asked
PATIENCE = timedelta(minutes=10)  # with a place that takes nothing: it may be gone
SKEW = timedelta(seconds=2)  # by which a question may last longer, where the clock was not set back
STALE = timedelta(hours=12)  # since a quiz began, after which nobody waits for its next question


@dataclass(eq=False, slots=True)
class _Live:
    """A quiz that goes on. `open`: the question that may be answered, `opened_at`
    when it was asked; `more`: something happened
    since the last step was begun; `resumed`: the open question is to have its time anew;
    `failing`: since when nothing can be said or kept."""

    quiz: Quiz
    wanted: Wanted
    alone: bool
    questions: Sequence[Question]
    open: int | None = None
    opened_at: datetime | None = None
    more: bool = False
    resumed: bool = False
    failing: datetime | None = None
    step: asyncio.Task[None] | None = None
    timer: Later | None = None
    refused: set[str] = field(default_factory=set)


class Runner:
    """All quizzes that go on, by their conversation."""

    def __init__(
        self,
        store: LearningStore,
        study: Study,
        announcements: Announcements,
        clock: Clock | None = None,
    ) -> None:
        self.clock: Clock = clock or LoopClock()
        self._store = store
        self._announcements = announcements
        self._batch = Batch(store, study)
        self._live: dict[ConversationKey, _Live] = {}
        self._closed = False

    def in_conversation(self, conversation: ConversationKey) -> bool:
        """Whether a quiz goes on there."""
        return conversation in self._live

    async def start(
        self,
        conversation: ConversationKey,
        group: str,
        user_id: str,
        wanted: Wanted,
        questions: Sequence[Question],
    ) -> Quiz:
        """Keep a new quiz; `go` asks its first question. Raises BotError."""
        if not self._announcements.connected(conversation.platform):
            raise NotConnected
        quiz = await self._store.begin_quiz(
            conversation,
            group,
            user_id,
            wanted.stored(),
            [(question.entry, question.stored()) for question in questions],
            self.clock.now(),
        )
        if quiz is None:
            raise GoingOn
        self._live[conversation] = _Live(quiz, wanted, one_alone(conversation), questions)
        return quiz

    def go(self, quiz: Quiz) -> None:
        """Make the next step of a quiz, unless one is being made."""
        live = self._live.get(quiz.conversation)
        if live is not None and live.quiz.id == quiz.id:
            self._go(live)

    async def resume(self, quizzes: Sequence[Quiz]) -> None:
        """Go on with quizzes, where a platform is connected (again)."""
        for quiz in quizzes:
            if self.clock.now() - quiz.started_at > STALE:
                await self._store.end_quiz(quiz.id, self.clock.now())
                self._live.pop(quiz.conversation, None)
                continue
            live = self._live.get(quiz.conversation)
            if live is None or live.quiz.id != quiz.id:
                alone = one_alone(quiz.conversation)
                live = _Live(quiz, Wanted.load(quiz.settings), alone, ())
                self._live[quiz.conversation] = live
            live.resumed = True
            self._go(live)

    async def stop(self, conversation: ConversationKey) -> Notice | None:
        """End the quiz of a conversation; how it went. None where there is none."""
        live = self._live.get(conversation)
        if live is not None and live.step is not None:  # what is being said comes before the end
            await asyncio.wait([live.step], timeout=SAYING_SECONDS)
        quiz = await self._store.last_quiz(conversation) if live is None else live.quiz
        if quiz is None or quiz.ended_at is not None:
            return None
        ended = await self._store.end_quiz(quiz.id, self.clock.now())
        if live is not None:
            self._drop(live)
        if not ended:  # by itself, or by another process, meanwhile
            return None
        standing = await self._store.standing(quiz.id)
        if standing is None:
            return None
        return telling.ends(standing, _questions(standing), stopped=True)

    async def press(
        self,
        where: ConversationKey,
        user_id: str,
        name: str,
        quiz: int,
        position: int,
        choice: int,
        *,
        platform: str = "",
        sent_at: datetime | None = None,
    ) -> Notice | BotError | None:
        """Somebody pressed the button of a choice; what is said to them. `platform` and `sent_at`
        as in `Typed`."""
        live = await self._going(quiz)
        if live is None or not _same_channel(live.quiz.conversation, where):
            return telling.OVER
        if not 0 <= position < len(live.questions):
            return telling.OVER
        question = live.questions[position]
        if not 0 <= choice < len(question.choices):
            return telling.OVER
        right = choice == question.right
        who = (platform or where.platform, user_id)
        taken = await self._take(
            live, position, who, name, question.choices[choice], right, sent_at
        )
        if taken.outcome is Outcome.REFUSED:
            return OptedOut()
        return telling.noted(question, choice, taken.outcome, alone=live.alone)

    async def _going(self, quiz: int) -> _Live | None:
        """A quiz that goes on, also one with which this process has not gone on yet."""

        def found() -> _Live | None:
            return next((live for live in self._live.values() if live.quiz.id == quiz), None)

        live = found()
        if live is None:
            standing = await self._store.standing(quiz)
            if standing is None or standing.quiz.ended_at is not None:
                return None
            await self.resume([standing.quiz])
            live = found()
        if live is not None and not live.questions:
            await self.settled(live.quiz.conversation)
        return live

    async def hear(self, conversation: ConversationKey, typed: Typed) -> Attempted | None:
        """Somebody typed something where a quiz goes on; None: it is no answer."""
        live = self._live.get(conversation)
        if live is None:
            return None
        if live.alone:
            await self.settled(conversation)  # the answer is to the question that comes now
        position = live.open
        if position is None or not 0 <= position < len(live.questions):
            return None
        question, text = live.questions[position], typed.text.strip()
        choice = chosen(question, text)
        if question.choices and not (live.alone and (choice is not None or gives_up(text))):
            return None
        private = live.alone
        if not is_attempt(question, text, addressed=typed.addressed, private=private):
            return None
        if _sent_before(live, typed):  # it was an answer to one before, and is delivered again
            return Attempted()
        right: bool | None = None
        if live.alone and gives_up(text):
            text, right = "", False
        elif choice is not None:
            text, right = question.choices[choice], choice == question.right
        who = (typed.platform or conversation.platform, typed.user_id)
        taken = await self._take(live, position, who, typed.name, text, right, typed.sent_at)
        return Attempted(self._said_to(live, typed.user_id, taken))

    def was_answer(self, posed: Posed, typed: Typed) -> bool:
        """Whether a message was an answer to a question that may be closed by now."""
        question = Question.load(posed.question)
        if question.choices and not (typed.private and chosen(question, typed.text) is not None):
            return False
        return is_attempt(question, typed.text, addressed=typed.addressed, private=typed.private)

    def _said_to(self, live: _Live, user_id: str, taken: Taken) -> Notice | BotError | None:
        """What somebody who typed an answer is told; in a group, nothing that tells the others."""
        if taken.outcome is Outcome.REFUSED:
            if user_id in live.refused:
                return None
            live.refused.add(user_id)
            return OptedOut()
        if not live.alone:
            return None
        if taken.outcome is Outcome.LATE:
            return telling.TOO_LATE
        return telling.NOT_IT if taken.outcome is Outcome.TRIED else None

    async def _take(
        self,
        live: _Live,
        position: int,
        who: tuple[str, str],
        name: str,
        text: str,
        right: bool | None,
        sent_at: datetime | None,
    ) -> Taken:
        """Keep an answer. `right`: None where that is still to be judged."""
        question = live.questions[position]
        attempt = Attempt(
            live.quiz.id,
            position,
            *who,
            name,
            text,
            bool(right),
            right is not None,
            self.clock.now(),
            question.again,
            sent_at,
        )
        taken = await self._batch.take(Coming(question, attempt, right is not None))
        if taken.outcome is Outcome.COUNTED:
            self._go(live)
        return taken

    async def settled(self, conversation: ConversationKey) -> None:
        """Once nothing more is to be said there before somebody answers or time is up."""
        live = self._live.get(conversation)
        while live is not None and live.step is not None and not live.step.done():
            await asyncio.wait([live.step])

    def close(self) -> None:
        """Do nothing more."""
        self._closed = True
        self._batch.close()
        for live in self._live.values():
            _rest(live)
            if live.step is not None:
                live.step.cancel()

    def _go(self, live: _Live) -> None:
        if self._closed:
            return
        live.more = True
        if live.step is None or live.step.done():
            live.step = asyncio.create_task(self._steps(live))

    async def _steps(self, live: _Live) -> None:
        """Whatever is to be done now, until there is only to wait."""
        _rest(live)
        try:
            while live.more and self._live.get(live.quiz.conversation) is live:
                live.more = False
                while await self._next(live):
                    live.failing = None
                live.failing = None
        except BotError as error:
            log.warning("a quiz waits: %s", error)
            await self._try_again(live)
        except Exception:
            log.exception("a quiz could not go on")
            await self._try_again(live)

    async def _try_again(self, live: _Live) -> None:
        """Soon; or never, where that was tried for long."""
        now = self.clock.now()
        live.failing = live.failing or now
        if now - live.failing > PATIENCE:
            try:
                await self._store.end_quiz(live.quiz.id, now)
            except Exception:
                log.exception("a quiz could not be given up")
            else:
                log.warning("a quiz was given up")
                self._drop(live)
        self._wait(live, RETRY_SECONDS)

    async def _next(self, live: _Live) -> bool:
        """Make one step; False where there is only to wait."""
        standing = await self._store.standing(live.quiz.id)
        if standing is None or standing.quiz.ended_at is not None:
            self._drop(live)
            return False
        if len(live.questions) != len(standing.questions):
            live.questions = _questions(standing)
        now = self.clock.now()
        if live.resumed:
            live.resumed = False
            if await self._extended(live, standing):
                return True
        if not self._announcements.connected(live.quiz.conversation.platform):
            return False
        step = game.next_step(standing, live.questions, now, alone=live.alone)
        match step:
            case None:
                return False
            case game.Wait():
                self._opened(live, standing, step.position)
                if step.until - now > timedelta(seconds=live.wanted.seconds) + SKEW:
                    await self._give_time(live, step.position)  # the clock was set back
                    return True
                self._wait(live, (step.until - now).total_seconds())
                return False
            case game.Ask():
                await self._ask(live, step.position)
            case game.Extend():
                await self._give_time(live, step.position)
            case game.Close():
                live.open = None
                kind = live.questions[step.position].kind
                await self._store.close_question(live.quiz.id, step.position, kind, now)
            case game.Tell():
                await self._tell(live, standing, step.position)
            case game.Again():
                again = [live.questions[place].once_more() for place in step.positions]
                stored = [(question.entry, question.stored()) for question in again]
                await self._store.add_questions(live.quiz.id, len(live.questions), stored)
            case game.End():
                await self._end(live, standing)
                return False
            case _:
                assert_never(step)
        return True

    async def _extended(self, live: _Live, standing: Standing) -> bool:
        """Give the question that stood when the process ended its time; whether there is one."""
        for posed in standing.questions:
            if posed.asked_at is not None and posed.closed_at is None:
                await self._give_time(live, posed.position)
                self._opened(live, standing, posed.position)
                return True
        return False

    async def _give_time(self, live: _Live, position: int, platform_id: str | None = None) -> None:
        until = self.clock.now() + timedelta(seconds=live.wanted.seconds)
        await self._store.asked(live.quiz.id, position, until, platform_id)

    def _opened(self, live: _Live, standing: Standing, position: int) -> None:
        live.open, live.opened_at = position, standing.questions[position].asked_at

    async def _ask(self, live: _Live, position: int) -> None:
        notice = telling.asks(live.quiz, position, live.questions, live.wanted)
        if not await self._store.claim(live.quiz.id, position, Step.ASK, self.clock.now()):
            return
        # Who is fast answers before the platform says that it was said.
        live.open, live.opened_at = position, self.clock.now()
        try:
            said = await self._say(live, notice)
        except BotError:
            live.open = None
            await self._store.release(live.quiz.id, position, Step.ASK)
            raise
        await self._give_time(live, position, said)

    async def _tell(self, live: _Live, standing: Standing, position: int) -> None:
        question = live.questions[position]
        notice = telling.tells(standing, position, question, alone=live.alone)
        if not await self._store.claim(live.quiz.id, position, Step.TELL, self.clock.now()):
            return
        try:
            await self._say(live, notice)
        except BotError:
            await self._store.release(live.quiz.id, position, Step.TELL)
            raise

    async def _end(self, live: _Live, standing: Standing) -> None:
        if not await self._store.end_quiz(live.quiz.id, self.clock.now()):
            return
        try:
            await self._say(live, telling.ends(standing, live.questions))
        except BotError:
            await self._store.reopen_quiz(live.quiz.id)
            raise
        self._drop(live)

    async def _say(self, live: _Live, notice: Notice) -> str:
        """Say something there; its id. Raises BotError where it certainly was not said."""
        try:
            return await self._announcements.say(live.quiz.conversation, notice)
        except BotError:
            raise
        except Exception:
            log.exception("a quiz does not know whether it was heard")
            return ""

    def _wait(self, live: _Live, seconds: float) -> None:
        _rest(live)
        if not self._closed and self._live.get(live.quiz.conversation) is live:
            live.timer = self.clock.later(seconds, lambda: self._go(live))

    def _drop(self, live: _Live) -> None:
        _rest(live)
        if self._live.get(live.quiz.conversation) is live:
            del self._live[live.quiz.conversation]


class GoingOn(BotError):
    """There is a quiz already."""

    def __init__(self) -> None:
        super().__init__(
            "A quiz is going on here already; /quiz stop ends it.",
            "ここではもうクイズをしています。/quiz stop で終わります。",
        )


def _sent_before(live: _Live, typed: Typed) -> bool:
    if typed.sent_at is None or live.opened_at is None:
        return False
    return typed.sent_at + CLOCKS < live.opened_at


def _rest(live: _Live) -> None:
    if live.timer is not None:
        live.timer.cancel()
        live.timer = None


def _questions(standing: Standing) -> list[Question]:
    return [Question.load(posed.question) for posed in standing.questions]


def _same_channel(one: ConversationKey, other: ConversationKey) -> bool:
    return (one.platform, one.workspace, one.channel) == (
        other.platform,
        other.workspace,
        other.channel,
    )
