"""An engine whose serving task ends by an error says so to whoever runs it."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.errors import EngineFailed
from bot.engine.loader import LoadedModel
from bot.engine.local import LocalEngine
from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.errors import BotError, EngineClosed
from bot.serving import _serve, while_engine_serves
from tests.bot.engine.tiny import LetterTokenizer, reply

ROOT = Path(__file__).parents[3]
BROKEN = """
from bot.engine.scheduler import Scheduler

def schedule(self):
    if len(self.queue):
        raise RuntimeError("a fault in the scheduler")

Scheduler.schedule = schedule
from bot.cli import main
main()
"""


def break_scheduler(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in what decides the next step: no request's, so the engine's."""

    def schedule() -> None:
        raise RuntimeError("a fault in the scheduler")

    monkeypatch.setattr(engine._scheduler, "schedule", schedule)


class EndlessPlatform:
    """A platform that serves until it is closed."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def run(self) -> None:
        """See Platform."""
        await self.closed.wait()

    async def close(self, grace: float) -> None:
        """See Platform."""
        self.closed.set()


async def test_an_error_of_the_engine_ends_the_process_of_all_platforms(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who waits for a reply is told at once, platforms are closed, and the error is logged."""
    platform, stop = EndlessPlatform(), asyncio.Event()
    with caplog.at_level(logging.ERROR):
        async with LocalEngine.from_loaded(loaded) as engine:
            serving = asyncio.ensure_future(_serve({"Test": platform}, stop, 1.0, engine.ended))
            await reply(engine, [5, 6, 7])
            break_scheduler(engine, monkeypatch)
            with pytest.raises(EngineClosed):
                await reply(engine, [5, 6, 7])
            with pytest.raises(EngineFailed):
                await serving
    assert platform.closed.is_set()
    assert "a fault in the scheduler" in caplog.text


async def test_an_error_of_the_engine_ends_the_console(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while it waits for a line that nobody types."""
    async with LocalEngine.from_loaded(loaded) as engine:
        console = asyncio.ensure_future(while_engine_serves(engine.ended, asyncio.Event().wait()))
        await reply(engine, [5, 6, 7])
        break_scheduler(engine, monkeypatch)
        engine._work.set()
        with pytest.raises(EngineFailed):
            await console


async def test_a_closed_engine_has_ended_without_error(loaded: LoadedModel) -> None:
    """Local and remote: who watches is let go."""
    engine = LocalEngine.from_loaded(loaded)
    async with engine:
        watching = asyncio.ensure_future(engine.ended())
        await reply(engine, [5, 6, 7])
        assert not watching.done()
    await watching
    remote = RemoteEngine(LetterTokenizer(), RemoteOptions(("http://127.0.0.1:9/v1",)))
    with pytest.raises(BotError):
        await remote.start()  # no server there
    await remote.ended()


def test_an_error_of_the_engine_is_in_the_log_of_a_process_that_ends(tmp_path: Path) -> None:
    """The whole program with a fault in its serving task: exit code 1, and the traceback."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, "chat"],
        input=b"hi\n",
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
    )
    told = done.stderr.decode()
    assert done.returncode == 1
    assert "RuntimeError: a fault in the scheduler" in told
    assert "The engine has ended by an error" in told and "never retrieved" not in told
