"""What is proposed while somebody types a word for /jisho."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat import Chat
from bot.prompt import RinnaFormat
from bot.study.study import Study
from storage.store import SqlStore
from tests.adapters.discord.serving import serving
from tests.fakes.discord_server import DiscordServer
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """A Discord with nobody there."""
    async with DiscordServer(privileged=["message_content"]) as server:
        yield server


async def proposed(
    server: DiscordServer, store: SqlStore, generator: FakeGenerator, study: Study, typed: str
) -> list[str] | None:
    """What Discord is told to propose; the server refuses what Discord would."""
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), study=study)
    guild = server.guild("町")
    user = server.user("田中")
    server.member(guild, user)
    channel = server.channel(guild, "general")
    async with serving(server, chat):
        await server.until(lambda: server.commands)
        typing = await server.types(channel, user, "jisho", "word", typed).answered()
    return typing.choices


@pytest.mark.parametrize("typed", ["たべ", "食べ", "tabe", "タベ"])
async def test_words_that_begin_so_are_proposed(
    server: DiscordServer, store: SqlStore, generator: FakeGenerator, study: Study, typed: str
) -> None:
    """In kana of either kind, kanji, or romaji; the commonest first, as many as Discord takes."""
    choices = await proposed(server, store, generator, study, typed)
    assert choices and choices[0] == "食べる" and len(choices) <= 25


@pytest.mark.parametrize("typed", ["", " ", "🎌", "zzzz", "食" * 100, "%_*\"'"])
async def test_what_begins_no_word_has_no_proposals(
    server: DiscordServer, store: SqlStore, generator: FakeGenerator, study: Study, typed: str
) -> None:
    """And no error."""
    assert await proposed(server, store, generator, study, typed) == []


async def test_without_a_dictionary_nothing_is_proposed(
    server: DiscordServer, store: SqlStore, generator: FakeGenerator, tmp_path: Path
) -> None:
    """The command itself says what to do."""
    study = Study(tmp_path / "study.db")
    assert await proposed(server, store, generator, study, "たべ") == []
