"""Replies in a channel that asks for a level: what is shown, kept, and said below."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from bot.chat import Chat
from bot.errors import BotError, EmptyReply
from bot.level import LEVEL, LEVELS, Held, level_in
from bot.messages import FinishReason, ReplyEnd, ReplyEvent, ReplyRestart, TextDelta
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.bot.conftest import PREAMBLE
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.leveller import FakeLeveller


@pytest.fixture
def leveller() -> FakeLeveller:
    """Counts 難."""
    return FakeLeveller()


@pytest.fixture
async def chat(store: SqlStore, generator: FakeGenerator, leveller: FakeLeveller) -> Chat:
    """A chat whose channel is set to N4, with three candidates a reply."""
    await store.set_setting(CHANNEL, LEVEL, "n4")
    prompts = RinnaFormat(CharacterTokenizer())
    return Chat(store, generator, prompts, preamble=PREAMBLE, held=Held(leveller, 3))


async def read(events: AsyncGenerator[ReplyEvent, None]) -> ReplyEnd:
    """The end of a reply whose text came as it says."""
    text, end = "", None
    async for event in events:
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, ReplyRestart):
            text = ""
        elif isinstance(event, ReplyEnd):
            end = event
    assert end is not None and text.rstrip() == end.text
    return end


async def remembered(store: SqlStore) -> list[str]:
    """What the next prompt is made of."""
    here = await store.find(CHANNEL)
    assert here is not None
    return [message.text for message in await store.history(here, limit=9)]


async def until_asked(generator: FakeGenerator, requests: int) -> None:
    """Wait until so many replies were asked for."""
    async with asyncio.timeout(30):
        while len(generator.requests) < requests:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_the_easiest_candidate_is_shown_and_stored(
    chat: Chat, store: SqlStore, generator: FakeGenerator, leveller: FakeLeveller
) -> None:
    """Its footnote is shown, and neither stored nor in the next prompt."""
    generator.script = [["難難"], ["難"], ["難難難"]]
    end = await read(chat.respond(incoming("m1")))
    assert end == ReplyEnd("難", FinishReason.END, "n4: 1 *above*\n難 = hard")
    assert await remembered(store) == ["m1", "難"]
    assert {level for level, _ in leveller.judged} == {"n4"}
    await read(chat.respond(incoming("m2")))
    assert "above" not in generator.requests[-1].prompt.text


async def test_where_no_level_is_set_replies_are_as_ever(
    chat: Chat, store: SqlStore, generator: FakeGenerator, leveller: FakeLeveller
) -> None:
    """One is written, word by word, with nothing below it."""
    await store.set_setting(CHANNEL, LEVEL, None)
    end = await read(chat.respond(incoming("m1", "難しい")))
    assert end == ReplyEnd("難しい", FinishReason.END)
    assert len(generator.requests) == 1 and not leveller.judged


async def test_without_a_leveller_a_level_changes_nothing(
    store: SqlStore, generator: FakeGenerator
) -> None:
    """Study is not installed here any more."""
    await store.set_setting(CHANNEL, LEVEL, "n4")
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()))
    assert await read(chat.respond(incoming("m1"))) == ReplyEnd("m1", FinishReason.END)
    assert len(generator.requests) == 1


async def test_a_level_that_is_none_changes_nothing(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """As a later version, or somebody else, may have stored it."""
    await store.set_setting(CHANNEL, LEVEL, "n9")
    assert (await read(chat.respond(incoming("m1")))).footnote == ""
    assert len(generator.requests) == 1
    assert [level_in({LEVEL: level}) for level in LEVELS] == list(LEVELS)


async def test_a_stop_ends_all_candidates_at_once(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Nothing was shown, so nothing is kept of them, nor said below."""
    generator.script = [["難", asyncio.Event()], ["はい"], ["はい", asyncio.Event()]]
    reading = asyncio.create_task(read(chat.respond(incoming("m1"))))
    await until_asked(generator, 3)
    assert await chat.stop(CHANNEL)
    assert await reading == ReplyEnd("", FinishReason.STOPPED)
    assert not generator.running and await remembered(store) == ["m1"]


async def test_an_edit_begins_all_candidates_anew(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """Each has the new question."""
    generator.script = [[asyncio.Event()], ["はい"], ["はい"]]
    reading = asyncio.create_task(read(chat.respond(incoming("m1", "前"))))
    await until_asked(generator, 3)
    assert await chat.edited(incoming("m1", "後"))
    assert (await reading).text == "後"
    assert len(generator.requests) == 6
    assert await remembered(store) == ["後", "後"]


async def test_a_reply_that_is_written_again_is_held_to_the_level_too(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """With a footnote of its own."""
    generator.script = [["難"], ["難"], ["難"], ["難難"], ["難難難"], ["はい"]]
    await read(chat.respond(incoming("m1")))
    end = await read(chat.regenerate(CHANNEL))
    assert end.text == "はい" and end.footnote.startswith("n4: 0")
    assert await remembered(store) == ["m1", "はい"]


@pytest.mark.parametrize("foreseen", [True, False])
async def test_a_leveller_that_fails_costs_no_reply(
    chat: Chat,
    generator: FakeGenerator,
    leveller: FakeLeveller,
    caplog: pytest.LogCaptureFixture,
    foreseen: bool,
) -> None:
    """The first candidate is shown, with nothing below; what an operator can mend is logged in a
    line."""
    error = BotError("no dictionary", "辞書がありません")
    leveller.problem = error if foreseen else RuntimeError("no dictionary")
    generator.script = [["難"], ["はい"], ["はい"]]
    assert await read(chat.respond(incoming("m1"))) == ReplyEnd("難", FinishReason.END)
    logged = [record for record in caplog.records if record.name in ("bot.level", "bot.candidates")]
    assert len(logged) == 2 and all((record.exc_info is None) is foreseen for record in logged)


async def test_where_no_candidate_says_anything_the_reply_is_empty(
    chat: Chat, generator: FakeGenerator
) -> None:
    """And it is said so, as without a level."""
    generator.script = [[], [], []]
    with pytest.raises(EmptyReply):
        await read(chat.respond(incoming("m1")))


async def test_a_message_is_answered_later_where_the_process_ends_before_anything_is_shown(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """However much of the candidates was written."""
    generator.script = [["難", asyncio.Event()], ["はい"], ["はい"]]
    reading = asyncio.create_task(read(chat.respond(incoming("m1"))))
    await until_asked(generator, 3)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert [message.platform_id for message in await store.unanswered("console")] == ["m1"]
    assert not generator.running
