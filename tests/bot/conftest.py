"""Fixtures of the core's tests: a chat over a store in memory and a scripted generator."""

from __future__ import annotations

import pytest

from bot.chat import Chat
from bot.messages import Role, Turn
from bot.prompt import RinnaFormat
from tests.fakes.generator import FakeGenerator
from tests.fakes.history import FakeHistory
from tests.fakes.letters import CharacterTokenizer

PREAMBLE = (Turn(Role.USER, "Hello"), Turn(Role.ASSISTANT, "Sure"))


@pytest.fixture
def store() -> FakeHistory:
    """An empty store in memory; it passes the contract of the real one."""
    return FakeHistory()


@pytest.fixture
def generator() -> FakeGenerator:
    """A generator that echoes, or says what a test puts into its script."""
    return FakeGenerator()


@pytest.fixture
def chat(store: FakeHistory, generator: FakeGenerator) -> Chat:
    """A chat over both, with a short preamble."""
    return Chat(store, generator, RinnaFormat(CharacterTokenizer()), preamble=PREAMBLE)
