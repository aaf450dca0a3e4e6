"""Two processes of the bot that share a database: one conversation, answered by both in turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.chat import Chat
from bot.messages import FinishReason, ReplyEnd, ReplyEvent, ReplyRestart
from bot.prompt import RinnaFormat
from bot.signals import Forgotten, Left, Missed
from storage.store import SqlStore
from tests.bot.test_chat import in_line, read, say, texts, until, until_running
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.wire import Wire
from tests.storage.processes import another_process, join, lapse


@dataclass(frozen=True, slots=True)
class One:
    """A process."""

    chat: Chat
    store: SqlStore
    generator: FakeGenerator


@pytest.fixture
def wire() -> Wire:
    """What they tell each other."""
    return Wire()


@pytest.fixture
async def both(store: SqlStore, wire: Wire) -> AsyncIterator[tuple[One, One]]:
    """Two of them."""

    def one(store: SqlStore) -> One:
        generator = FakeGenerator()
        prompts = RinnaFormat(CharacterTokenizer())
        return One(Chat(store, generator, prompts, signals=wire.end()), store, generator)

    await join(store)
    async with another_process(store) as second:
        yield one(store), one(second)


async def until_it_waits(one: One) -> None:
    """Wait until a process waits for another's reply."""
    await until(lambda: any(floor.elsewhere for floor in one.chat._floors.values()))


async def test_a_message_delivered_to_both_is_answered_by_one(both: tuple[One, One]) -> None:
    """The other has nothing to show."""
    answers = await asyncio.gather(*(say(one.chat, "m1", "はい") for one in both))
    assert sorted(answers) == ["", "はい"]
    assert sum(len(one.generator.requests) for one in both) == 1


async def test_a_question_waits_for_the_reply_that_another_process_writes(
    both: tuple[One, One],
) -> None:
    """However many processes there are, a conversation has one writer."""
    one, two = both
    (first,) = await in_line(one.chat, one.generator, "m1")
    second = asyncio.create_task(say(two.chat, "m2"))
    await until_it_waits(two)
    assert not two.generator.requests
    one.generator.gate.set()
    assert (await first, await second) == ("m1", "m2")
    assert await texts(one.store) == ["m1", "m2", "m1", "m2"]


