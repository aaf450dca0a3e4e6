"""Runs quizzes: has done (saying.py) what the rules (game.py) want done, when it is time.

All that matters is in the store, and read anew for each step, so that a quiz goes on where it was
after any end of the process. What is about to be said is claimed there first. Where the process
ends between the claim and the saying, nobody knows whether it was said, and it is not said again:
a question then has its time all the same, and the quiz goes on. Longer than
most files: beginning, resuming, stepping and ending go over the same quizzes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from bot.announcing import Announcements, NotConnected
from bot.errors import BotError
from bot.learning.ports import LearningStore
from bot.learning.ports.quizzes import Quiz, Standing
from bot.learning.quiz import game, telling
from bot.learning.quiz.answering import Answering
from bot.learning.quiz.batch import Batch
from bot.learning.quiz.clock import Clock, LoopClock
from bot.learning.quiz.live import GoingOn, Live, questions_of
from bot.learning.quiz.place import one_alone
from bot.learning.quiz.question import Question
from bot.learning.quiz.saying import Saying
from bot.learning.quiz.wanted import Wanted
from bot.learning.quizzes import Attempted, Typed
from bot.messages import ConversationKey
from bot.meters import Tally
from bot.notices import Notice
from bot.study.study import Study

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0  # after which what could not be said or kept is tried again
SAYING_SECONDS = 5.0  # that who stops a quiz waits for a question that is being asked
PATIENCE = timedelta(minutes=10)  # with a place that takes nothing: it may be gone
SKEW = timedelta(seconds=2)  # by which a question may last longer, where the clock was not set back
STALE = timedelta(hours=12)  # since a quiz began, after which nobody waits for its next question


class Runner:
    """All quizzes that go on, by their conversation."""

    def __init__(
        self,
        store: LearningStore,
        study: Study,
        announcements: Announcements,
        clock: Clock | None = None,
        *,
        answers: Tally | None = None,
        began: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self.clock: Clock = clock or LoopClock()
        self._store = store
        self._announcements = announcements
        self._batch = Batch(store, study)
        self._saying = Saying(store, announcements, self._now)
        self._answering = Answering(self._batch, self._now, self._go, answers or Tally())
        self._live: dict[ConversationKey, Live] = {}
        self._closed = False
        self._began = began

    def _now(self) -> datetime:
        return self.clock.now()

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
        self._live[conversation] = Live(quiz, wanted, one_alone(conversation), questions)
        if self._began is not None:
            await self._began(conversation.platform)
        return quiz

    async def join(self, quizzes: Sequence[Quiz]) -> None:
        """Have a part in quizzes that another process of the bot began: each says what it claims
        in the store, and takes the answers that come to it."""
        for quiz in quizzes:
            live = self._live.get(quiz.conversation)
            if live is None or live.quiz.id != quiz.id:
                alone = one_alone(quiz.conversation)
                live = Live(quiz, Wanted.load(quiz.settings), alone, ())
                self._live[quiz.conversation] = live
                self._go(live)

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
                live = Live(quiz, Wanted.load(quiz.settings), alone, ())
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
        return telling.ends(standing, questions_of(standing), stopped=True)

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
        if live is None:
            return telling.OVER
        return await self._answering.press(
            live, where, user_id, name, position, choice, platform=platform, sent_at=sent_at
        )

    async def hear(self, conversation: ConversationKey, typed: Typed) -> Attempted | None:
        """Somebody typed something where a quiz goes on; None: it is no answer."""
        live = self._live.get(conversation)
        if live is None:
            return None
        if live.alone or not live.questions:  # or they are only read now
            await self.settled(conversation)  # the answer is to the question that comes now
        return await self._answering.hear(live, typed)

    async def _going(self, quiz: int) -> Live | None:
        """A quiz that goes on, also one with which this process has not gone on yet."""

        def found() -> Live | None:
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
            live.rest()
            if live.step is not None:
                live.step.cancel()

    def _go(self, live: Live) -> None:
        if self._closed:
            return
        live.more = True
        if live.step is None or live.step.done():
            live.step = asyncio.create_task(self._steps(live))

    async def _steps(self, live: Live) -> None:
        """Whatever is to be done now, until there is only to wait."""
        live.rest()
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

    async def _try_again(self, live: Live) -> None:
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

    async def _next(self, live: Live) -> bool:
        """Make one step; False where there is only to wait."""
        standing = await self._store.standing(live.quiz.id)
        if standing is None or standing.quiz.ended_at is not None:
            self._drop(live)
            return False
        if len(live.questions) != len(standing.questions):
            live.questions = questions_of(standing)
        now = self.clock.now()
        if live.resumed:
            live.resumed = False
            if await self._extended(live, standing):
                return True
        if not self._saying.can_speak(live):
            return False
        step = game.next_step(standing, live.questions, now, alone=live.alone)
        match step:
            case None:
                return False
            case game.Wait():
                self._opened(live, standing, step.position)
                if step.until - now > timedelta(seconds=live.wanted.seconds) + SKEW:
                    await self._saying.give_time(live, step.position)  # the clock was set back
                    return True
                self._wait(live, (step.until - now).total_seconds())
                return False
            case game.Ask():
                await self._saying.ask(live, step.position)
            case game.Extend():
                await self._saying.give_time(live, step.position)
            case game.Close():
                live.open = None
                kind = live.questions[step.position].kind
                await self._store.close_question(live.quiz.id, step.position, kind, now)
            case game.Tell():
                await self._saying.tell(live, standing, step.position)
            case game.Again():
                again = [live.questions[place].once_more() for place in step.positions]
                stored = [(question.entry, question.stored()) for question in again]
                await self._store.add_questions(live.quiz.id, len(live.questions), stored)
            case game.End():
                await self._saying.end(live, standing)  # or another process did
                self._drop(live)
                return False
            case _:
                assert_never(step)
        return True

    async def _extended(self, live: Live, standing: Standing) -> bool:
        """Give the question that stood when the process ended its time; whether there is one."""
        for posed in standing.questions:
            if posed.asked_at is not None and posed.closed_at is None:
                await self._saying.give_time(live, posed.position)
                self._opened(live, standing, posed.position)
                return True
        return False

    def _opened(self, live: Live, standing: Standing, position: int) -> None:
        live.open, live.opened_at = position, standing.questions[position].asked_at

    def _wait(self, live: Live, seconds: float) -> None:
        live.rest()
        if not self._closed and self._live.get(live.quiz.conversation) is live:
            live.timer = self.clock.later(seconds, lambda: self._go(live))

    def _drop(self, live: Live) -> None:
        live.rest()
        if self._live.get(live.quiz.conversation) is live:
            del self._live[live.quiz.conversation]
