"""The bot where it is no member: installed by a user, it answers commands only."""

from __future__ import annotations

import pytest

from bot.chat import Chat
from tests.adapters.discord.serving import serving
from tests.fakes.discord_server import DiscordServer
from tests.fakes.generator import FakeGenerator


async def test_ask_works_in_a_server_that_the_bot_is_not_in(chat: Chat) -> None:
    """The answer comes through the interaction, with its buttons."""
    async with DiscordServer() as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("elsewhere", tanaka, bot=False), "general")
        async with serving(server, chat):
            asked = server.slash(channel, tanaka, "ask", question="元気？")
            assert await asked.said() == ["> 元気？\n元気？"]
            (message,) = asked.messages
            await server.until(lambda: "kaiwa:good" in message.custom_ids)


async def test_a_conversation_goes_on_between_two_questions(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Also among friends, in a group that the bot is not in."""
    async with DiscordServer() as server:
        tanaka = server.user("tanaka")
        group = server.group_dm(tanaka, server.user("suzuki"))
        async with serving(server, chat):
            for text in ("一", "二"):
                await server.slash(group, tanaka, "ask", question=text).said()
    assert "ユーザー: 一\nシステム: 一\nユーザー: 二" in generator.requests[-1].prompt.text


async def test_ask_about_this_works_there_too(chat: Chat, generator: FakeGenerator) -> None:
    """The message comes with the command, although the bot could not read it."""
    async with DiscordServer() as server:
        tanaka, suzuki = server.user("tanaka"), server.user("suzuki")
        guild = server.guild("elsewhere", tanaka, suzuki, bot=False)
        channel = server.channel(guild, "general")
        message = server.user_says(channel, suzuki, "猫の手も借りたい")
        async with serving(server, chat):
            form = server.context_menu(channel, tanaka, "Ask about this", message)
            await form.answered()
            assert form.modal is not None
            (field,) = _inputs(form.modal)
            asked = server.submit(form, **{field: "意味は？"})
            (answer,) = await asked.said()
    assert answer.startswith("> 意味は？")
    assert "> suzuki: 猫の手も借りたい" in generator.requests[0].prompt.text


async def test_the_text_of_ask_and_of_the_form_reads_as_in_a_message(
    chat: Chat, generator: FakeGenerator
) -> None:
    """With names in place of ids, also of people and roles that only the command brings along."""
    async with DiscordServer() as server:
        tanaka, suzuki = server.user("tanaka"), server.user("suzuki")
        guild = server.guild("学校", tanaka, suzuki)
        server.member(guild, suzuki, nick="すずき")
        channel, role = server.channel(guild, "general"), server.role(guild, "N5")
        message = server.user_says(channel, suzuki, f"{tanaka.mention} 猫", sticker=True)
        text = (
            f"{server.bot.mention} {suzuki.mention} {role.mention} <#{channel.id}> <:neko:3> <t:0>"
        )
        async with serving(server, chat):
            await server.slash(channel, tanaka, "ask", question=text).said()
            form = server.context_menu(channel, tanaka, "Ask about this", message)
            await form.answered()
            assert form.modal is not None
            (field,) = _inputs(form.modal)
            await server.submit(form, **{field: f"<#{channel.id}> の話？"}).said()
    asked, about = (request.prompt.turns[-1].text for request in generator.requests)
    assert asked == "@すずき @N5 #general :neko: 1970-01-01 00:00 UTC"
    assert about == "> すずき: @tanaka 猫\n> （スタンプ：Wave）\n#general の話？"


async def test_people_who_ask_there_have_conversations_of_their_own(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Discord may show the answers to who asked only; nobody else is told of them. A thread too."""
    async with DiscordServer() as server:
        tanaka, suzuki = server.user("tanaka"), server.user("suzuki")
        channel = server.channel(server.guild("elsewhere", tanaka, suzuki, bot=False), "general")
        thread = server.thread(channel, "話")
        async with serving(server, chat):
            for place in (channel, thread):
                await server.slash(place, tanaka, "ask", question="秘密").said()
                await server.slash(place, suzuki, "ask", question="何の話？").said()
                assert "秘密" not in generator.requests[-1].prompt.text


async def test_a_reply_that_the_bot_could_not_edit_is_not_taken_back(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Regenerate says so instead, and the reply stays remembered."""
    async with DiscordServer() as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("elsewhere", tanaka, bot=False), "general")
        async with serving(server, chat):
            asked = server.slash(channel, tanaka, "ask", question="元気？")
            await asked.said()
            (message,) = asked.messages
            await server.until(lambda: "kaiwa:regenerate" in message.custom_ids)
            (told,) = await server.click(message, tanaka, "kaiwa:regenerate").said()
            assert "参加している場所だけ" in told
            await server.slash(channel, tanaka, "ask", question="つづき").said()
    assert "システム: 元気？" in generator.requests[-1].prompt.text
    assert len(generator.requests) == 2


def _inputs(part: object) -> list[str]:
    """The custom ids of a form's text fields."""
    if isinstance(part, list):
        return [found for each in part for found in _inputs(each)]
    if not isinstance(part, dict):
        return []
    own = [str(part["custom_id"])] if part.get("type") == 4 else []
    return own + [found for each in part.values() for found in _inputs(each)]


@pytest.mark.parametrize("name", ["mode", "reset", "settings"])
async def test_what_concerns_a_channel_is_not_offered_there(chat: Chat, name: str) -> None:
    """Only members' commands that make sense anywhere are."""
    async with DiscordServer() as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("elsewhere", tanaka, bot=False), "general")
        async with serving(server, chat):
            with pytest.raises(LookupError):
                server.slash(channel, tanaka, name)
