"""docs/study.md and docs/study.ja.md show what the commands say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat import Chat
from bot.commands import command_named
from bot.prompt import RinnaFormat
from bot.study.study import Study
from storage.store import SqlStore
from tests.bot.conftest import generator, store
from tests.bot.study.built import study_file
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer
from tests.study_pages import DOCS, PAGES, at_console, commands_in, rewritten

__all__ = ["generator", "store"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_a_transcript_is_what_the_terminal_shows(
    page: Path, store: SqlStore, generator: FakeGenerator, tmp_path: Path
) -> None:
    """`python -m tests.study_pages` writes them anew."""
    study = Study(study_file())
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), study=study)
    text = page.read_text("utf-8")  # noqa: ASYNC240  nothing else goes on here
    try:
        assert await rewritten(text, at_console(chat, tmp_path)) == text
    finally:
        study.close()
    for picture in tmp_path.glob("*.png"):  # noqa: ASYNC240  as above
        assert (DOCS / "images" / picture.name).read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_shows_the_same_features_in_each_language(page: Path) -> None:
    """One transcript for each command of the table, but for those that change or ask a channel."""
    shown = {
        found.name
        for text in commands_in(page.read_text("utf-8"))
        if (found := command_named(text.removeprefix("/").split()[0]))
    }
    study = {"furigana", "reading", "jisho", "kanji", "analyze", "conjugate", "pitch"}
    assert shown == {*study, "save", "review", "daily", "week", "me"}
