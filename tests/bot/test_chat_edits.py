"""What an edit or a deletion does: to what is stored, and to a reply that is being written."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.chat import Chat
from bot.limits import RateLimiter, TooFast
from bot.messages import FinishReason, ReplyEnd, ReplyEvent, ReplyRestart, TextDelta
from bot.policy import MODE, Mode, Policy
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.bot.test_chat import in_line, read, say, texts, until, until_running, until_waiting
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.letters import CharacterTokenizer

THREAD = replace(CHANNEL, thread="m1")


async def test_an_edit_of_what_is_not_stored_says_so(chat: Chat, store: SqlStore) -> None:
    """It may be a new message for the bot; and nothing is stored by it."""
    assert not await chat.edited(incoming("m1", "天気は？"))
    assert await store.find(CHANNEL) is None


@pytest.mark.parametrize("written", [False, True])
async def test_an_edit_that_takes_the_mention_away_stops_the_reply(
    chat: Chat, store: SqlStore, generator: FakeGenerator, written: bool
) -> None:
    """The message is not the bot's to keep any more."""
    generator.script = [[*(["はい"] if written else []), asyncio.Event()], ["次"]]
    seen: list[ReplyEvent] = []

    async def follow() -> None:
        async for event in chat.respond(incoming("m1", "秘密")):
            seen.append(event)

    reply = asyncio.create_task(follow())
    await until(lambda: generator.running > 0 and len(seen) == 1 + written)
    assert await chat.edited(incoming("m1", "鈴木さんへ", addressed=False))
    await reply
    assert seen[-1] == ReplyEnd("はい" if written else "", FinishReason.GONE)
    assert await texts(store) == (["はい"] if written else [])
    assert await store.unanswered("console") == []
    assert await say(chat, "m2") == "次"


async def test_a_message_without_its_mention_stays_out_of_the_threads_talk(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The reply that was never begun makes no thread with the bot: another edit is nobody's."""
    generator.gate.clear()
    asked = incoming("m1", conversation=THREAD, opens_thread=True)
    reply = asyncio.create_task(read(chat.respond(asked)))
    await until_running(generator)
    unmentioned = replace(asked, addressed=False)
    assert await chat.edited(unmentioned)
    await reply
    assert not await chat.edited(unmentioned)
    assert await chat.admit(unmentioned) is None


async def test_an_answered_message_without_its_mention_stays_where_it_was_answered(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Its answer would hang in the air; and with its mention again it is not answered twice."""
    await say(chat, "m1", "質問")
    assert await chat.edited(incoming("m1", "質問!", addressed=False))
    assert await texts(store) == ["質問!", "質問"]
    assert await chat.edited(incoming("m1", "質問?"))
    assert await texts(store) == ["質問?", "質問"]
    assert await say(chat, "m1", "質問?") == ""
    assert len(generator.requests) == 1


async def test_what_an_edit_makes_the_bots_is_answered_like_a_new_message_once(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """It is no longer known as what it was, and stands at the end when it is taken in."""
    await store.set_setting(CHANNEL, MODE, Mode.ALWAYS)
    assert await say(chat, "m1", "天気は？", addressed=False, to_others=True) == ""
    assert await say(chat, "m2", "質問") == "質問"
    asked = incoming("m1", "@bot 天気は？")
    assert not await chat.edited(asked)
    assert await say(chat, "m1", "@bot 天気は？") == "@bot 天気は？"
    assert await texts(store) == ["質問", "質問", "@bot 天気は？", "@bot 天気は？"]
    assert await chat.edited(asked)
    assert await say(chat, "m1", "@bot 天気は？") == ""


async def test_in_always_mode_what_is_said_to_others_now_is_kept_and_not_answered(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Its reply stops; one that waited is not begun."""
    await store.set_setting(CHANNEL, MODE, Mode.ALWAYS)
    generator.gate.clear()
    first = asyncio.create_task(read(chat.respond(incoming("m1"))))
    await until_running(generator)
    second = asyncio.create_task(say(chat, "m2"))
    await until_waiting(chat, 1)
    for id in ("m2", "m1"):
        assert await chat.edited(incoming(id, f"鈴木さん、{id}", addressed=False, to_others=True))
    generator.gate.set()
    assert (await first)[-1] == ReplyEnd("", FinishReason.GONE)
    assert await second == ""
    assert await texts(store) == ["鈴木さん、m1", "鈴木さん、m2"]
    assert await store.unanswered("console") == []
    assert len(generator.requests) == 1


async def test_an_edit_counts_for_no_limit(store: SqlStore, generator: FakeGenerator) -> None:
    """Who mends a mistake asks nothing new."""
    policy = Policy(per_user=RateLimiter(2))
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), policy=policy)
    await say(chat, "m1")
    for number in range(5):
        assert await chat.edited(incoming("m1", str(number)))
    assert await say(chat, "m2") == "m2"
    with pytest.raises(TooFast):
        await say(chat, "m3")


