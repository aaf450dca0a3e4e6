"""Answers that come in together are judged and kept together: one look into the dictionary and one
transaction for all that came in while the last ones were kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.errors import EndedMeanwhile, EngineBusy
from bot.learning.ports import LearningStore
from bot.learning.ports.quizzes import Attempt, Outcome
from bot.learning.quiz.answers import judged
from bot.learning.quiz.question import Question
from bot.learning.quiz.words import other_words
from bot.study.study import NoStudy, Study

BUSY_SECONDS = 0.05  # until the dictionary is asked again


@dataclass(frozen=True, slots=True)
class Coming:
    """An answer that came in. `judged`: whether it is right is known, since it was chosen."""

    question: Question
    attempt: Attempt
    judged: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it."""

    outcome: Outcome
    right: bool


_Waiting = list[tuple[Coming, asyncio.Future[Taken]]]


class Batch:
    """Keeps answers, in the order in which they come in."""

    def __init__(self, store: LearningStore, study: Study) -> None:
        self._store = store
        self._study = study
        self._coming: _Waiting = []
        self._keeping: asyncio.Task[None] | None = None
        self._closed = False

    async def take(self, coming: Coming) -> Taken:
        """Keep an answer; what became of it. Raises BotError where that cannot be done, and
        EndedMeanwhile where it may have been done."""
        if self._closed:
            raise EndedMeanwhile
        future: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._coming.append((coming, future))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep())
        return await future

    def close(self) -> None:
        """Keep nothing more."""
        self._closed = True
        if self._keeping is not None:
            self._keeping.cancel()  # perhaps before it began
        coming, self._coming = self._coming, []
        _fail(coming, EndedMeanwhile())

    async def _keep(self) -> None:
        while self._coming:
            batch, self._coming = self._coming, []
            try:
                attempts = await self._judged([coming for coming, _ in batch])
                outcomes = await self._store.answer(attempts)
            except BaseException as error:
                ending = not isinstance(error, Exception)
                _fail(batch, EndedMeanwhile() if ending else error)
                if ending:
                    raise
                continue
            for (_, future), attempt, outcome in zip(batch, attempts, outcomes, strict=True):
                if not future.done():
                    future.set_result(Taken(outcome, attempt.right))

    async def _judged(self, batch: Sequence[Coming]) -> Sequence[Attempt]:
        if all(coming.judged for coming in batch):
            return [coming.attempt for coming in batch]
        while True:
            try:
                return await self._study.ask(self._judge, batch)
            except EngineBusy:
                await asyncio.sleep(BUSY_SECONDS)
            except NoStudy:  # it was taken away; what is in the question is enough for most
                return [_judge(coming, lambda given, wanted: True) for coming in batch]

    def _judge(self, batch: Sequence[Coming]) -> Sequence[Attempt]:
        is_other = other_words(self._study)
        return [_judge(coming, is_other) for coming in batch]


def _fail(batch: _Waiting, error: BaseException) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
            future.exception()  # who gave the answer may be gone


def _judge(coming: Coming, is_other: Callable[[str, str], bool]) -> Attempt:
    if coming.judged:
        return coming.attempt
    right = judged(coming.question, coming.attempt.answer, is_other)
    return replace(coming.attempt, right=right is not None)
