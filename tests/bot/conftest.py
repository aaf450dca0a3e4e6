"""Fixtures of the core's tests: a chat over a database of its own and a scripted generator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat import Chat
from bot.messages import Role, Turn
from bot.prompt import RinnaFormat
from storage.database import Database
from storage.store import SqlStore
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer

PREAMBLE = (Turn(Role.USER, "Hello"), Turn(Role.ASSISTANT, "Sure"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """An empty store."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        yield SqlStore(database)


@pytest.fixture
def generator() -> FakeGenerator:
    """A generator that echoes, or says what a test puts into its script."""
    return FakeGenerator()


@pytest.fixture
def chat(store: SqlStore, generator: FakeGenerator) -> Chat:
    """A chat over both, with a short preamble."""
    return Chat(store, generator, RinnaFormat(CharacterTokenizer()), preamble=PREAMBLE)
