"""Buttons that are commands, and notices that are long, on Discord alone."""

from __future__ import annotations

import pytest

from bot.chat import Chat
from bot.prompt import RinnaFormat
from bot.study.study import Study
from storage.store import SqlStore
from tests.adapters.discord.serving import serving
from tests.fakes.discord_server import DiscordServer
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer

LONG = "今日は三本の映画を見ました。" * 20


@pytest.fixture
def chat(store: SqlStore, generator: FakeGenerator, study: Study) -> Chat:
    """With a dictionary."""
    return Chat(store, generator, RinnaFormat(CharacterTokenizer()), study=study)


async def test_no_text_is_taken_for_a_messages_number(chat: Chat) -> None:
    """Whatever it ends with."""
    async with DiscordServer() as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("class", tanaka), "general")
        async with serving(server, chat):
            asked = server.slash(channel, tanaka, "furigana", text="今日^123")
            await asked.said()
            pressed = server.click(asked.messages[-1], tanaka, "kaiwa:do:furigana kana 今日^123")
            (said,) = await pressed.said()
    assert "きょう^" in said


async def test_a_button_that_needs_a_long_message_is_offered_where_the_bot_can_read_it(
    chat: Chat,
) -> None:
    """Installed by a user alone it sees a message once, with the command."""
    async with DiscordServer() as server:
        tanaka = server.user("tanaka")
        offered = {}
        async with serving(server, chat):
            for bot in (True, False):
                guild = server.guild("class", tanaka, bot=bot)
                channel = server.channel(guild, "general")
                message = server.user_says(channel, tanaka, LONG)
                asked = server.context_menu(channel, tanaka, "Readings", message)
                await asked.said()
                shown = asked.messages[-1]
                ids = [each for each in shown.custom_ids if "furigana" in each]
                offered[bot] = len(ids)
                for each in ids:
                    (said, *_) = await server.click(shown, tanaka, each).said()
                    assert "no longer" not in said
    assert offered == {True: 4, False: 0}


async def test_what_takes_too_many_messages_is_a_file(chat: Chat) -> None:
    """A command may be answered six times where only a user installed the bot."""
    async with DiscordServer() as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("elsewhere", tanaka, bot=False), "general")
        async with serving(server, chat):
            text = (LONG * 15)[:4_000]
            asked = server.slash(channel, tanaka, "furigana", form="hidden", text=text)
            await asked.said()
            await server.until(
                lambda: "kaiwa.txt" in [a.name for a in asked.messages[-1].attachments]
            )
            assert len(asked.messages) == 1
