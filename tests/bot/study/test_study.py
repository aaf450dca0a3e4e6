"""What studying takes: where it is asked, and by how many at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.errors import EngineBusy
from bot.study.study import MOST_ASKED, Study
from tests.bot.study.built import study_file


async def test_it_works_in_threads_of_its_own() -> None:
    """A flood of look-ups takes none of those in which replies are prepared."""
    name = await Study(study_file()).ask(lambda: threading.current_thread().name)
    assert name.startswith("kaiwa-study")


async def test_of_too_many_at_once_the_last_are_refused() -> None:
    """And those before them are answered."""
    study, go = Study(study_file()), threading.Event()
    asked = [asyncio.create_task(study.ask(go.wait)) for _ in range(MOST_ASKED)]
    await asyncio.sleep(0)
    try:
        with pytest.raises(EngineBusy):
            await study.ask(go.wait)
    finally:
        go.set()
    assert all(await asyncio.gather(*asked))
    assert await study.ask(lambda: "free again") == "free again"
