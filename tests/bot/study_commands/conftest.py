"""A chat with a dictionary, and what a command says there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bot.chat import Chat
from bot.commands import command
from bot.notices import Notice
from bot.ports import Caller
from bot.prompt import RinnaFormat
from bot.study.study import Study
from storage.store import SqlStore
from tests.anki import Anki
from tests.bot.study.built import study_file
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL
from tests.fakes.letters import CharacterTokenizer

Ask = Callable[..., Awaitable[Notice]]


@pytest.fixture(scope="session")
def study() -> Iterator[Study]:
    """The dictionary, built once for all."""
    study = Study(study_file())
    yield study
    study.close()


@pytest.fixture
def ask(store: SqlStore, generator: FakeGenerator, study: Study) -> Ask:
    """Gives a command, as a member or an administrator; its only notice."""
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), study=study)

    async def given(text: str, user: str = "u1", *, administrator: bool = False) -> Notice:
        answer = command(chat, Caller(CHANNEL, user, administrator), text)
        assert answer is not None
        (notice,) = [event async for event in answer]
        assert isinstance(notice, Notice)
        return notice

    return given


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Anki]:
    """A learner's Anki, the real one, empty."""
    anki = Anki(tmp_path / "anki")
    yield anki
    anki.close()
