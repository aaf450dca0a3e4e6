from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
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
)
from bot.messages import ConversationKey, FinishReason, ReplyEnd, ReplyEvent, Role, TextDelta
from tests.fakes.generator import FakeGenerator
from tests.fakes.history import FakeHistory
from tests.fakes.incoming import CHANNEL, incoming


async def read(events: AsyncGenerator[ReplyEvent, None]) -> list[ReplyEvent]:
    """All events of an answer."""
    return [event async for event in events]


async def say(chat: Chat, id: str, text: str | None = None, **options: object) -> str:
    """Say something and return the whole reply, or nothing where there was none."""
    events = await read(chat.respond(incoming(id, text, **options)))  # type: ignore[arg-type]
    return events[-1].text if events else ""


async def texts(store: FakeHistory, conversation: ConversationKey = CHANNEL) -> list[str]:
    """What is stored of a conversation."""
    number = await store.find(conversation)
    assert number is not None
    return [message.text for message in await store.history(number, limit=100)]


async def until_running(generator: FakeGenerator, requests: int = 1) -> None:
    """Wait until so many requests were made and one is running."""
    async with asyncio.timeout(10):
        while len(generator.requests) < requests or not generator.running:  # noqa: ASYNC110, no event
            await asyncio.sleep(0)


async def test_a_reply_is_streamed_and_then_stored(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
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


async def test_a_message_is_stored_before_the_model_is_asked(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
) -> None:
    """However the generation ends, the message is kept."""
    generator.script = [RuntimeError("broken")]
    with pytest.raises(GenerationFailed):
        await say(chat, "m1", "大事な話")
    assert await texts(store) == ["大事な話"]


async def test_a_failed_reply_can_be_asked_for_again(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
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


async def test_what_is_not_addressed_is_stored_and_not_answered(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
) -> None:
    """It is part of the next prompt all the same."""
    assert await say(chat, "m1", "ひとりごと", addressed=False) == ""
    await say(chat, "m2", "質問")
    assert "ユーザー: ひとりごと\nユーザー: 質問\n" in generator.requests[0].prompt.text


async def test_messages_that_waited_are_answered_together(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
) -> None:
    """While a reply is written others wait; one reply to the newest answers them all."""
    generator.gate.clear()
    first = asyncio.create_task(say(chat, "m1"))
    await until_running(generator)
    waiting = [asyncio.create_task(say(chat, f"m{n}")) for n in (2, 3, 4)]
    for _ in range(20):
        await asyncio.sleep(0)
    generator.gate.set()
    assert await first == "m1"
    assert [await task for task in waiting] == ["", "", "m4"]
    assert len(generator.requests) == 2
    assert await store.unanswered("console") == []


async def test_a_waiting_message_is_answered_when_the_newer_one_goes_away(
    chat: Chat, generator: FakeGenerator
) -> None:
    """The newest that still waits gets the reply."""
    generator.gate.clear()
    first = asyncio.create_task(say(chat, "m1"))
    await until_running(generator)
    second, third = (asyncio.create_task(say(chat, f"m{n}")) for n in (2, 3))
    for _ in range(20):
        await asyncio.sleep(0)
    third.cancel()
    await asyncio.wait([third])
    generator.gate.set()
    assert (await first, await second) == ("m1", "m2")


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
    chat: Chat, store: FakeHistory, generator: FakeGenerator
) -> None:
    """Stop ends the generation at once; what was shown is kept and marked."""
    generator.script = [["見えた", "見えない"]]
    stream = chat.respond(incoming("m1"))
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
    chat: Chat, store: FakeHistory, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply was announced, the model not yet asked."""
    history = store.history

    async def stopped_meanwhile(conversation_id: int, **options: int | None) -> object:
        assert await chat.stop(CHANNEL)
        return await history(conversation_id, **options)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(store, "history", stopped_meanwhile)
    events = await read(chat.respond(incoming("m1")))
    assert events == [ReplyEnd("", FinishReason.STOPPED)]


async def test_a_stop_before_the_first_word_is_an_empty_reply_that_is_done(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
) -> None:
    """Nothing is stored, and the message is not answered again after a restart."""
    generator.gate.clear()
    reply = asyncio.create_task(read(chat.respond(incoming("m1"))))
    await until_running(generator)
    await chat.stop(CHANNEL)
    assert await reply == [ReplyEnd("", FinishReason.STOPPED)]
    assert await store.unanswered("console") == []


async def test_a_reader_that_goes_away_stops_the_model(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
) -> None:
    """Closing the stream frees the generator, keeps the text, and frees the conversation."""
    generator.script = [["一", "二"], ["三"]]
    stream = chat.respond(incoming("m1"))
    await anext(stream)
    await stream.aclose()
    assert generator.running == 0
    assert await texts(store) == ["m1", "一"]
    assert await say(chat, "m2") == "三"


async def test_a_cancelled_reply_is_kept_and_frees_the_conversation(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
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


async def test_an_empty_reply_is_a_clear_answer_and_is_not_repeated(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
) -> None:
    """A model that ends at once leaves the user with a hint instead of silence."""
    generator.script = [[" ", "\n"]]
    with pytest.raises(EmptyReply):
        await say(chat, "m1")
    assert await store.unanswered("console") == []


async def test_white_space_around_a_reply_is_not_shown(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Neither before the first word nor, in what is stored, after the last."""
    generator.script = [[" ", " はい", "。\n"]]
    events = await read(chat.respond(incoming("m1")))
    assert events[0] == TextDelta("はい")
    assert events[-1] == ReplyEnd("はい。", FinishReason.END)


async def test_a_message_that_is_too_long_is_refused_and_kept(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
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
    assert prompts[-1].dropped > 0
    assert 45 <= grown < 59


async def test_regenerating_replaces_the_newest_reply(
    chat: Chat, store: FakeHistory, generator: FakeGenerator
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
    chat: Chat, store: FakeHistory, generator: FakeGenerator
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
    chat: Chat, store: FakeHistory
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
    chat: Chat, store: FakeHistory, generator: FakeGenerator
) -> None:
    """And a channel cannot lengthen replies past the operator's limit."""
    await store.set_setting(CHANNEL, "temperature", "0.25")
    await store.set_setting(CHANNEL, "max_new_tokens", "4000")
    await say(chat, "m1")
    sampling = generator.requests[0].sampling
    assert (sampling.temperature, sampling.max_new_tokens) == (0.25, 128)


async def test_idle_conversations_take_no_memory(chat: Chat) -> None:
    """Locks are kept for conversations in which something happens, and for those only."""
    for number in range(20):
        await say(chat, "m1", conversation=ConversationKey("console", "home", str(number)))
    assert chat._floors == {}


def test_every_error_speaks_both_languages() -> None:
    """A user reads Japanese first, then English."""
    error: BotError = EmptyReply()
    assert error.both() == f"{error.japanese}\n{error.english}"
    assert error.japanese and error.english == str(error)
