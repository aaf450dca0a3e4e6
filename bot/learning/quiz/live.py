"""A quiz that goes on in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.errors import BotError
from bot.learning.ports.quizzes import Quiz, Standing
from bot.learning.quiz.clock import Later
from bot.learning.quiz.question import Question
from bot.learning.quiz.wanted import Wanted
from bot.messages import ConversationKey


@dataclass(eq=False, slots=True)
class Live:
    """A quiz that goes on. `open`: the question that may be answered, `opened_at` when it was
    asked; `more`: something happened since the last step was begun; `resumed`: the open question
    is to have its time anew; `failing`: since when nothing can be said or kept; `refused`: who was
    told that nothing of theirs may be kept."""

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

    def rest(self) -> None:
        """Wait for no moment any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def is_in_channel(self, where: ConversationKey) -> bool:
        """Whether it goes on in the channel of a conversation, or in a thread of it."""
        here = self.quiz.conversation
        return (here.platform, here.workspace, here.channel) == (
            where.platform,
            where.workspace,
            where.channel,
        )


class GoingOn(BotError):
    """There is a quiz already."""

    def __init__(self) -> None:
        super().__init__(
            "A quiz is going on here already; /quiz stop ends it.",
            "ここではもうクイズをしています。/quiz stop で終わります。",
        )


def questions_of(standing: Standing) -> list[Question]:
    """The questions of a quiz as they are kept."""
    return [Question.load(posed.question) for posed in standing.questions]
