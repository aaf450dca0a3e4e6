from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.chat import Chat
from bot.errors import (
    BotError,
    EmptyReply,
    EngineBusy,
    GenerationFailed,
    MessageTooLong,
    NothingToRegenerate,
    NotTheNewestReply,
    OptedOut,
)
from bot.limits import RateLimiter, TooFast
from bot.messages import (
    ConversationKey,
    FinishReason,
    Queued,
    ReplyEnd,
    ReplyEvent,
    ReplyRestart,
    ReplyStart,
    Role,
    TextDelta,
    Thinking,
    Turn,
)
from bot.policy import MODE, Mode, Policy
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.letters import CharacterTokenizer


async def read(events: AsyncGenerator[ReplyEvent, None]) -> list[ReplyEvent]:
    """All events of an answer."""
    return [event async for event in events]


async def say(chat: Chat, id: str, text: str | None = None, **options: object) -> str:
    """Say something and return the whole reply, or nothing where there was none."""
    events = await read(chat.respond(incoming(id, text, **options)))  # type: ignore[arg-type]
    if not events:
        return ""
    assert isinstance(events[0], ReplyStart) and isinstance(events[-1], ReplyEnd)
    return events[-1].text


async def texts(store: SqlStore, conversation: ConversationKey = CHANNEL) -> list[str]:
    """What is stored of a conversation."""
    number = await store.find(conversation)
    assert number is not None
    return [message.text for message in await store.history(number, limit=100)]


async def until_running(generator: FakeGenerator, requests: int = 1) -> None:
    """Wait until so many requests were made and one is running."""
    await until(lambda: len(generator.requests) >= requests and generator.running > 0)


async def until_waiting(chat: Chat, messages: int) -> None:
    """Wait until so many messages wait for their conversation's turn."""
    await until(lambda: sum(len(f.waiting) for f in chat._floors.values()) >= messages)


async def in_line(chat: Chat, generator: FakeGenerator, *ids: str) -> list[asyncio.Task[str]]:
    """Say these one after the other: the first one is being answered, the others wait."""
    generator.gate.clear()
    saying: list[asyncio.Task[str]] = []
    for id in ids:
        saying.append(asyncio.create_task(say(chat, id)))
        if len(saying) == 1:
            await until_running(generator)
        await until_waiting(chat, len(saying) - 1)
    return saying


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has no event of its own."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_a_reply_is_streamed_and_then_stored(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The deltas, joined, are the text of the end event and of the stored message."""
    generator.script = [["今日は", "いい", "天気です。"]]
    events = await read(chat.respond(incoming("m1", "こんにちは")))
    deltas = [event.text for event in events if isinstance(event, TextDelta)]
    assert deltas == ["今日は", "いい", "天気です。"]
    assert events[-1] == ReplyEnd("今日はいい天気です。", FinishReason.END)
    assert await texts(store) == ["こんにちは", "今日はいい天気です。"]


async def test_the_prompt_is_the_preamble_and_the_conversation(
    chat: Chat, generator: FakeGenerator
) -> None:
    """What the model reads is exactly the stored conversation in rinna's format."""
    await say(chat, "m1", "一")
    await say(chat, "m2", "二")
    assert generator.requests[1].prompt.text == (
        "ユーザー: Hello\nシステム: Sure\nユーザー: 一\nシステム: 一\nユーザー: 二\nシステム: "
    )


async def test_the_engine_is_told_who_asks(chat: Chat, generator: FakeGenerator) -> None:
    """Also when the reply is written anew, and whoever wishes that."""
    await say(chat, "m1", "hello", author="u7")
    await read(chat.regenerate(CHANNEL, by="u8"))
    assert [request.person for request in generator.requests] == ["console:u7"] * 2