async def test_what_nobody_tells_is_seen_all_the_same(
    both: tuple[One, One], wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal may be lost."""
    monkeypatch.setattr("bot.replies.LOOK_SECONDS", 0.05)
    wire.cut = True
    one, two = both
    (first,) = await in_line(one.chat, one.generator, "m1")
    second = asyncio.create_task(say(two.chat, "m2"))
    await until_it_waits(two)
    one.generator.gate.set()
    assert (await first, await second) == ("m1", "m2")


async def test_what_waits_for_another_process_is_answered_together(
    both: tuple[One, One],
) -> None:
    """As what waits in one process is."""
    one, two = both
    (first,) = await in_line(one.chat, one.generator, "m1")
    second = asyncio.create_task(say(two.chat, "m2"))
    await until_it_waits(two)
    third = asyncio.create_task(say(two.chat, "m3"))
    await until(lambda: any(floor.waiting for floor in two.chat._floors.values()))
    one.generator.gate.set()
    assert [await first, await second, await third] == ["m1", "", "m3"]
    assert len(two.generator.requests) == 1


async def test_a_process_that_is_no_more_keeps_nobody_waiting(both: tuple[One, One]) -> None:
    """Its reply is written by who waits with the same question; it says no word more."""
    one, two = both
    (dead,) = await in_line(one.chat, one.generator, "m1")
    heir = asyncio.create_task(say(two.chat, "m1"))
    await until_it_waits(two)
    await lapse(one.store)
    two.chat._heard(Left())
    assert await heir == "m1"
    one.generator.gate.set()
    with pytest.raises(AssertionError):  # it ends without an end to show
        await dead
    assert await texts(one.store) == ["m1", "m1"]


@pytest.mark.parametrize("begun", [False, True])
async def test_stop_reaches_the_process_that_writes(both: tuple[One, One], begun: bool) -> None:
    """Who asks is told the truth."""
    one, two = both
    one.generator.script = [[*(["はい"] if begun else []), asyncio.Event()]]
    assert not await two.chat.stop(CHANNEL)
    reply = asyncio.create_task(read(one.chat.respond(incoming("m1"))))
    await until_running(one.generator)
    assert await two.chat.stop(CHANNEL)
    assert (await reply)[-1] == ReplyEnd("はい" if begun else "", FinishReason.STOPPED)
    assert not await two.chat.stop(CHANNEL)


async def test_who_stops_while_waiting_stops_what_is_written(both: tuple[One, One]) -> None:
    """And what waits is answered."""
    one, two = both
    one.generator.script = [["はい", asyncio.Event()]]
    reply = asyncio.create_task(read(one.chat.respond(incoming("m1"))))
    await until_running(one.generator)
    second = asyncio.create_task(say(two.chat, "m2"))
    await until_it_waits(two)
    assert await two.chat.stop(CHANNEL)
    assert (await reply)[-1] == ReplyEnd("はい", FinishReason.STOPPED)
    assert await second == "m2"


async def test_an_edit_elsewhere_begins_the_reply_anew(both: tuple[One, One]) -> None:
    """With what the message says now."""
    one, two = both
    one.generator.script = [["古い", asyncio.Event()]]
    seen = list[ReplyEvent]()

    async def follow() -> None:
        async for event in one.chat.respond(incoming("m1", "前")):
            seen.append(event)

    reply = asyncio.create_task(follow())
    await until(lambda: len(seen) == 2)
    assert await two.chat.edited(incoming("m1", "後"))
    await reply
    assert ReplyRestart() in seen and seen[-1] == ReplyEnd("後", FinishReason.END)
    assert await texts(one.store) == ["後", "後"]


async def test_a_deletion_elsewhere_stops_the_reply(both: tuple[One, One]) -> None:
    """And what was said is in no process's memory."""
    one, two = both
    one.generator.script = [["はい", asyncio.Event()]]
    reply = asyncio.create_task(read(one.chat.respond(incoming("m1"))))
    await until_running(one.generator)
    await two.chat.deleted(CHANNEL, "m1")
    assert (await reply)[-1] == ReplyEnd("はい", FinishReason.GONE)
    here = str(await one.store.find(CHANNEL))
    assert one.generator.forgotten == two.generator.forgotten == [{here}]


async def test_a_deleted_question_waits_for_nobody(both: tuple[One, One]) -> None:
    """While another process writes there."""
    one, two = both
    (first,) = await in_line(one.chat, one.generator, "m1")
    second = asyncio.create_task(say(two.chat, "m2"))
    await until_it_waits(two)
    await one.chat.deleted(CHANNEL, "m2")
    assert await second == ""
    one.generator.gate.set()
    assert await first == "m1"


async def test_a_person_is_forgotten_by_every_process(both: tuple[One, One], wire: Wire) -> None:
    """Also where a platform remembers them."""
    one, two = both
    forgotten = list[tuple[str, str]]()
    one.chat.when_forgotten(lambda *who: forgotten.append(who))
    await say(one.chat, "m1")
    await two.chat.forget_member("console", "u1")
    await until(lambda: bool(one.generator.forgotten))
    assert forgotten == [("console", "u1")]
    assert wire.told[-1] == Forgotten("console", "u1")


async def test_who_may_have_missed_something_keeps_nothing(both: tuple[One, One]) -> None:
    """It may have been that something is to be forgotten."""
    one, _ = both
    one.chat._heard(Missed())
    assert one.generator.forgotten == [None]


async def test_a_reply_is_written_anew_once_another_process_has_ended_its_own(
    both: tuple[One, One],
) -> None:
    """It is the newest that is taken back."""
    one, two = both
    await say(two.chat, "m1")
    (reply,) = await in_line(one.chat, one.generator, "m2")
    again = asyncio.create_task(read(two.chat.regenerate(CHANNEL)))
    await until_it_waits(two)
    two.generator.script = [["別の"]]
    one.generator.gate.set()
    assert await reply == "m2"
    assert (await again)[-1] == ReplyEnd("別の", FinishReason.END)
    assert await texts(two.store) == ["m1", "m1", "m2", "別の"]


async def test_what_could_not_be_closed_is_closed_for_who_waits(
    both: tuple[One, One], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was away when it ended."""
    monkeypatch.setattr("bot.replies.LOOK_SECONDS", 60.0)  # it is told, and need not look
    one, two = both
    stored = await one.store.add_message(incoming("m1"))
    await one.store.start_reply(stored.conversation_id, stored.message_id)
    async with asyncio.timeout(20):
        assert await say(two.chat, "m2") == "m2"
