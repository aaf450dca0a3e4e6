"""What was missed while the bot was away: one contract, over both platforms' servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.absence import SILENCE, Absence
from adapters.controls import Controls
from adapters.delivery import Deliveries
from adapters.intake import Intake
from adapters.outlet import Outlet
from adapters.said import Said
from bot.chat import Chat
from bot.errors import BotError
from bot.limits import TooFast
from bot.messages import ConversationKey
from bot.policy import Policy
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.adapters.stages.stage import PATIENCE, Place, Stage
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer

BUSY = BotError("The database is busy.", "データベースが使用中です。")
everywhere = pytest.mark.parametrize("stage", ["discord", "slack", "slack-http"], indirect=True)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be read is read again soon, and what was seen is noted often."""
    monkeypatch.setattr("adapters.absence.SEEN_SECONDS", 0.05)


def failing(
    monkeypatch: pytest.MonkeyPatch, name: str, times: int, error: Exception = BUSY
) -> list[str]:
    """Let a method of the store fail so often; how often it was asked."""
    real, asked = getattr(SqlStore, name), list[str]()

    async def fails(*arguments: Any, **options: Any) -> Any:
        asked.append(name)
        if len(asked) <= times:
            raise error
        return await real(*arguments, **options)

    monkeypatch.setattr(SqlStore, name, fails)
    return asked


async def until_seen(stage: Stage, before: object = None) -> None:
    """Wait until the bot has noted more of what it has seen."""
    async with asyncio.timeout(PATIENCE):
        while await stage.seen() == before:  # noqa: ASYNC110  the store tells nobody
            await asyncio.sleep(0.02)


async def ended(stage: Stage, *places: Place, author: object) -> list[list[str]]:
    """What stands in places when everything was looked at, and the bot has ended; without the
    markers."""
    for place in places:
        await stage.marked(place, author)
    await stage.stop()
    return [[text for text in stage.texts(place) if text != "最後"] for place in places]


@everywhere
async def test_what_was_said_while_it_was_away_is_answered_once(stage: Stage) -> None:
    """In channels, threads and direct messages; the next start answers nothing anew."""
    tanaka = stage.person("田中")
    channel, direct = stage.channel(tanaka), stage.dm(tanaka)
    thread = stage.thread(stage.channel(tanaka), tanaka)
    await stage.start()
    for place in (channel, direct, thread):
        stage.ask(place, tanaka, "前")
        await stage.answered(place, "前")
    await stage.stop()
    stage.ask(channel, tanaka, "留守中")
    stage.say(channel, tanaka, "ひとりごと")
    stage.say(direct, tanaka, "留守中")
    stage.say(thread, tanaka, "留守中")  # where it has spoken
    stage.say(thread, tanaka, f"{stage.everyone} みんな")
    await stage.start()
    for place in (channel, direct, thread):
        await stage.answered(place, "留守中")
    await stage.stop()
    await stage.store.set_setting(stage.own, "seen", None)
    read = stage.histories()
    await stage.start()
    await stage.until(lambda: stage.histories() > read)
    found = await ended(stage, channel, direct, thread, author=tanaka)
    assert found == [["前", "留守中"]] * 3


async def test_what_was_missed_is_taken_in_with_the_oldest_first(stage: Stage) -> None:
    """Several messages of one conversation."""
    tanaka = stage.person("田中")
    thread = stage.thread(stage.channel(tanaka), tanaka)
    await stage.start()
    first = stage.ask(thread, tanaka, "前")
    await stage.answered(thread, "前")
    await stage.stop()
    for text in ("一番", "二番", "三番"):
        stage.ask(thread, tanaka, text)
    await stage.start()
    await stage.answered(thread, "三番")
    await stage.stop()
    kept = await stage.kept(first)
    asked = list(dict.fromkeys(text for text in kept if "番" in text))
    assert asked == ["一番", "二番", "三番"]


