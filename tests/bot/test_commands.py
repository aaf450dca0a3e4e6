from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace

import pytest

from bot import privacy
from bot.chat import Chat
from bot.command import Command
from bot.commands import (
    BY_COMMAND,
    COMMANDS,
    AdministratorsOnly,
    UnknownCommand,
    command,
    typed,
)
from bot.decoding import BadSetting, checked
from bot.errors import BotError, repeated
from bot.messages import ConversationKey, FinishReason, ReplyEnd, ReplyEvent
from bot.notices import Notice
from bot.persona import LONGEST
from bot.policy import Mode
from bot.ports import Caller
from storage.store import SqlStore
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming

ADMINISTRATOR = Caller(CHANNEL, "u1", administrator=True)
MEMBER = Caller(CHANNEL, "u1")


async def run(chat: Chat, text: str, caller: Caller = ADMINISTRATOR) -> list[Notice | ReplyEvent]:
    """All that a command answers."""
    events: AsyncGenerator[Notice | ReplyEvent, None] | None = command(chat, caller, text)
    assert events is not None
    return [event async for event in events]


async def notice(chat: Chat, text: str, caller: Caller = ADMINISTRATOR) -> Notice:
    """The one notice that a command answers."""
    (event,) = await run(chat, text, caller)
    assert isinstance(event, Notice)
    return event


async def say(
    chat: Chat,
    id: str,
    text: str | None = None,
    author: str = "u1",
    conversation: ConversationKey = CHANNEL,
) -> None:
    """Say something and wait for the reply."""
    async for _ in chat.respond(incoming(id, text, author=author, conversation=conversation)):
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
    assert command(chat, MEMBER, text) is None


@pytest.mark.parametrize(
    ("text", "hint"), [("/hepl", "/help"), ("/regen", "/regenerate"), ("/zzz", "/help"), ("/", "/")]
)
def test_an_unknown_command_names_the_nearest(chat: Chat, text: str, hint: str) -> None:
    """A slip of the finger is answered with what was meant."""
    with pytest.raises(UnknownCommand, match=hint):
        command(chat, MEMBER, text)


