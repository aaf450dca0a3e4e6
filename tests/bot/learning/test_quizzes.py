"""Quizzes as the rest of the bot knows them: those that go on are found again."""

from __future__ import annotations

import asyncio

import pytest

from bot.announcing import Announcements
from bot.errors import BotError
from bot.learning import quizzes
from bot.learning.quiz.clock import LoopClock
from bot.learning.quizzes import Quizzes
from bot.study.study import Study
from storage.store import SqlStore
from tests.fakes.quiz_stage import GROUP, FakeAnnouncer, Life, question


async def test_a_store_that_does_not_tell_is_asked_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it does: nobody else would ask it where answers are typed."""
    life = await Life.begun(store)
    life.clock.moment = LoopClock().now()  # by which it is resumed
    await life.start([question()])
    life.runner.close()
    told = asyncio.Event()
    ask = store.open_quizzes
    refusals = 2

    async def open_quizzes(platform: str) -> object:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise BotError("busy", "使用中")
        told.set()
        return await ask(platform)

    monkeypatch.setattr(store, "open_quizzes", open_quizzes)
    monkeypatch.setattr(quizzes, "RETRY_SECONDS", 0.0)
    announcements = Announcements()
    again = Quizzes(store, Study(), announcements)
    await announcements.connect(GROUP.platform, FakeAnnouncer())
    await told.wait()
    await asyncio.wait(again._tasks)
    assert again.in_conversation(GROUP)
    again.close()