@pytest.mark.parametrize("deleted", [False, True])
async def test_what_changes_between_the_last_word_and_the_commit_is_not_lost(
    chat: Chat,
    store: SqlStore,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
    deleted: bool,
) -> None:
    """The change was told before the reply was stored: so it counts."""
    known, waits = asyncio.Event(), asyncio.Event()

    async def slowly(*given: object, **options: object) -> int | None:
        known.set()
        await waits.wait()
        changed: int | None = await change(*given, **options)
        return changed

    name = "delete_message" if deleted else "edit_message"
    change = getattr(store, name)
    monkeypatch.setattr(store, name, slowly)
    generator.script = [["古い答え"], ["新しい答え"]]
    stream = chat.respond(incoming("m1", "古い質問"))
    await anext(stream)
    assert await anext(stream) == TextDelta("古い答え")
    changing = asyncio.create_task(
        chat.deleted(CHANNEL, "m1") if deleted else chat.edited(incoming("m1", "新しい質問"))
    )
    await known.wait()
    ending = asyncio.create_task(read(stream))
    await until(lambda: generator.running == 0)
    waits.set()
    await changing
    if deleted:
        assert await ending == [ReplyEnd("古い答え", FinishReason.GONE)]
        return
    assert await ending == [
        ReplyRestart(),
        TextDelta("新しい答え"),
        ReplyEnd("新しい答え", FinishReason.END),
    ]
    assert await texts(store) == ["新しい質問", "新しい答え"]


@pytest.mark.parametrize("written", ["", "途中"])
async def test_who_gave_way_to_a_message_that_is_deleted_is_answered(
    chat: Chat, store: SqlStore, generator: FakeGenerator, written: str
) -> None:
    """The reply to both had begun and goes with its question, though some of it could be read;
    the other one still waits."""
    first, second = await in_line(chat, generator, "m1", "m2")
    generator.script = [[*([written] if written else []), asyncio.Event()]]
    seen: list[ReplyEvent] = []

    async def follow() -> None:
        async for event in chat.respond(incoming("m3")):
            seen.append(event)

    third = asyncio.create_task(follow())
    await until_waiting(chat, 2)
    generator.gate.set()
    await until_running(generator, requests=2)
    await until(lambda: len(seen) == 1 + bool(written))
    await chat.deleted(CHANNEL, "m3")
    await third
    assert seen[-1] == ReplyEnd(written, FinishReason.GONE)
    assert (await first, await second) == ("m1", "m2")
    assert await store.unanswered("console") == []


async def test_who_gave_way_is_answered_though_the_deletion_is_told_late(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The newer question is gone from the database before its turn knows of that."""
    first, second, third = await in_line(chat, generator, "m1", "m2", "m3")
    await store.delete_message(CHANNEL, "m3")
    generator.gate.set()
    assert [await first, await second, await third] == ["m1", "m2", ""]


async def test_a_stop_takes_nothing_from_who_cancels_the_reader(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Both at once: the reply ends, and its task is cancelled as it was asked to be."""
    generator.gate.clear()
    reply = asyncio.create_task(read(chat.respond(incoming("m1"))))
    await until_running(generator)
    assert await chat.stop(CHANNEL)
    reply.cancel()
    await asyncio.wait([reply])
    assert reply.cancelled() and generator.running == 0


async def test_a_stop_leaves_its_readers_task_as_it_was(
    chat: Chat, generator: FakeGenerator
) -> None:
    """It can wait for other things, and be timed out, as if nothing had been."""
    generator.gate.clear()
    cancelling: list[int] = []

    async def follow() -> None:
        await read(chat.respond(incoming("m1")))
        task = asyncio.current_task()
        assert task is not None
        cancelling.append(task.cancelling())
        await asyncio.sleep(0)

    reply = asyncio.create_task(follow())
    await until_running(generator)
    assert await chat.stop(CHANNEL)
    await reply
    assert cancelling == [0] and generator.running == 0


async def test_no_task_is_made_for_a_word(
    chat: Chat, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply of a thousand words makes as many tasks as one of ten."""

    async def tasks(words: int) -> int:
        made: list[object] = []
        loop = asyncio.get_running_loop()

        def factory(loop: asyncio.AbstractEventLoop, work: object, **options: object) -> object:
            made.append(work)
            return asyncio.Task(work, loop=loop, **options)  # type: ignore[arg-type]  # as given

        loop.set_task_factory(factory)  # type: ignore[arg-type]  # its type is awkward
        generator.script = [["あ"] * words]
        await say(chat, f"{words} words")
        loop.set_task_factory(None)
        return len(made)

    await tasks(1)  # its conversation is new
    assert await tasks(10) == await tasks(1_000)


async def test_bots_that_answer_each_other_are_cut_off(chat: Chat, store: SqlStore) -> None:
    """After five, until a person speaks there, to whomever."""
    answers = [await say(chat, f"b{n}", by_bot=True) for n in range(8)]
    assert [bool(answer) for answer in answers] == [True] * 5 + [False] * 3
    elsewhere = replace(CHANNEL, channel="other")
    assert await say(chat, "b8", by_bot=True, conversation=elsewhere)
    assert await say(chat, "m1", addressed=False, author="person") == ""
    assert await say(chat, "b9", by_bot=True)


async def test_bots_that_open_a_thread_each_time_are_cut_off_too(chat: Chat) -> None:
    """They are counted where their messages stand, in the channel."""
    answers = [
        await say(
            chat,
            f"b{n}",
            by_bot=True,
            conversation=replace(CHANNEL, thread=f"b{n}"),
            opens_thread=True,
        )
        for n in range(7)
    ]
    assert [bool(answer) for answer in answers] == [True] * 5 + [False] * 2


async def test_a_bot_is_told_of_no_limit(store: SqlStore, generator: FakeGenerator) -> None:
    """It might answer that."""
    policy = Policy(per_user=RateLimiter(1))
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), policy=policy)
    assert await say(chat, "b1", by_bot=True)
    assert await say(chat, "b2", by_bot=True) == ""
    await store.opt_out("console", "u2", True)
    assert await say(chat, "b3", by_bot=True, author="u2") == ""