async def test_context_shows_what_is_remembered(chat: Chat) -> None:
    """The messages, how many there are, and the tokens that they take."""
    await say(chat, "m1", "私の名前は田中です。")
    shown = await notice(chat, "/context")
    assert "I remember 2 messages here: " in shown.english
    assert "of 384 tokens, with 2 opening lines." in shown.english
    assert "2件のメッセージ" in shown.japanese
    assert str(shown.detail).splitlines() == [
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


async def test_what_is_said_of_a_persona_agrees(chat: Chat) -> None:
    """What every conversation begins with is none; what /persona sets is one, in /context too."""
    assert "No persona" in (await notice(chat, "/persona")).english
    assert "persona" not in (await notice(chat, "/context")).english
    await notice(chat, "/persona 猫")
    shown = await notice(chat, "/context")
    assert "with 2 lines of persona" in shown.english and "人物設定2行" in shown.japanese


async def test_one_setting_is_shown_by_its_name(chat: Chat, store: SqlStore) -> None:
    """With what it may be, and nothing is set by looking."""
    shown = await notice(chat, "/settings top_k")
    assert str(shown.detail).splitlines() == [
        "  top_k = 0  候補の数（0で無効） / number of likely words; 0 is off"
    ]
    assert "from 0 to 1000" in shown.english and "0から1000まで" in shown.japanese
    assert await store.settings(CHANNEL) == {}
    with pytest.raises(BadSetting):
        await run(chat, "/settings top_x")


@pytest.mark.parametrize(
    ("first", "then", "why"),
    [
        ("temperature 0", "top_p 0.5", "while temperature is 0"),
        ("temperature 0", "top_k 5", "while temperature is 0"),
        ("top_k 1", "temperature 0.7", "while top_k is 1"),
        ("top_k 1", "top_p 0.7", "while top_k is 1"),
        ("top_k 2", "max_new_tokens 4096", "replies end at 128 tokens all the same"),
    ],
)
async def test_a_value_that_cannot_take_effect_says_so(
    chat: Chat, first: str, then: str, why: str
) -> None:
    """It is set all the same, for when it can."""
    assert "⚠" not in str((await notice(chat, f"/settings {first}")).detail)
    shown = str((await notice(chat, f"/settings {then}")).detail)
    assert "⚠" in shown and why in shown and " *  " in shown


@pytest.mark.parametrize(("japanese", "said"), [(True, "最も確かな語"), (False, "likeliest word")])
async def test_lists_are_in_the_readers_language_alone(
    chat: Chat, japanese: bool, said: str
) -> None:
    """Of commands, of settings, and of what has no effect."""
    reader = replace(ADMINISTRATOR, japanese=japanese)
    await notice(chat, "/settings temperature 0")
    for text in ("/help", "/settings", "/settings top_k 4"):
        detail = str((await notice(chat, text, reader)).detail)
        assert " / " not in detail
        assert bool(re.search("[\u3040-\u30ff]", detail)) is japanese
    assert said in detail


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


@pytest.mark.parametrize("space", [" ", "\u3000", "\n", "  "])
async def test_any_space_separates_a_command_from_what_follows(chat: Chat, space: str) -> None:
    """A Japanese keyboard types a wide one."""
    assert "always" in (await notice(chat, f"/mode{space}always")).english
    assert "top_k = 7 *" in (await notice(chat, f"/settings{space}top_k{space}7")).detail


@pytest.mark.parametrize("text", ["/mode always", "/persona 猫", "/settings top_k 1"])
async def test_what_changes_a_channel_is_for_administrators(
    chat: Chat, store: SqlStore, text: str
) -> None:
    """Others are refused, in private, and nothing changes; to look is everybody's."""
    with pytest.raises(AdministratorsOnly) as refused:
        command(chat, MEMBER, text)
    assert refused.value.private
    assert await store.settings(CHANNEL) == {}
    assert (await notice(chat, text.split()[0], MEMBER)).english


async def test_what_concerns_a_person_is_everybodys_and_answered_in_private(chat: Chat) -> None:
    """A platform shows the answer to nobody else."""
    for name in ("privacy", "export", "forget-me"):
        assert BY_COMMAND[name].private
        assert await notice(chat, f"/{name}", MEMBER)


async def test_the_mode_is_shown_set_and_unset(chat: Chat) -> None:
    """In words, and back to the operator's own."""
    assert "mention. I answer: when I am mentioned" in (await notice(chat, "/mode")).english
    assert "always. I answer: every message" in (await notice(chat, "/mode ALWAYS")).english
    assert await chat.mode_of(CHANNEL) is Mode.ALWAYS
    assert "off. I answer: nothing" in (await notice(chat, "/mode off")).english
    assert "mention" in (await notice(chat, "/mode default")).english
    assert await chat.mode_of(CHANNEL) is Mode.MENTION


async def test_a_mode_that_does_not_exist_is_refused_with_those_that_do(chat: Chat) -> None:
    """And changes nothing."""
    with pytest.raises(BotError, match="mention, always, off or default, not 'sometimes'"):
        await run(chat, "/mode sometimes")
    assert await chat.mode_of(CHANNEL) is Mode.MENTION


async def test_the_persona_is_shown_set_and_unset(chat: Chat, generator: FakeGenerator) -> None:
    """It reaches the next prompt, line breaks and all."""
    assert "No persona" in (await notice(chat, "/persona")).english
    set_to = await notice(chat, "/persona あなたは猫です。\nにゃあと鳴きます。")
    assert set_to.detail == "あなたは猫です。\nにゃあと鳴きます。"
    await say(chat, "m1")
    assert generator.requests[0].prompt.turns[0].text == set_to.detail
    assert "No persona" in (await notice(chat, "/persona Default")).english


async def test_a_persona_that_is_too_long_is_refused(chat: Chat) -> None:
    """The one before stays."""
    await notice(chat, "/persona 猫")
    with pytest.raises(BotError, match="500 characters; this has 501"):
        await run(chat, "/persona " + "あ" * (LONGEST + 1))
    assert (await notice(chat, "/persona")).detail == "猫"


async def test_privacy_says_what_is_kept_and_stops_and_resumes_it(
    chat: Chat, store: SqlStore
) -> None:
    """The count is of the person's own messages and the replies to them."""
    await say(chat, "m1")
    await say(chat, "m2", author="u2")
    assert "I keep 2 messages" in (await notice(chat, "/privacy", MEMBER)).english
    assert "nothing that you say" in (await notice(chat, "/privacy OUT", MEMBER)).english
    assert await store.opted_out("console", "u1") and not await store.opted_out("console", "u2")
    assert "nothing that you say" in (await notice(chat, "/privacy", MEMBER)).english
    assert "I keep 2 messages" in (await notice(chat, "/privacy in", MEMBER)).english
    assert not await store.opted_out("console", "u1")


async def test_a_choice_about_privacy_that_does_not_exist_is_refused(
    chat: Chat, store: SqlStore
) -> None:
    """Nothing is guessed where it is about privacy."""
    with pytest.raises(BotError, match="/privacy out or /privacy in"):
        await run(chat, "/privacy yes", MEMBER)
    assert not await store.opted_out("console", "u1")


async def test_export_hands_over_everything_of_the_caller_and_of_nobody_else(
    chat: Chat, store: SqlStore
) -> None:
    """As JSON that a person can read, with their ratings."""
    await say(chat, "m1", "私の話")
    await say(chat, "m2", "他人の話", author="u2")
    (waiting,) = {e.reply_id for e in await store.undelivered("console") if e.trigger == "m1"}
    await store.rate(waiting, "u1", 1)
    answer = await notice(chat, "/export", MEMBER)
    assert "2 messages" in answer.english
    assert answer.file is not None and answer.file.name.endswith(".json")
    text = answer.file.content.decode()
    assert "私の話" in text and "他人" not in text
    exported = json.loads(answer.file.content)
    assert exported["user_id"] == "u1"
    assert [(e["speaker"], e["text"]) for e in exported["messages"]] == [
        ("you", "私の話"),
        ("bot", "私の話"),
    ]
    assert exported["messages"][0]["sent_at"] == "2026-01-02T03:04:05+00:00"
    assert [(e["channel"], e["value"]) for e in exported["ratings"]] == [("general", 1)]


async def test_export_channel_hands_over_all_of_a_conversation_to_administrators_alone(
    chat: Chat, store: SqlStore
) -> None:
    """Everybody's messages, the replies and the channel's settings; of other channels nothing."""
    await say(chat, "m1", "私の話")
    await say(chat, "m2", "他人の話", author="u2")
    await say(chat, "m3", "よその話", conversation=replace(CHANNEL, channel="elsewhere"))
    await store.set_setting(CHANNEL, "mode", "always")
    with pytest.raises(AdministratorsOnly):
        await run(chat, "/export channel", MEMBER)
    answer = await notice(chat, "/export channel")
    assert "4 messages" in answer.english
    assert answer.file is not None and answer.file.name.endswith(".jsonl")
    rows = [json.loads(line) for line in answer.file.content.splitlines()]
    texts = [row["text"] for row in rows if row["table"] == "messages"]
    assert sorted(texts) == ["他人の話", "他人の話", "私の話", "私の話"]
    assert [row["value"] for row in rows if row["table"] == "channel_settings"] == ["always"]


async def test_what_is_too_large_for_a_file_is_left_to_the_operator(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform would refuse it, with an error that says nothing."""
    await say(chat, "m1", "私の話")
    monkeypatch.setattr(privacy, "MOST_BYTES", 100)
    for typed_text in ("/export", "/export channel"):
        with pytest.raises(BotError, match="kaiwa export"):
            await run(chat, typed_text)


async def test_an_export_of_something_else_is_refused(chat: Chat) -> None:
    """It says what there is."""
    with pytest.raises(BotError, match="/export channel"):
        await run(chat, "/export everything")


async def test_forget_me_deletes_only_once_it_was_confirmed(chat: Chat, store: SqlStore) -> None:
    """Then what the person said and the replies to it are gone; others' stay."""
    await say(chat, "m1", "私の話")
    await say(chat, "m2", "他人の話", author="u2")
    assert "deletes 2 messages" in (await notice(chat, "/forget-me", MEMBER)).english
    assert len(await store.messages_of("console", "u1")) == 2
    assert "Deleted 2 messages" in (await notice(chat, "/forget-me YES", MEMBER)).english
    number = await store.find(CHANNEL)
    assert number is not None
    kept = [message.text for message in await store.history(number, limit=9)]
    assert kept == ["他人の話", "他人の話"]


async def test_a_command_in_a_thread_changes_its_channel(chat: Chat) -> None:
    """Settings are the channel's, and its threads share them."""
    thread = replace(ADMINISTRATOR, conversation=replace(CHANNEL, thread="t"))
    await notice(chat, "/mode always", thread)
    assert await chat.mode_of(CHANNEL) is Mode.ALWAYS


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_is_described_in_both_languages(entry: Command) -> None:
    """With its arguments, as they are typed."""
    assert entry.english and entry.japanese
    assert all(argument.english and argument.japanese for argument in entry.arguments)
    assert entry.usage().startswith(f"/{entry.name}")
    assert entry.usage().count("[") == len(entry.arguments)


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("help", "help", ""),
        ("Reset", "reset", ""),
        ("/mode always", "mode", "always"),
        ("mode always", "mode", "always"),
        ("settings　temperature 0.5", "settings", "temperature 0.5"),
        ("/persona 猫です", "persona", "猫です"),
        ("forget-me yes", "forget-me", "yes"),
        ("辞書 食べる", "jisho", "食べる"),
        ("辞書　はし", "jisho", "はし"),
        ("ふりがな 今日は", "furigana", "今日は"),
        ("モード always", "mode", "always"),
        ("忘れて yes", "forget-me", "yes"),
    ],
)
def test_a_command_may_be_typed_without_its_slash(text: str, name: str, argument: str) -> None:
    """Where the platform keeps the slash for itself."""
    found = typed(text, bare=True)
    assert found is not None
    assert (found[0].name, found[1]) == (name, argument)