async def test_a_message_is_stored_before_the_model_is_asked(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """However the generation ends, the message is kept."""
    generator.script = [RuntimeError("broken")]
    with pytest.raises(GenerationFailed):
        await say(chat, "m1", "大事な話")
    assert await texts(store) == ["大事な話"]


async def test_a_failed_reply_can_be_asked_for_again(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The redelivered message is answered, once, and the conversation is not stuck."""
    generator.script = [EngineBusy(3), ["はい"]]
    with pytest.raises(EngineBusy):
        await say(chat, "m1")
    assert await say(chat, "m1") == "はい"
    assert await texts(store) == ["m1", "はい"]


async def test_a_message_delivered_twice_is_answered_once(
    chat: Chat, generator: FakeGenerator
) -> None:
    """One reply, whether the second delivery comes during the first reply or after it."""
    generator.gate.clear()
    first = asyncio.create_task(say(chat, "m1"))
    await until_running(generator)
    second = asyncio.create_task(say(chat, "m1"))
    await asyncio.sleep(0)
    generator.gate.set()
    assert sorted([await first, await second, await say(chat, "m1")]) == ["", "", "m1"]
    assert len(generator.requests) == 1


async def test_what_is_not_addressed_is_not_kept_in_mention_mode(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """What people say among themselves is not the bot's: it is neither stored nor answered."""
    assert await say(chat, "m1", "ひとりごと", addressed=False) == ""
    assert await store.find(CHANNEL) is None
    await say(chat, "m2", "質問")
    assert "ひとりごと" not in generator.requests[0].prompt.text
    assert await texts(store) == ["質問", "質問"]


async def test_in_always_mode_what_is_said_to_nobody_else_is_answered(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """What is said to others is kept all the same, and part of the next prompt."""
    await store.set_setting(CHANNEL, MODE, Mode.ALWAYS)
    assert await say(chat, "m1", "鈴木さん、どう?", addressed=False, to_others=True) == ""
    assert await texts(store) == ["鈴木さん、どう?"]
    assert await say(chat, "m2", "質問", addressed=False) == "質問"
    assert "ユーザー: 鈴木さん、どう?\nユーザー: 質問\n" in generator.requests[0].prompt.text


async def test_in_a_channel_that_is_off_nothing_is_kept_or_answered(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Not even a mention; direct messages are no channel's."""
    await store.set_setting(CHANNEL, MODE, Mode.OFF)
    assert await say(chat, "m1") == ""
    assert await store.find(CHANNEL) is None
    assert await say(chat, "m2", private=True) == "m2"


async def test_nothing_is_kept_of_who_opted_out(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """They are told why there is no answer; others are answered as ever."""
    await store.opt_out("console", "u1", True)
    with pytest.raises(OptedOut):
        await say(chat, "m1", "秘密")
    assert await say(chat, "m2", "質問", author="u2") == "質問"
    assert await texts(store) == ["質問", "質問"]


async def test_messages_that_waited_are_answered_together(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """While a reply is written others wait; one reply to the newest answers them all."""
    first, *waiting = await in_line(chat, generator, "m1", "m2", "m3", "m4")
    generator.gate.set()
    assert await first == "m1"
    assert [await task for task in waiting] == ["", "", "m4"]
    assert len(generator.requests) == 2
    assert await store.unanswered("console") == []


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_waiting_message_is_answered_when_the_newer_one_goes_away(
    chat: Chat, generator: FakeGenerator, deleted: bool
) -> None:
    """The newest that still waits gets the reply: its adapter gave up, or its author did."""
    first, second, third = await in_line(chat, generator, "m1", "m2", "m3")
    if deleted:
        await chat.deleted(CHANNEL, "m3")
    else:
        third.cancel()
        await asyncio.wait([third])
    generator.gate.set()
    assert (await first, await second) == ("m1", "m2")
    if deleted:
        assert await third == ""


async def test_conversations_do_not_wait_for_each_other(
    chat: Chat, generator: FakeGenerator
) -> None:
    """A slow reply in one channel does not block another."""
    generator.gate.clear()
    here = asyncio.create_task(say(chat, "m1"))
    there = asyncio.create_task(
        say(chat, "m1", conversation=ConversationKey("console", "home", "other"))
    )
    await until_running(generator, requests=2)
    assert generator.running == 2
    generator.gate.set()
    assert [await here, await there] == ["m1", "m1"]


async def test_a_stopped_reply_is_stored_as_far_as_it_went(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Stop ends the generation at once; what was shown is kept and marked."""
    generator.script = [["見えた", "見えない"]]
    stream = chat.respond(incoming("m1"))
    assert isinstance(await anext(stream), ReplyStart)
    assert await anext(stream) == TextDelta("見えた")
    generator.gate.clear()
    rest = asyncio.create_task(read(stream))
    await asyncio.sleep(0)
    assert await chat.stop(CHANNEL)
    assert await rest == [ReplyEnd("見えた", FinishReason.STOPPED)]
    assert generator.running == 0
    number = await store.find(CHANNEL)
    assert number is not None
    assert (await store.history(number, limit=1))[0].partial


async def test_stopping_where_nothing_is_written_says_so(chat: Chat) -> None:
    """Neither an unknown conversation nor a silent one has anything to stop."""
    assert not await chat.stop(CHANNEL)
    await say(chat, "m1")
    assert not await chat.stop(CHANNEL)


async def test_a_stop_does_not_reach_the_next_reply(chat: Chat, generator: FakeGenerator) -> None:
    """After a stop the conversation goes on as usual."""
    generator.gate.clear()
    first = asyncio.create_task(say(chat, "m1"))
    await until_running(generator)
    await chat.stop(CHANNEL)
    await first
    generator.gate.set()
    assert await say(chat, "m2") == "m2"


async def test_a_stop_while_the_prompt_is_made_is_not_lost(
    chat: Chat, store: SqlStore, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply was announced, the model not yet asked."""
    history = store.history

    async def stopped_meanwhile(conversation_id: int, **options: int | None) -> object:
        assert await chat.stop(CHANNEL)
        return await history(conversation_id, **options)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(store, "history", stopped_meanwhile)
    events = await read(chat.respond(incoming("m1")))
    assert events[1:] == [ReplyEnd("", FinishReason.STOPPED)]


async def test_a_stop_before_the_first_word_is_an_empty_reply_that_is_done(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Nothing is stored, and the message is not answered again after a restart."""
    generator.gate.clear()
    reply = asyncio.create_task(read(chat.respond(incoming("m1"))))
    await until_running(generator)
    await chat.stop(CHANNEL)
    assert (await reply)[1:] == [ReplyEnd("", FinishReason.STOPPED)]
    assert await store.unanswered("console") == []


async def test_a_reader_that_goes_away_stops_the_model(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Closing the stream frees the generator, keeps the text, and frees the conversation."""
    generator.script = [["一", "二"], ["三"]]
    stream = chat.respond(incoming("m1"))
    assert isinstance(await anext(stream), ReplyStart)
    assert await anext(stream) == TextDelta("一")
    await stream.aclose()
    assert generator.running == 0
    assert await texts(store) == ["m1", "一"]
    assert await say(chat, "m2") == "三"


async def test_a_cancelled_reply_is_kept_and_frees_the_conversation(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """As when the process is told to end in the middle of a reply."""
    generator.gate.clear()
    reply = asyncio.create_task(say(chat, "m1"))
    await until_running(generator)
    reply.cancel()
    await asyncio.wait([reply])
    assert reply.cancelled()
    assert generator.running == 0
    generator.gate.set()
    assert await say(chat, "m2") == "m2"


@pytest.mark.parametrize("words", [[], ["一"]])
async def test_a_reply_that_the_end_of_the_process_cut_off_is_not_lost(
    chat: Chat, store: SqlStore, generator: FakeGenerator, words: list[str]
) -> None:
    """What was written is kept; where there was nothing, the next start answers."""
    generator.script = [[*words, asyncio.Event()]]
    seen: list[ReplyEvent] = []

    async def follow() -> None:
        async for event in chat.respond(incoming("m1")):
            seen.append(event)

    reply = asyncio.create_task(follow())
    await until(lambda: len(seen) > len(words) and generator.running > 0)
    reply.cancel()
    await asyncio.wait([reply])
    assert await texts(store) == ["m1", *words]
    assert len(await store.unanswered("console")) == (0 if words else 1)


async def test_an_empty_reply_is_a_clear_answer_and_is_not_repeated(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """A model that ends at once leaves the user with a hint instead of silence."""
    generator.script = [[" ", "\n"]]
    with pytest.raises(EmptyReply):
        await say(chat, "m1")
    assert await store.unanswered("console") == []


async def test_a_model_that_thinks_says_so_and_needs_room_to_answer(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Where thoughts have taken all of a reply, that is said instead of nothing."""
    generator.script = [[Thinking(), "はい"], [Thinking(), FinishReason.LENGTH]]
    events = await read(chat.respond(incoming("m1")))
    assert events[1:] == [Thinking(), TextDelta("はい"), ReplyEnd("はい", FinishReason.END)]
    with pytest.raises(EmptyReply, match="still thinking"):
        await say(chat, "m2")


async def test_white_space_around_a_reply_is_not_shown(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Neither before the first word nor, in what is stored, after the last."""
    generator.script = [[" ", " はい", "。\n"]]
    events = await read(chat.respond(incoming("m1")))
    assert events[1] == TextDelta("はい")
    assert events[-1] == ReplyEnd("はい。", FinishReason.END)


async def test_a_message_that_is_too_long_is_refused_and_kept(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The refusal names the limit; the next message is answered as if nothing had been."""
    with pytest.raises(MessageTooLong):
        await say(chat, "m1", "あ" * 100_000)
    assert await store.unanswered("console") == []
    assert await say(chat, "m2", "元気?") == "元気?"
    assert (await texts(store))[0] == "あ" * 100_000


async def test_long_histories_keep_their_beginning_for_many_turns(
    chat: Chat, generator: FakeGenerator
) -> None:
    """When memory is full it is halved at once, so that most prompts only grow."""
    for number in range(60):
        await say(chat, f"m{number}", f"これは{number}番目の話です")
    prompts = [request.prompt for request in generator.requests]
    grown = sum(
        later.text.startswith(earlier.text.removesuffix("システム: "))
        for earlier, later in pairwise(prompts)
    )
    assert max(len(prompt.ids) for prompt in prompts) <= 512 - 128
    assert (await chat.context(CHANNEL)).prompt.dropped > 0
    assert 45 <= grown < 59


async def test_regenerating_replaces_the_newest_reply(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The old reply is neither stored nor part of the new prompt."""
    generator.script = [["古い"], ["新しい"]]
    await say(chat, "m1")
    events = await read(chat.regenerate(CHANNEL))
    assert events[-1] == ReplyEnd("新しい", FinishReason.END)
    assert await texts(store) == ["m1", "新しい"]
    assert "古い" not in generator.requests[1].prompt.text


@pytest.mark.parametrize("reset", [False, True])
async def test_there_may_be_nothing_to_regenerate(chat: Chat, reset: bool) -> None:
    """An empty conversation, or one that was just reset, says so."""
    if reset:
        await say(chat, "m1")
        await chat.reset(CHANNEL)
    with pytest.raises(NothingToRegenerate):
        await read(chat.regenerate(CHANNEL))


async def test_after_a_reset_nothing_earlier_is_in_the_prompt(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The marker moves; nothing is deleted."""
    await say(chat, "m1", "秘密")
    assert await chat.reset(CHANNEL) == 2
    await say(chat, "m2", "質問")
    assert "秘密" not in generator.requests[1].prompt.text
    assert (await chat.context(CHANNEL)).prompt.turns[2].text == "質問"


async def test_the_context_counts_tokens_of_the_budget(chat: Chat) -> None:
    """Also where nothing was said yet."""
    empty = await chat.context(CHANNEL)
    assert empty.tokens == len(empty.prompt.text)
    assert empty.budget == 512 - 128
    await say(chat, "m1", "はい")
    context = await chat.context(CHANNEL)
    assert context.tokens == empty.tokens + len("ユーザー: はい\nシステム: はい\n")
    assert [turn.role for turn in context.prompt.turns[2:]] == [Role.USER, Role.ASSISTANT]


async def test_a_message_from_before_a_crash_is_answered_after_it(
    chat: Chat, store: SqlStore
) -> None:
    """It was stored, its reply was being written, the process ended."""
    stored = await store.add_message(incoming("m1"))
    await store.start_reply(stored.conversation_id, stored.message_id)
    (waiting,) = await store.unanswered("console")
    events = await read(chat.resume(waiting))
    assert events[-1] == ReplyEnd("m1", FinishReason.END)
    assert await store.unanswered("console") == []
    assert await read(chat.resume(waiting)) == []


async def test_channel_settings_reach_the_model(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """And a channel cannot lengthen replies past the operator's limit."""
    await store.set_setting(CHANNEL, "temperature", "0.25")
    await store.set_setting(CHANNEL, "max_new_tokens", "4000")
    await say(chat, "m1")
    sampling = generator.requests[0].sampling
    assert (sampling.temperature, sampling.max_new_tokens) == (0.25, 128)


async def test_settings_are_read_again_only_after_a_wait(
    chat: Chat, store: SqlStore, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deciding upon a message reads them with the rest; while it waits they may change."""
    read_settings = store.settings
    places: list[ConversationKey] = []

    async def settings(conversation: ConversationKey) -> Mapping[str, str]:
        places.append(conversation)
        return await read_settings(conversation)

    monkeypatch.setattr(store, "settings", settings)
    await store.set_setting(CHANNEL, "top_k", "3")
    generator.gate.clear()
    first = asyncio.create_task(say(chat, "m1"))
    await until_running(generator)
    assert places == []
    second = asyncio.create_task(say(chat, "m2"))
    await until_waiting(chat, 1)
    await store.set_setting(CHANNEL, "top_k", "5")
    generator.gate.set()
    assert (await first, await second) == ("m1", "m2")
    assert places == [CHANNEL]
    assert [request.sampling.top_k for request in generator.requests] == [3, 5]


async def test_idle_conversations_take_no_memory(chat: Chat) -> None:
    """Locks are kept for conversations in which something happens, and for those only."""
    for number in range(20):
        await say(chat, "m1", conversation=ConversationKey("console", "home", str(number)))
    assert len(chat._floors) == 0


def test_every_error_speaks_both_languages() -> None:
    """A user reads Japanese first, then English."""
    error: BotError = EmptyReply()
    assert error.both() == f"{error.japanese}\n{error.english}"
    assert error.japanese and error.english == str(error)


async def test_a_reply_begins_by_naming_its_question_and_its_entry(
    chat: Chat, store: SqlStore
) -> None:
    """So that a platform can answer that message, and note where the reply is shown."""
    start, *_ = await read(chat.respond(incoming("m1")))
    assert isinstance(start, ReplyStart)
    assert (start.trigger, start.platform_ids) == ("m1", ())
    await store.record_sent(start.reply_id, ["p1"])
    again, *_ = await read(chat.regenerate(CHANNEL))
    assert again == ReplyStart(start.reply_id, "m1", ("p1",))


async def test_the_place_in_the_queue_is_passed_on(chat: Chat, generator: FakeGenerator) -> None:
    """It is no part of the reply."""
    generator.script = [[Queued(2, 8.0), Queued(1, None), "はい"]]
    events = await read(chat.respond(incoming("m1")))
    assert events[1:] == [
        Queued(2, 8.0),
        Queued(1, None),
        TextDelta("はい"),
        ReplyEnd("はい", FinishReason.END),
    ]


async def test_an_edited_question_begins_its_reply_anew(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The model reads the new text, and what was written to the old one is not kept."""
    generator.script = [["古い", asyncio.Event()], ["新しい答え"]]
    seen: list[ReplyEvent] = []

    async def follow() -> None:
        async for event in chat.respond(incoming("m1", "古い質問")):
            seen.append(event)

    reply = asyncio.create_task(follow())
    await until(lambda: TextDelta("古い") in seen)
    await chat.edited(incoming("m1", "新しい質問"))
    await reply
    assert seen[1:] == [
        TextDelta("古い"),
        ReplyRestart(),
        TextDelta("新しい答え"),
        ReplyEnd("新しい答え", FinishReason.END),
    ]
    assert generator.requests[1].prompt.turns[-1].text == "新しい質問"
    assert await texts(store) == ["新しい質問", "新しい答え"]


async def test_a_deleted_question_stops_its_reply(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The model stops, the question is forgotten, and nothing waits for an answer."""
    generator.gate.clear()
    reply = asyncio.create_task(read(chat.respond(incoming("m1", "秘密"))))
    await until_running(generator)
    await chat.deleted(CHANNEL, "m1")
    assert (await reply)[1:] == [ReplyEnd("", FinishReason.GONE)]
    assert generator.running == 0
    assert await texts(store) == []
    assert await store.unanswered("console") == []


async def test_a_change_of_another_message_does_not_touch_a_reply(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Neither an edit nor a deletion, of an earlier message or of an unknown one."""
    await say(chat, "m1")
    await say(chat, "m2")
    generator.gate.clear()
    reply = asyncio.create_task(say(chat, "m3"))
    await until_running(generator, requests=3)
    await chat.edited(incoming("m1", "別の話"))
    await chat.deleted(CHANNEL, "m2")
    await chat.deleted(CHANNEL, "unknown")
    generator.gate.set()
    assert await reply == "m3"
    assert len(generator.requests) == 3
    assert await texts(store) == ["別の話", "m1", "m2", "m3", "m3"]


async def test_a_question_about_a_reply_out_of_sight_brings_that_exchange_in(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Just before the question, so that it is read together with what it asks about."""
    start, *_ = await read(chat.respond(incoming("m0", "最初の質問")))
    assert isinstance(start, ReplyStart)
    await store.record_sent(start.reply_id, ["p0"])
    for number in range(1, 40):
        await say(chat, f"m{number}", f"これは{number}番目のとても長い話です")
    assert "最初の質問" not in generator.requests[-1].prompt.text
    await say(chat, "m40", "それは?", reply_to="p0")
    assert generator.requests[-1].prompt.text.endswith(
        "\nユーザー: 最初の質問\nシステム: 最初の質問\nユーザー: それは?\nシステム: "
    )
    assert len(generator.requests[-1].prompt.ids) <= 512 - 128


async def test_a_question_about_a_reply_in_sight_repeats_nothing(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Nor does one about a message that is not known."""
    start, *_ = await read(chat.respond(incoming("m1", "質問")))
    assert isinstance(start, ReplyStart)
    await store.record_sent(start.reply_id, ["p1"])
    await say(chat, "m2", "それは?", reply_to="p1")
    await say(chat, "m3", "これは?", reply_to="unknown")
    assert [request.prompt.text.count("ユーザー: 質問") for request in generator.requests] == [
        1,
        1,
        1,
    ]


async def test_a_channels_persona_takes_the_preambles_place(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """In that channel and its threads, and nowhere else."""
    await store.set_setting(CHANNEL, "persona", "あなたは猫です。")
    await say(chat, "m1", "質問")
    assert generator.requests[0].prompt.text == (
        "ユーザー: あなたは猫です。\nシステム: はい、わかりました。\nユーザー: 質問\nシステム: "
    )
    await say(chat, "m2", conversation=replace(CHANNEL, thread="t"))
    assert generator.requests[1].prompt.turns[0] == Turn(Role.USER, "あなたは猫です。")
    await say(chat, "m3", conversation=replace(CHANNEL, channel="other"))
    assert generator.requests[2].prompt.turns[0] == Turn(Role.USER, "Hello")


async def test_only_the_newest_reply_is_written_again(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """A button below an older one says so and changes nothing."""
    first, *_ = await read(chat.respond(incoming("m1")))
    second, *_ = await read(chat.respond(incoming("m2")))
    assert isinstance(first, ReplyStart) and isinstance(second, ReplyStart)
    for conversation in (CHANNEL, replace(CHANNEL, channel="other")):
        with pytest.raises(NotTheNewestReply):
            await read(chat.regenerate(conversation, first.reply_id))
    assert await texts(store) == ["m1", "m1", "m2", "m2"]
    generator.script = [["新しい"]]
    await read(chat.regenerate(CHANNEL, second.reply_id))
    assert await texts(store) == ["m1", "m1", "m2", "新しい"]


async def test_a_follow_up_in_a_thread_is_answered_while_the_first_reply_is_written(
    chat: Chat, generator: FakeGenerator
) -> None:
    """The bot takes part from its first word on; what is added meanwhile is not lost."""
    thread = replace(CHANNEL, thread="t")
    assert await say(chat, "m0", conversation=thread, addressed=False) == ""
    generator.gate.clear()
    first = asyncio.create_task(say(chat, "m1", conversation=thread))
    await until_running(generator)
    second = asyncio.create_task(say(chat, "m2", "続き", conversation=thread, addressed=False))
    await until_waiting(chat, 1)
    generator.gate.set()
    assert (await first, await second) == ("m1", "続き")


async def test_a_redelivered_message_does_not_count_against_its_author(
    store: SqlStore, generator: FakeGenerator
) -> None:
    """Nobody is told to slow down because a platform repeats itself."""
    policy = Policy(per_user=RateLimiter(1))
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), policy=policy)
    assert await say(chat, "m1") == "m1"
    assert await say(chat, "m1") == ""
    with pytest.raises(TooFast):
        await say(chat, "m2")


async def test_messages_are_stored_in_the_order_in_which_they_came(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Also when many come at once; an edit right behind its message is not lost."""
    generator.gate.clear()
    said = [asyncio.create_task(say(chat, f"m{n}")) for n in range(12)]
    await asyncio.sleep(0)
    await chat.edited(incoming("m11", "最後"))
    generator.gate.set()
    await asyncio.gather(*said)
    number = await store.find(CHANNEL)
    assert number is not None
    history = await store.history(number, limit=100)
    questions = [m.text for m in history if m.role is Role.USER]
    assert questions == [f"m{n}" for n in range(11)] + ["最後"]
    assert len(chat._intake) == 0


async def test_a_reply_without_its_first_word_is_not_stopped_where_only_begun_ones_are(
    chat: Chat, generator: FakeGenerator
) -> None:
    """At the end of the process it is left for the next start."""
    gate = asyncio.Event()
    generator.script = [[gate, "はい", asyncio.Event()]]
    saying = asyncio.create_task(say(chat, "m1"))
    await until_running(generator)
    assert not await chat.stop(CHANNEL, begun_only=True)
    gate.set()
    while not await chat.stop(CHANNEL, begun_only=True):  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert await saying == "はい"
