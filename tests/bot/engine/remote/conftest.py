"""Servers for the remote engine, and no long pauses."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.engine.remote import engine as remote
from bot.engine.remote import pool as remote_pool
from bot.engine.remote.engine import RemoteEngine
from tests.bot.engine.remote.asking import (
    engine,
)
from tests.fakes.openai_server import OpenAIServer


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """One server."""
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
async def servers() -> AsyncIterator[list[OpenAIServer]]:
    """Three servers of one model."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(OpenAIServer()) for _ in range(3)]


@pytest.fixture
async def generator(server: OpenAIServer) -> AsyncIterator[RemoteEngine]:
    """What the contract's tests take."""
    server.script = deque([("一", "二", "三")] * 2)
    async with engine(server) as generator:
        yield generator


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries are short here."""
    monkeypatch.setattr(remote, "PATIENCE", 0.01)
    monkeypatch.setattr(remote_pool, "FIRST_PAUSE", 0.05)
