"""Answers that come in while the process ends: nobody waits for ever, and nobody is misled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.errors import EndedMeanwhile
from bot.learning.ports import LearningStore
from bot.learning.ports.quizzes import Attempt, Outcome
from bot.learning.quiz.batch import Batch, Coming
from bot.study.study import Study
from tests.fakes.quiz_stage import question


class _Slow:
    """A store that keeps answers once it may."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def answer(self, attempts: list[Attempt]) -> list[Outcome]:
        await self.may.wait()
        return [Outcome.COUNTED for _ in attempts]


def _coming(who: str) -> Coming:
    now = datetime.now(UTC)
    return Coming(
        question(), Attempt(1, 0, "chat", who, who, "dog", True, True, now, False, now), True
    )


async def test_an_answer_that_is_being_kept_as_the_process_ends_is_to_be_given_again() -> None:
    batch = Batch(cast(LearningStore, _Slow()), Study())
    kept = asyncio.create_task(batch.take(_coming("u1")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    behind = asyncio.create_task(batch.take(_coming("u2")))
    await asyncio.sleep(0)
    batch.close()
    for task in (kept, behind):
        with pytest.raises(EndedMeanwhile):
            await task


async def test_an_answer_of_which_the_keeping_has_not_begun_does_not_wait_for_ever() -> None:
    batch = Batch(cast(LearningStore, _Slow()), Study())
    given = asyncio.create_task(batch.take(_coming("u1")))
    await asyncio.sleep(0)
    batch.close()
    with pytest.raises(EndedMeanwhile):
        await given
    with pytest.raises(EndedMeanwhile):
        await batch.take(_coming("u2"))
