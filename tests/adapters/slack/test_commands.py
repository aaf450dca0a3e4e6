"""Commands as a person on Slack gives them with /kaiwa, and what is private about them."""

from __future__ import annotations

import json

import pytest

from bot.chat import Chat
from bot.commands import BY_COMMAND, COMMANDS
from bot.messages import ConversationKey
from storage.store import SqlStore
from tests.adapters.slack.answers import COMMAND, asked, said, whispered
from tests.adapters.slack.serving import serving
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_server import SlackServer

NO_DICTIONARY = "I have no dictionary here yet"
ANSWERS = {
    "": "You can use these commands",
    "help": "You can use these commands",
    "context": "I remember 0 messages",
    "stop": "I am not writing anything",
    "settings": "temperature = 1.0",
    "privacy": "I keep 0 messages",
    "retention": "kept",
    "compare": "Write two settings",
    "export": "Everything that I keep of you: 0 messages",
    "forget-me": "This deletes 0 messages",
    "reset": "My memory starts here",
    "mode": "Mode here: mention",
    "persona": "No persona is set here",
    "regenerate": "no reply",
    "furigana": "Write a text after it",
    "reading": "No reading was corrected here",
    "jisho": "Write a text after it",
    "save": "Write a text after it",
    "words": "You have saved no words yet",
    "review": "Nothing is due now",
    "progress": "You have saved no words yet",
    "kanji": "Write a text after it",
    "analyze": "Write a text after it",
    "level": "held to no level",
    "conjugate": "Write a text after it",
    "pitch": "Write a text after it",
    "correct": "Write a text after it",
    "quiz": NO_DICTIONARY,
    "anki": "You have saved no words yet",
    "import": "Attach a table (CSV or TSV, at mos",
    "daily": "Nothing is given here each day",
    "week": "Nothing was looked up",
    "me": "what you told me",
    "about": "I am Kaiwa",
    "web": "There is no web page here",
}


def test_every_command_of_the_table_is_tried() -> None:
    """One that is new needs a line above."""
    assert set(ANSWERS) == {*BY_COMMAND, ""}


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_each_command_answers_whom_it_concerns(
    server: SlackServer, chat: Chat, mode: str, name: str
) -> None:
    """Private ones the caller alone, the others the channel; also where the bot is no member,
    but for the one that writes there."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka, bot=name == "regenerate")
    refused = ANSWERS[name].startswith(("Write a text", "Write two", NO_DICTIONARY))
    private = not name or BY_COMMAND[name].private or refused
    async with serving(server, chat, mode=mode):
        outcome = tanaka.commands(channel, COMMAND, name)
        answer = await (whispered(server, channel) if private else said(server, channel, 1))
        await server.settled()
        assert outcome.acked and ANSWERS[name] in answer.shown
        assert [len(channel.ephemerals), len(server.bot_messages(channel))] == (
            [1, 0] if private else [0, 1]
        )
    assert answer.only_for is (tanaka if private else None) and answer.thread_ts is None


async def test_a_command_whose_acknowledgement_was_lost_acts_once(
    server: SlackServer, chat: Chat
) -> None:
    """Slack gives it once more as it was, over the next connection."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        server.deliveries.drop = 1.0
        outcome = tanaka.commands(channel, COMMAND, "reset")
        await server.until(lambda: server.deliveries.all[-1].broken)
        server.deliveries.drop = 0.0
        await server.until(lambda: outcome.acked)
        tanaka.commands(channel, COMMAND, "context")
        await whispered(server, channel)
        await server.settled()
    assert len(server.bot_messages(channel)) == 1


@pytest.mark.parametrize("text", ["hepl", "VRはなんですか", "/", "help me please", "ask 猫"])
async def test_what_is_no_command_is_said_to_be_none(
    server: SlackServer, chat: Chat, generator: FakeGenerator, text: str
) -> None:
    """Privately, and without asking the model; what follows a command is its argument."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        tanaka.commands(channel, COMMAND, text)
        answer = await whispered(server, channel)
    known = text in ("/", "help me please")
    assert ("You can use these commands" if known else "That is no command") in answer.shown
    assert generator.requests == [] and server.bot_messages(channel) == []


async def test_notices_name_commands_as_they_are_typed_here(
    server: SlackServer, chat: Chat
) -> None:
    """`/kaiwa reset`, since Slack knows no `/reset` of the bot's."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        for number, text in enumerate(("help", "privacy", "settings", "forget-me", "hepl"), 1):
            tanaka.commands(channel, COMMAND, text)
            answer = (await whispered(server, channel, number)).shown
            assert "/kaiwa " in answer
            for entry in COMMANDS:
                assert f"/{entry.name}" not in answer.replace("/kaiwa /", "/")
        tanaka.says(channel, f"{server.bot.mention} /hepl")
        assert "Try /kaiwa help" in (await said(server, channel, 1)).shown


