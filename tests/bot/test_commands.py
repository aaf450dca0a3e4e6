from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from bot.chat import Chat
from bot.commands import COMMANDS, Notice, UnknownCommand, command
from bot.decoding import BadSetting
from bot.messages import FinishReason, ReplyEnd, ReplyEvent
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming


async def run(chat: Chat, text: str) -> list[Notice | ReplyEvent]:
    """All that a command answers."""
    events: AsyncGenerator[Notice | ReplyEvent, None] | None = command(chat, CHANNEL, text)
    assert events is not None
    return [event async for event in events]


async def notice(chat: Chat, text: str) -> Notice:
    """The one notice that a command answers."""
    (event,) = await run(chat, text)
    assert isinstance(event, Notice)
    return event


async def say(chat: Chat, id: str, text: str | None = None) -> None:
    """Say something and wait for the reply."""
    async for _ in chat.respond(incoming(id, text)):
        pass


async def test_help_names_every_command_in_both_languages(chat: Chat) -> None:
    """Nothing that a user can do is hidden."""
    help = await notice(chat, "/help")
    for entry in COMMANDS:
        assert f"/{entry.name}" in help.detail
        assert f"{entry.japanese} / {entry.english}" in help.detail
    assert help.both() == f"{help.japanese}\n{help.english}\n{help.detail}"


@pytest.mark.parametrize("text", ["こんにちは", "1/2", "//help", " /help", ""])
def test_a_text_that_is_no_command_is_a_message(chat: Chat, text: str) -> None:
    """Only a slash at the very beginning makes a command; two make a message."""
    assert command(chat, CHANNEL, text) is None


@pytest.mark.parametrize(
    ("text", "hint"), [("/hepl", "/help"), ("/regen", "/regenerate"), ("/zzz", "/help"), ("/", "/")]
)
def test_an_unknown_command_names_the_nearest(chat: Chat, text: str, hint: str) -> None:
    """A slip of the finger is answered with what was meant."""
    with pytest.raises(UnknownCommand, match=hint):
        command(chat, CHANNEL, text)


async def test_context_shows_what_is_remembered(chat: Chat) -> None:
    """The messages, how many there are, and the tokens that they take."""
    await say(chat, "m1", "私の名前は田中です。")
    shown = await notice(chat, "/context")
    assert "I remember 2 messages here: " in shown.english
    assert "of 384 tokens, with 2 lines of persona." in shown.english
    assert "2件のメッセージ" in shown.japanese
    assert shown.detail.splitlines() == [
        "  ユーザー: 私の名前は田中です。",
        "  システム: 私の名前は田中です。",
    ]


async def test_context_says_what_no_longer_fits(chat: Chat) -> None:
    """Dropped messages are counted, not passed over in silence."""
    for number in range(40):
        await say(chat, f"m{number}", f"{number}番目のとても長い話をしています")
    assert "older ones no longer fit" in (await notice(chat, "/context")).english


async def test_reset_says_how_much_is_forgotten(chat: Chat) -> None:
    """And the next context is empty."""
    await say(chat, "m1")
    assert "2 earlier messages" in (await notice(chat, "/RESET")).english
    assert "I remember 0 messages" in (await notice(chat, "/context")).english


async def test_stop_with_nothing_to_stop_says_so(chat: Chat) -> None:
    """No silence."""
    assert "not writing" in (await notice(chat, "/stop")).english


async def test_regenerate_streams_the_new_reply(chat: Chat, generator: FakeGenerator) -> None:
    """It is the same stream of events as for a message."""
    generator.script = [["一"], ["二"]]
    await say(chat, "m1")
    assert (await run(chat, "/regenerate"))[-1] == ReplyEnd("二", FinishReason.END)


async def test_settings_are_shown_set_and_unset(chat: Chat, generator: FakeGenerator) -> None:
    """What is set here is marked, and reaches the model."""
    assert "temperature = 1.0  0" in (await notice(chat, "/settings")).detail
    assert "temperature = 0.5 *" in (await notice(chat, "/settings temperature 0.5")).detail
    await say(chat, "m1")
    assert generator.requests[0].sampling.temperature == 0.5
    assert "temperature = 1.0  0" in (await notice(chat, "/settings temperature default")).detail


@pytest.mark.parametrize(
    "text",
    ["/settings temprature 1", "/settings top_p 2", "/settings top_k x", "/settings seed default"],
)
async def test_a_bad_setting_is_refused_and_changes_nothing(chat: Chat, text: str) -> None:
    """The answer says what would be right."""
    before = await notice(chat, "/settings")
    with pytest.raises(BadSetting):
        await run(chat, text)
    assert await notice(chat, "/settings") == before