async def test_a_history_that_cannot_be_read_is_read_again_later(stage: Stage, eager: None) -> None:
    """And until it could, nothing more counts as seen."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    stage.ask(channel, tanaka, "前")
    await stage.answered(channel, "前")
    await stage.stop()
    before = await stage.seen()
    stage.ask(channel, tanaka, "留守中")
    stage.fail_history(1_000_000)
    read = stage.histories()
    await stage.start()
    await stage.until(lambda: stage.histories() >= read + 2)
    assert await stage.seen() == before
    stage.relent()
    await stage.answered(channel, "留守中")
    await until_seen(stage, before)
    assert await ended(stage, channel, author=tanaka) == [["前", "留守中"]]


async def test_what_could_not_be_read_until_the_end_is_for_the_next_start(stage: Stage) -> None:
    """The process that failed to read it leaves no note that it was seen."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    stage.ask(channel, tanaka, "留守中")
    stage.fail_history(1_000_000)
    await stage.start()
    await stage.until(stage.histories)
    await stage.stop()
    assert await stage.seen() is None
    stage.relent()
    await stage.start()
    await stage.answered(channel, "留守中")
    assert await ended(stage, channel, author=tanaka) == [["留守中"]]


@pytest.mark.parametrize("method", ["settings", "undelivered", "unanswered", "latest"])
async def test_a_busy_database_does_not_end_the_take_up(
    stage: Stage, eager: None, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """It is asked again, and until then nothing counts as seen."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    stage.ask(channel, tanaka, "留守中")
    with monkeypatch.context() as busy:
        tried = failing(busy, method, 1_000_000)
        starting = asyncio.create_task(stage.start())
        await stage.until(lambda: len(tried) >= 2)
    assert await stage.seen() is None
    await starting
    await stage.answered(channel, "留守中")
    await until_seen(stage)
    assert await ended(stage, channel, author=tanaka) == [["留守中"]]


async def test_what_nobody_foresaw_is_no_end_of_the_take_up(
    stage: Stage, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read again, and until then nothing counts as seen."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    stage.ask(channel, tanaka, "留守中")
    failing(monkeypatch, "latest", 2, RuntimeError("a fault"))
    await stage.start()
    await stage.answered(channel, "留守中")
    await until_seen(stage)
    assert await ended(stage, channel, author=tanaka) == [["留守中"]]


async def test_a_message_that_the_database_does_not_take_in_is_read_again(
    stage: Stage, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And keeps no other one from being answered."""
    tanaka = stage.person("田中")
    channel, other = stage.channel(tanaka), stage.channel(tanaka)
    stage.ask(channel, tanaka, "留守中")
    stage.ask(other, tanaka, "留守中")
    failing(monkeypatch, "add_message", 1)
    await stage.start()
    await stage.answered(channel, "留守中")
    await stage.answered(other, "留守中")
    assert await ended(stage, channel, other, author=tanaka) == [["留守中"], ["留守中"]]


async def test_what_was_too_much_at_once_is_taken_up_later(
    stage: Stage, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that was said while it was away comes at once: nobody is to lose a question by that."""
    count, refused = Policy.count, list[Any]()

    def first_refused(self: Policy, *given: Any) -> None:
        if not refused:
            refused.append(given)
            raise TooFast(1.0, 1)
        count(self, *given)

    monkeypatch.setattr(Policy, "count", first_refused)
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    stage.ask(channel, tanaka, "留守中")
    await stage.start()
    await stage.answered(channel, "留守中")
    assert refused
    assert await ended(stage, channel, author=tanaka) == [["留守中"]]


async def test_what_is_not_stored_yet_does_not_count_as_seen(
    stage: Stage, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is cut off while it looks somebody up leaves their question to the next."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    await until_seen(stage)
    noted = failing(monkeypatch, "set_setting", 0)
    with stage.slow(channel, tanaka, "聞こえる？") as hold:
        async with asyncio.timeout(PATIENCE):
            await hold.reached.wait()
        asked, before = datetime.now(UTC), len(noted)
        await stage.until(lambda: len(noted) >= before + 2)
        seen = await stage.seen()
        assert seen is not None and seen <= asked
        await stage.kill()
    await stage.start()
    await stage.answered(channel, "聞こえる？")
    ((reply,),) = await ended(stage, channel, author=tanaka)
    assert "聞こえる？" in reply


async def test_a_bare_call_of_before_is_about_what_stood_before_it(stage: Stage) -> None:
    """Not about what others have said since, by the time that it is read."""
    tanaka, suzuki = stage.person("田中"), stage.person("鈴木")
    channel = stage.channel(tanaka, suzuki)
    stage.say(channel, tanaka, "天気は？")
    stage.later()
    stage.say(channel, tanaka, stage.bot)
    with stage.hold_history() as hold:
        await stage.start()
        async with asyncio.timeout(PATIENCE):
            await hold.reached.wait()
        await stage.marked(channel, suzuki, "途中")
    await stage.answered(channel, "天気は？")
    await stage.stop()


@pytest.fixture
def alone(store: SqlStore, generator: FakeGenerator) -> Absence:
    """An absence of no platform: nothing was missed, and nothing comes in."""
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()))
    deliveries = Deliveries(chat, 0.01)
    intake = Intake(chat, deliveries, Controls(chat, deliveries))
    return Absence(chat, deliveries, intake, NothingMissed(), 60)


class NothingMissed:
    """A platform's past in which nothing was said. `asked`: since when it was asked for."""

    own = ConversationKey("nowhere", "", "")
    part = ""

    def __init__(self) -> None:
        self.asked: list[datetime] = []

    async def missed(self, since: datetime) -> AsyncGenerator[Said, None]:
        """Nothing."""
        self.asked.append(since)
        for said in list[Said]():
            yield said

    def sees(self, key: ConversationKey) -> bool:
        """All of it."""
        return True

    async def outlet(self, key: ConversationKey, question: str) -> Outlet | None:
        """Nowhere."""
        return None


async def seen_by(absence: Absence) -> datetime | None:
    """What is noted, once what was begun is read."""
    await absence._deliveries._all_done(PATIENCE)
    await absence.note()
    found = (await absence._chat.store.settings(NothingMissed.own)).get("seen")
    return datetime.fromisoformat(found) if found else None


async def test_a_connection_that_comes_back_while_it_ends_notes_nothing(alone: Absence) -> None:
    """What is said from then on is for the next start."""
    alone.connected()
    assert await seen_by(alone) is not None
    await alone.end()
    before = await seen_by(alone)
    alone.lost()
    alone.connected()
    assert await seen_by(alone) == before


async def test_what_a_silent_connection_may_have_missed_is_read(alone: Absence) -> None:
    """It was dead for a while before anybody knew: what was noted meanwhile does not count."""
    past = alone._past
    assert isinstance(past, NothingMissed)
    alone.connected()
    seen = await seen_by(alone)
    alone.lost()
    alone.connected(missed=True)
    await seen_by(alone)
    assert seen is not None and past.asked[-1] < seen - SILENCE


async def test_two_connections_that_become_ready_do_not_read_side_by_side(stage: Stage) -> None:
    """What was missed is answered once all the same."""
    tanaka = stage.person("田中")
    channel, other = stage.channel(tanaka), stage.channel(tanaka)
    stage.ask(channel, tanaka, "留守中")
    with stage.hold_history() as hold:
        await stage.start()
        async with asyncio.timeout(PATIENCE):
            await hold.reached.wait()
        for _ in range(2):
            connects = stage.connects()
            stage.connect_anew()
            await stage.until(lambda connects=connects: stage.connects() > connects)  # type: ignore[misc]
        await stage.marked(other, tanaka, "途中")
        assert hold.waiting == 1
    await stage.answered(channel, "留守中")
    found = await ended(stage, channel, other, author=tanaka)
    assert found == [["留守中"], ["途中"]]


async def test_a_reply_that_was_cut_off_half_shown_is_completed_by_the_next_start(
    stage: Stage, generator: FakeGenerator
) -> None:
    """In the messages in which it stands."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [["途中", asyncio.Event()]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: stage.texts(channel))
    await stage.kill()
    generator.script = [["途中から最後まで"]]
    await stage.start()
    await stage.answered(channel, "途中から最後まで")
    stage.again(said)
    assert await ended(stage, channel, author=tanaka) == [["途中から最後まで"]]


async def test_who_waited_when_it_was_cut_off_is_answered_too(
    stage: Stage, generator: FakeGenerator
) -> None:
    """And the reply that was half shown is completed: nothing takes its place."""
    tanaka = stage.person("田中")
    thread = stage.thread(stage.channel(tanaka), tanaka)
    generator.script = [["途中", asyncio.Event()]]
    await stage.start()
    first = stage.ask(thread, tanaka, "一番")
    await stage.until(lambda: stage.texts(thread))
    stage.ask(thread, tanaka, "二番")
    await stage.until_kept(first, lambda kept: "二番" in kept)
    await stage.kill()
    generator.script = [["途中から最後まで"], ["二番の答え"]]
    await stage.start()
    await stage.answered(thread, "二番の答え")
    found = await ended(stage, thread, author=tanaka)
    assert found == [["途中から最後まで", "二番の答え"]]


async def test_a_reply_that_was_stored_and_not_shown_is_shown_by_the_next_start(
    stage: Stage, generator: FakeGenerator
) -> None:
    """It is not written anew."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    ready = asyncio.Event()
    generator.script = [["はじめ", ready, "と終わり"]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: stage.texts(channel))
    with stage.hold_writing() as hold:
        ready.set()
        async with asyncio.timeout(PATIENCE):
            await hold.reached.wait()
        await stage.until_kept(said, lambda kept: "はじめと終わり" in kept)
        await stage.kill()
    await stage.start()
    await stage.answered(channel, "はじめと終わり")
    assert len(generator.requests) == 1
    assert await ended(stage, channel, author=tanaka) == [["はじめと終わり"]]


async def test_a_question_whose_reply_had_no_word_yet_is_answered_by_the_next_start(
    stage: Stage, generator: FakeGenerator
) -> None:
    """Whether it was cut off, or ended in order."""
    tanaka = stage.person("田中")
    channel, other = stage.channel(tanaka), stage.channel(tanaka)
    stage.grace = 0.01
    for end, place in ((stage.kill, channel), (stage.stop, other)):
        generator.script = [[asyncio.Event()]]
        await stage.start()
        stage.ask(place, tanaka, "話して")
        await stage.until(lambda: generator.running)
        await end()
    await stage.start()
    await stage.answered(channel, "話して")
    await stage.answered(other, "話して")
    stage.grace = 5.0
    found = await ended(stage, channel, other, author=tanaka)
    assert found == [["話して"], ["話して"]]


async def test_what_was_taken_back_while_it_was_away_is_not_answered(stage: Stage) -> None:
    """Nor what was changed to be nobody's."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    deleted, changed = (stage.ask(channel, tanaka, text) for text in ("消す", "変える"))
    stage.delete(deleted)
    stage.edit(changed, "変えた")
    await stage.start()
    await stage.until(stage.histories)
    assert await ended(stage, channel, author=tanaka) == [[]]


async def test_a_look_up_of_people_that_fails_drops_no_message_of_before(
    stage: Stage, eager: None
) -> None:
    """It is looked up again later."""
    tanaka = stage.person("田中")
    stage.look_up(tanaka)
    channel = stage.channel(tanaka)
    stage.ask(channel, tanaka, "留守中")
    stage.fail_look_ups(3)
    await stage.start()
    await stage.answered(channel, "留守中")
    assert await ended(stage, channel, author=tanaka) == [["留守中"]]


async def test_what_came_in_is_not_read_again_for_what_was_deleted_of_the_store(
    stage: Stage, eager: None
) -> None:
    """What was seen stays seen: what a person had forgotten is not answered anew."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    await stage.remembered(channel, tanaka, "秘密")
    await stage.store.forget_member(stage.name, str(tanaka.id))
    await stage.stop()
    await stage.store.set_setting(stage.own, "seen", None)
    await stage.start()
    suzuki = stage.person("鈴木")
    await stage.until(stage.histories)
    assert await ended(stage, channel, author=suzuki) == [["秘密"]]