async def test_only_administrators_change_a_channel(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """Those of the workspace, or named by the operator; to look is everybody's."""
    tanaka, boss = server.person("tanaka"), server.person("boss", admin=True)
    teacher = server.person("teacher")
    channel = server.channel("general", tanaka, boss, teacher)
    key = ConversationKey("slack", server.team.id, channel.id)
    async with serving(server, chat, mode="socket", administrators=[teacher.id]):
        tanaka.commands(channel, COMMAND, "mode always")
        assert "/kaiwa mode" in (await whispered(server, channel)).shown
        tanaka.says(channel, f"{server.bot.mention} /persona default")
        refusal = await whispered(server, channel, 2)
        assert "Only administrators" in refusal.shown and refusal.only_for is tanaka
        assert await store.settings(key) == {}
        boss.commands(channel, COMMAND, "mode always")
        assert "Mode here: always" in (await said(server, channel, 1)).shown
        teacher.says(channel, f"{server.bot.mention} mode off")
        assert "Mode here: off" in (await said(server, channel, 2)).shown
        tanaka.commands(channel, COMMAND, "mode")
        assert "Mode here: off" in (await said(server, channel, 3)).shown
    assert await store.settings(key) == {"mode": "off"}


async def test_settings_hold_for_the_channel_and_its_threads(
    server: SlackServer, chat: Chat, generator: FakeGenerator
) -> None:
    """Set in a thread, too; a persona is stored as it was typed, whatever Slack made of it."""
    boss = server.person("boss", admin=True)
    channel = server.channel("general", boss)
    async with serving(server, chat, mode="socket"):
        boss.commands(channel, COMMAND, "persona あなたは猫 &lt;3 です。")
        assert "あなたは猫 <3 です。" in (await said(server, channel, 1)).shown
        question = await asked(server, boss, channel, "一")
        boss.says(channel, f"{server.bot.mention} settings temperature 0.3", question.ts)
        assert "temperature = 0.3 *" in (await whispered(server, channel)).shown
        boss.commands(channel, COMMAND, "settings temperature hot")
        assert "temperature" in (await whispered(server, channel, 2)).shown
        await asked(server, boss, channel, "二")
    last = generator.requests[-1]
    assert last.sampling.temperature == 0.3
    assert last.prompt.text.startswith("ユーザー: あなたは猫 <3 です。\n")


@pytest.mark.parametrize("slash", [True, False])
async def test_the_file_of_an_export_comes_in_direct_messages(
    server: SlackServer, chat: Chat, slash: bool
) -> None:
    """Wherever it was asked for, nobody else sees it."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    async with serving(server, chat, mode="socket"):
        await asked(server, tanaka, channel, "秘密")
        await asked(server, suzuki, channel, "他人")
        if slash:
            tanaka.commands(channel, COMMAND, "export")
        else:
            tanaka.says(channel, f"{server.bot.mention} export")
        assert "2 messages" in (await whispered(server, channel)).shown
        message = await said(server, tanaka.dm, 1)
    (file,) = message.files
    assert file.name == "kaiwa-export.json" and file.shared == [tanaka.dm.id]
    kept = json.loads(file.content or b"")
    assert [each["text"] for each in kept["messages"]] == ["秘密", "秘密"]


async def test_a_person_has_deleted_what_is_kept(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """Once they say that they mean it; who opted out is told why there is no answer."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        await asked(server, tanaka, channel, "秘密")
        for number, text in enumerate(("forget-me", "forget-me yes", "privacy out"), 1):
            kept = await store.messages_of("slack", tanaka.id)
            assert len(kept) == (2 if number < 3 else 0)
            tanaka.commands(channel, COMMAND, text)
            await whispered(server, channel, number)
        tanaka.says(channel, f"{server.bot.mention} 秘密")
        refusal = await whispered(server, channel, 4)
        assert refusal.thread_ts is None and "/kaiwa privacy in" in refusal.shown
    assert await store.messages_of("slack", tanaka.id) == []


async def test_an_answer_arrives_though_its_response_url_is_used_up(
    server: SlackServer, chat: Chat
) -> None:
    """It is then said as anything else is."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        with server.faults.hold("users.info") as held:
            tanaka.commands(channel, COMMAND, "help")
            await held.reached.wait()
            server.advance(1_900)
        assert "/kaiwa reset" in (await whispered(server, channel)).shown
