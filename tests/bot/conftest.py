"""Fixtures of the core's tests: a chat over a database of its own and a scripted generator."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.chat import Chat
from bot.cli import main
from bot.messages import Role, Turn
from bot.prompt import RinnaFormat
from storage.database import Database
from storage.store import SqlStore
from tests.bot.commands import Result
from tests.empty_database import put_empty_database
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer

PREAMBLE = (Turn(Role.USER, "Hello"), Turn(Role.ASSISTANT, "Sure"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """An empty store."""
    put_empty_database(tmp_path / "kaiwa.db")
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


@pytest.fixture
def kaiwa(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Result]:
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["kaiwa", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Result(int(ended.value.code or 0), printed.out, printed.err)

    return run
