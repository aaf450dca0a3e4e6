"""What people answer in quizzes: whether it is an answer, and what they are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.errors import BotError, OptedOut
from bot.learning.ports.quizzes import Attempt, Outcome, Posed
from bot.learning.quiz import telling
from bot.learning.quiz.answers import chosen, gives_up, is_attempt
from bot.learning.quiz.batch import Batch, Coming, Taken
from bot.learning.quiz.live import Live
from bot.learning.quiz.question import Question
from bot.learning.quizzes import CLOCKS, Attempted, Typed
from bot.messages import ConversationKey
from bot.meters import Tally
from bot.notices import Notice


class Answering:
    """Takes answers. `counted` is told of the quiz in which one counts; `answers` counts all."""

    def __init__(
        self,
        batch: Batch,
        now: Callable[[], datetime],
        counted: Callable[[Live], None],
        answers: Tally,
    ) -> None:
        self._answers = answers
        self._now = now
        self._batch = batch
        self._counted = counted

    async def press(
        self,
        live: Live,
        where: ConversationKey,
        user_id: str,
        name: str,
        position: int,
        choice: int,
        *,
        platform: str = "",
        sent_at: datetime | None = None,
    ) -> Notice | BotError | None:
        """Somebody pressed the button of a choice; what is said to them. `platform` and `sent_at`
        as in `Typed`."""
        if not live.is_in_channel(where) or not 0 <= position < len(live.questions):
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

    async def hear(self, live: Live, typed: Typed) -> Attempted | None:
        """Somebody typed something where a quiz goes on; None: it is no answer."""
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
        who = (typed.platform or live.quiz.conversation.platform, typed.user_id)
        taken = await self._take(live, position, who, typed.name, text, right, typed.sent_at)
        return Attempted(self._said_to(live, typed.user_id, taken))

    def _said_to(self, live: Live, user_id: str, taken: Taken) -> Notice | BotError | None:
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
        live: Live,
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
            self._now(),
            question.again,
            sent_at,
        )
        taken = await self._batch.take(Coming(question, attempt, right is not None))
        self._answers.add(taken.outcome.name.lower(), "right" if taken.right else "wrong")
        if taken.outcome is Outcome.COUNTED:
            self._counted(live)
        return taken


def was_answer(posed: Posed, typed: Typed) -> bool:
    """Whether a message was an answer to a question that may be closed by now."""
    question = Question.load(posed.question)
    if question.choices and not (typed.private and chosen(question, typed.text) is not None):
        return False
    return is_attempt(question, typed.text, addressed=typed.addressed, private=typed.private)


def _sent_before(live: Live, typed: Typed) -> bool:
    if typed.sent_at is None or live.opened_at is None:
        return False
    return typed.sent_at + CLOCKS < live.opened_at
