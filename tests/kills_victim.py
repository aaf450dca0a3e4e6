"""A process that `tests.kills` kills: the real `kaiwa run` on both platforms, whose model is a
stand-in that takes its time, so that a kill finds replies in every state.

Each is forked from one that has imported this module, and so all that a start imports.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import alembic.command
import asyncpg  # type: ignore[import-untyped]  # it ships no types

import adapters.discord.platform
import adapters.slack.transport.platform
import bot.study.levelling
from bot import app, serving
from bot.config import Settings
from bot.logs import RunningLog
from bot.messages import FinishReason, GenerationEnd, GenerationEvent, GenerationRequest, TextDelta
from bot.meters import EngineTotals
from bot.prompt import RinnaFormat
from storage import alone, signals, store
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer

__all__ = [
    "adapters",
    "alembic",
    "alone",
    "asyncpg",
    "bot",
    "expected",
    "serve",
    "signals",
    "store",
]

PIECES = 6
SECONDS = 0.8  # that a reply takes at most


def expected(question: str) -> str:
    """What is answered to a question; each eighth is longer than a message may be."""
    times = 600 if sum(question.encode()) % 8 == 0 else 3
    return f"{question}の答え。" * times


class SlowModel(FakeGenerator):
    """Says what is expected, piece by piece."""

    running, waiting = 0, 0
    device = "none"
    is_closed = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.totals = EngineTotals()

    async def ended(self) -> None:
        """It does not end."""
        await asyncio.Event().wait()

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """See TextGenerator."""
        text = expected(request.prompt.turns[-1].text)
        length = -(-len(text) // PIECES)
        pause = random.uniform(0.05, SECONDS) / PIECES
        for start in range(0, len(text), length):
            await asyncio.sleep(pause)
            yield TextDelta(text[start : start + length])
        yield GenerationEnd(FinishReason.END, 1, 0, PIECES)


@asynccontextmanager
async def _slow(*_: Any) -> AsyncIterator[tuple[SlowModel, RinnaFormat]]:
    yield SlowModel(context_length=4_096), RinnaFormat(CharacterTokenizer())


def serve(settings: Settings, environment: dict[str, str], log: str) -> None:
    """Be a process of the bot until SIGTERM, or a kill."""
    os.environ |= environment
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    RunningLog(settings.log)
    app.open_engine = _slow  # type: ignore[assignment]
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serving.run_platforms(settings, print, stop)