@pytest.mark.parametrize(
    "text",
    [
        "help me with this",
        "stop that",
        "mode of transport",
        "persona non grata",
        "reset?",
        "//help",
        "privacy out of concern",
        "settings temperature 0.5 please",
        "漢字",
        "analyze",
        "忘れて ください",
        "停止 してください",
        "記憶 に残る話をして",
        "漢字 が 難しい",
        "読み 方を教えて",
        "読み 今日 あした",
        "新しく始める なら何がいい？",
        "設定 はどこ？",
        "語彙 を増やしたい",
        "辞書 を買いたい",
        "辞書 は どれがいい？",
        "",
    ],
)
def test_a_sentence_that_begins_like_a_command_is_a_message(text: str) -> None:
    """Only what is a command to the letter is taken for one."""
    assert typed(text, bare=True) is None


@pytest.mark.parametrize("name", ["x" * 39_000, "あ\n" * 20_000, "/" * 39_000])
def test_what_is_unknown_is_named_in_at_most_40_characters(name: str) -> None:
    """However long it is, and on one line."""
    for error in (UnknownCommand(name), *_refusals(name)):
        assert "\n" not in error.english and len(error.both()) < 500
    assert len(repeated(name)) == 40


def test_what_is_said_back_is_no_link_in_disguise() -> None:
    """The bot would seem to have written it."""
    assert "](" not in UnknownCommand("[here](https://a.b)").both()


def _refusals(text: str) -> Iterator[BotError]:
    for name, value in ((text, "1"), ("top_k", text)):
        try:
            checked(name, value)
        except BotError as error:
            yield error


async def test_a_mode_that_there_is_not_is_repeated_in_part(chat: Chat) -> None:
    """Nobody is sent their own 39,000 characters back."""
    with pytest.raises(BotError) as refused:
        await notice(chat, "/mode " + "x" * 39_000)
    assert len(refused.value.both()) < 300
