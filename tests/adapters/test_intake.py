"""A message comes in: one contract, over both platforms' servers and their real clients.

Nothing is looked at but what people do and see, and what the store holds. Where nothing is to
happen, something later happens that would have come after it: a marker is answered, the bot comes
to its end.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters import streaming
from bot.errors import BotError
from bot.messages import Queued
from bot.policy import MODE, Mode
from storage.store import SqlStore
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.stage import PATIENCE, Place, Stage
from tests.fakes.generator import FakeGenerator

HINT = "Yes?"
everywhere = pytest.mark.parametrize("stage", ["discord", "slack", "slack-http"], indirect=True)


def failing(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, times: int) -> None:
    """Let a method of the store fail so often."""
    real, errors = getattr(SqlStore, name), [error] * times

    async def fails(*arguments: Any, **options: Any) -> Any:
        if errors:
            raise errors.pop()
        return await real(*arguments, **options)

    monkeypatch.setattr(SqlStore, name, fails)


async def ended(stage: Stage, place: Place, author: object) -> list[str]:
    """What stands in a place when everything was looked at, a marker answered, and the bot ended;
    without the marker."""
    await stage.marked(place, author)
    await stage.stop()
    texts = stage.texts(place)
    assert texts.count("最後") == 1
    return [text for text in texts if text != "最後"]


async def test_what_is_said_in_a_place_is_kept_as_it_came_although_one_message_is_looked_up(
    stage: Stage,
) -> None:
    """Nothing overtakes a message about which the platform must be asked."""
    tanaka, suzuki = stage.person("田中"), stage.person("鈴木")
    channel, other = stage.channel(tanaka, suzuki), stage.channel(tanaka, suzuki)
    thread = stage.thread(channel, suzuki)
    await stage.start()
    first = stage.ask(thread, suzuki, "はじめ")
    await stage.answered(thread, "はじめ")
    with stage.slow(thread, tanaka, "一番") as hold:
        async with asyncio.timeout(PATIENCE):
            await hold.reached.wait()
        stage.ask(thread, suzuki, "二番")
        await stage.marked(other, suzuki)
    await stage.answered(thread, "二番")
    kept = await stage.until_kept(first, lambda kept: sum("番" in each for each in kept) >= 2)
    asked = [each for each in kept if "番" in each]
    assert "一番" in asked[0]


@everywhere
@pytest.mark.parametrize("shape", [0, 1])
async def test_what_is_delivered_again_in_whatever_shape_is_answered_once(
    stage: Stage, generator: FakeGenerator, shape: int
) -> None:
    """While its reply is written, after it, by the next process, and from the history."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    generator.gate.clear()
    said = stage.ask(channel, tanaka, "一度だけ")
    stage.again(said, shape)
    await stage.until(lambda: generator.running)
    stage.again(said, shape)
    generator.gate.set()
    await stage.answered(channel, "一度だけ")
    stage.again(said, shape)
    await stage.marked(channel, tanaka, "まだ")
    await stage.stop()
    await stage.store.set_setting(stage.own, "seen", None)  # all of the history is read
    read = stage.histories()
    await stage.start()
    stage.again(said, shape)
    await stage.until(lambda: stage.histories() > read)
    assert await ended(stage, channel, tanaka) == ["一度だけ", "まだ"]


async def test_who_may_not_write_directly_is_told_so_once(stage: Stage) -> None:
    """However often they write, and whatever is delivered again."""
    stage.options["direct_messages"] = "nobody"
    tanaka = stage.person("田中")
    direct, channel = stage.dm(tanaka), stage.channel(tanaka)
    await stage.start()
    said = stage.say(direct, tanaka, "ねえ")
    await stage.until(lambda: stage.texts(direct))
    stage.again(said)
    stage.say(direct, tanaka, "ねえってば")
    await ended(stage, channel, tanaka)
    (told,) = stage.texts(direct)
    assert "do not take direct messages" in told


@everywhere
async def test_a_call_that_says_nothing_gets_one_hint(stage: Stage) -> None:
    """However often and in whatever shape it is delivered."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = stage.say(channel, tanaka, stage.bot)
    stage.again(said)
    await stage.until(lambda: stage.texts(channel))
    stage.again(said, 1)
    (hint,) = await ended(stage, channel, tanaka)
    assert HINT in hint


async def test_a_call_right_after_ones_own_message_asks_about_that_message(stage: Stage) -> None:
    """Nobody says it once more for the bot."""
    tanaka, suzuki = stage.person("田中"), stage.person("鈴木")
    channel = stage.channel(tanaka, suzuki)
    await stage.start()
    stage.say(channel, tanaka, "東京の天気は？")
    stage.say(channel, tanaka, stage.bot)
    answer = await stage.answered(channel, "東京の天気は？")
    stage.say(channel, suzuki, "大阪の天気は？")
    stage.say(channel, tanaka, stage.bot)  # somebody else's
    await stage.until(lambda: any(HINT in text for text in stage.texts(channel)))
    texts = await ended(stage, channel, tanaka)
    assert len(texts) == 2 and answer.text in texts


async def test_a_word_to_the_bot_about_what_its_author_just_passed_on_belongs_to_it(
    stage: Stage,
) -> None:
    """Where a platform lets nobody add a word to a forward."""
    tanaka, suzuki = stage.person("田中"), stage.person("鈴木")
    channel = stage.channel(tanaka)
    await stage.start()
    stage.forward(channel, tanaka, suzuki, f"{stage.bot} 明日は雨だそうです")
    stage.ask(channel, tanaka, "本当？")
    await stage.answered(channel, "本当？")
    (answer,) = await ended(stage, channel, tanaka)
    assert "明日は雨だそうです" in answer


async def test_what_was_said_in_a_thread_before_the_bot_was_asked_there_is_not_answered(
    stage: Stage,
) -> None:
    """Also where it arrives late; what is said afterwards is, without a mention."""
    tanaka = stage.person("田中")
    thread = stage.thread(stage.channel(tanaka), tanaka)
    await stage.start()
    early = stage.say(thread, tanaka, "前の話")
    with stage.held() as late:
        stage.say(thread, tanaka, "遅れた話")
    stage.later()
    stage.ask(thread, tanaka, "はじめ")
    await stage.answered(thread, "はじめ")
    stage.again(early)
    stage.deliver(late)
    stage.say(thread, tanaka, "つづき")
    await stage.answered(thread, "つづき")
    assert await ended(stage, thread, tanaka) == ["はじめ", "つづき"]


@pytest.mark.parametrize("whom", ["everybody", "somebody"])
async def test_what_is_said_to_others_where_the_bot_has_spoken_is_theirs(
    stage: Stage, whom: str
) -> None:
    """A thread in which it answers everything else."""
    tanaka, suzuki = stage.person("田中"), stage.person("鈴木")
    thread = stage.thread(stage.channel(tanaka, suzuki), tanaka)
    await stage.start()
    stage.ask(thread, tanaka, "はじめ")
    await stage.answered(thread, "はじめ")
    mention = stage.everyone if whom == "everybody" else stage.mention(suzuki)
    stage.say(thread, tanaka, f"{mention} 聞いて")
    assert await ended(stage, thread, tanaka) == ["はじめ"]


async def test_a_message_of_the_bots_own_user_is_never_taken_in(stage: Stage) -> None:
    """In whatever shape it is delivered or read, and where everything else is answered."""
    tanaka = stage.person("田中")
    direct, channel = stage.dm(tanaka), stage.channel(tanaka)
    thread = stage.thread(stage.channel(tanaka), tanaka)
    await stage.start()
    where = (direct, channel, thread)
    for place in where:
        said = stage.ask(place, tanaka, "やあ")
        if place is channel:
            await stage.store.set_setting(stage.key(said), MODE, Mode.ALWAYS)
        await stage.answered(place, "やあ")
    stage.disguise()
    for place in where:
        for shown in stage.shown(place):
            stage.again_own(shown)
        await stage.marked(place, tanaka, "まだ")
    await stage.stop()
    await stage.store.set_setting(stage.own, "seen", None)
    read = stage.histories()
    await stage.start()
    await stage.until(lambda: stage.histories() > read)
    for place in where:
        for shown in stage.shown(place):
            stage.again_own(shown)
        await stage.marked(place, tanaka)
    await stage.stop()
    for place in where:
        assert stage.texts(place) == ["やあ", "まだ", "最後"]


@everywhere
async def test_an_edit_that_makes_a_message_the_bots_is_answered_once(stage: Stage) -> None:
    """Like a new one; also where the platform tells of the mention as such, too."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = stage.say(channel, tanaka, "天気は？")
    await stage.marked(channel, tanaka, "まだ")
    stage.edit(said, f"{stage.bot} 天気は？")
    stage.again(said, 1)
    await stage.answered(channel, "天気は？")
    stage.edit(said, f"{stage.bot} お天気は？")
    stage.again(said)
    assert sorted(await ended(stage, channel, tanaka)) == ["まだ", "天気は？"]


async def test_an_edit_that_takes_the_mention_away_stops_the_reply(
    stage: Stage, generator: FakeGenerator
) -> None:
    """What it says now was not said to the bot."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    never = asyncio.Event()
    generator.script = [["はじめ", never]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: stage.texts(channel))
    stage.edit(said, "やっぱりいい")
    await stage.until(lambda: not generator.running)
    (reply,) = await ended(stage, channel, tanaka)
    assert reply.startswith("はじめ") and "stopped" in reply


async def test_an_edit_of_a_question_begins_its_reply_anew(
    stage: Stage, generator: FakeGenerator
) -> None:
    """In the same message."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [["はじめ", asyncio.Event()]]
    await stage.start()
    said = stage.ask(channel, tanaka, "東京")
    await stage.until(lambda: stage.texts(channel))
    stage.edit(said, f"{stage.bot} 大阪")
    await stage.answered(channel, "大阪")
    assert await ended(stage, channel, tanaka) == ["大阪"]


@pytest.mark.parametrize(("first", "notice"), [("", HINT), ("/hepl", "no command /hepl")])
async def test_an_edit_of_what_got_only_a_notice_is_looked_at_anew(
    stage: Stage, first: str, notice: str
) -> None:
    """A call that said nothing, a command that there is not: corrected, it is answered once."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = stage.ask(channel, tanaka, first)
    await stage.until(lambda: stage.texts(channel))
    stage.edit(said, f"{stage.bot} 元気？")
    await stage.answered(channel, "元気？")
    stage.again(said)
    told, answer = await ended(stage, channel, tanaka)
    assert notice in told and answer == "元気？"


async def test_an_edit_that_makes_a_question_a_command_gives_that(
    stage: Stage, generator: FakeGenerator
) -> None:
    """The model is not asked what a command means, nor is the question kept."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [["はじめ", asyncio.Event()]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: stage.texts(channel))
    stage.edit(said, f"{stage.bot} /mode")
    await stage.until(lambda: any("Mode here" in text for text in stage.texts(channel)))
    await stage.until(lambda: not generator.running)
    await stage.until_kept(said, lambda kept: "話して" not in kept and "/mode" not in kept)
    reply, told = await ended(stage, channel, tanaka)
    assert "stopped" in reply and "Mode here" in told
    assert len(generator.requests) == 2  # the marker's is the second


async def test_an_edit_to_nothing_is_a_deletion(stage: Stage) -> None:
    """What is edited away is not kept."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = await stage.remembered(channel, tanaka, "秘密")
    stage.edit(said, stage.bot)
    await stage.until_kept(said, lambda kept: kept == ["秘密"])  # the bot's own
    assert await ended(stage, channel, tanaka) == ["秘密"]


async def test_a_question_that_is_deleted_while_it_is_answered_stops_the_reply(
    stage: Stage, generator: FakeGenerator
) -> None:
    """What people could read stays, marked as stopped."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [["はじめ", asyncio.Event()]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: stage.texts(channel))
    stage.delete(said)
    await stage.until(lambda: not generator.running)
    (reply,) = await ended(stage, channel, tanaka)
    assert reply.startswith("はじめ") and "stopped" in reply


async def test_a_question_that_is_deleted_before_anything_was_shown_leaves_nothing(
    stage: Stage, generator: FakeGenerator
) -> None:
    """Neither a reply nor a mark that one was stopped."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [[asyncio.Event()]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: generator.running)
    stage.delete(said)
    await stage.until(lambda: not generator.running)
    assert await ended(stage, channel, tanaka) == []


async def test_a_question_that_is_deleted_while_it_waits_in_line_leaves_nothing(
    stage: Stage, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place in the line goes with it."""
    monkeypatch.setattr(streaming, "QUEUE_PATIENCE", 0.01)
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [[Queued(3, 60.0), asyncio.Event()]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: any("⏳" in text for text in stage.texts(channel)))
    stage.delete(said)
    await stage.until(lambda: not stage.texts(channel))
    assert await ended(stage, channel, tanaka) == []


async def test_a_look_up_of_people_that_fails_drops_no_message(stage: Stage) -> None:
    """Of what is said now."""
    tanaka = stage.person("田中")
    stage.look_up(tanaka)
    channel = stage.channel(tanaka)
    await stage.start()
    stage.fail_look_ups(10)
    stage.ask(channel, tanaka, "聞こえる？")
    await stage.answered(channel, "聞こえる？")


async def test_what_is_told_of_after_its_deletion_is_not_answered(stage: Stage) -> None:
    """Neither the message itself, nor an edit of it: platforms promise no order."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    with stage.held() as said:
        first, second = (stage.ask(channel, tanaka, text) for text in ("一番", "二番"))
    with stage.held() as edited:
        stage.edit(second, f"{stage.bot} 二番目")
    with stage.held() as deleted:
        stage.delete(first)
        stage.delete(second)
    stage.deliver([*deleted, *said, *edited])
    assert await ended(stage, channel, tanaka) == []


async def test_what_was_deleted_and_is_delivered_to_the_next_process_is_not_answered(
    stage: Stage,
) -> None:
    """A platform that did not hear that an event had come delivers it once more."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = await stage.remembered(channel, tanaka, "秘密")
    stage.delete(said)
    await stage.until_kept(said, lambda kept: kept == ["秘密"])  # the bot's own
    await stage.stop()
    await stage.start()
    stage.again(said)
    assert await ended(stage, channel, tanaka) == ["秘密"]
    assert (await stage.kept(said)).count("秘密") == 1


async def test_an_edit_that_is_told_of_twice_gives_its_command_once(stage: Stage) -> None:
    """As such and as a mention, or once more because a link in it was unfolded."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = stage.ask(channel, tanaka, "/hepl")
    await stage.until(lambda: stage.texts(channel))
    with stage.held() as edited:
        stage.edit(said, f"{stage.bot} /mode")
        stage.again(said, 1)
    stage.deliver([*edited, *edited])
    await stage.until(lambda: any("Mode here" in text for text in stage.texts(channel)))
    told = await ended(stage, channel, tanaka)
    assert sum("Mode here" in text for text in told) == 1


async def test_two_edits_in_one_second_count_both(stage: Stage) -> None:
    """Whatever the platform tells of their moment."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = stage.ask(channel, tanaka, "一番")
    await stage.answered(channel, "一番")
    stage.edit(said, f"{stage.bot} 二番")
    stage.edit(said, f"{stage.bot} 三番")
    await stage.until_kept(said, lambda kept: "三番" in kept)
    await ended(stage, channel, tanaka)


@pytest.mark.parametrize("method", ["delete_message", "edit_message", "known"])
async def test_a_busy_database_loses_no_change(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """What somebody took back is not kept because of a moment."""
    monkeypatch.setattr("adapters.intake.TRY_AGAIN", (0.0, 0.0))
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = await stage.remembered(channel, tanaka, "秘密")
    failing(monkeypatch, method, BotError("The database is busy.", "使用中です。"), 2)
    if method == "delete_message":
        stage.delete(said)
    else:
        stage.edit(said, f"{stage.bot} なし")
    await stage.until_kept(said, lambda kept: "秘密" not in kept[:1] or len(kept) == 1)
    await ended(stage, channel, tanaka)


@pytest.mark.parametrize("stage", ["discord"], indirect=True)  # where a moderator deletes many
async def test_one_of_many_deletions_that_fails_leaves_no_other_undone(
    stage: DiscordStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database did not take the first one in, however often it was tried."""
    monkeypatch.setattr("adapters.intake.TRY_AGAIN", (0.0, 0.0))
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = [stage.ask(channel, tanaka, text) for text in ("一番", "二番", "三番")]
    await stage.answered(channel, "三番")
    await stage.until_kept(said[0], lambda kept: {"一番", "二番", "三番"} <= set(kept))
    failing(monkeypatch, "delete_message", BotError("The database is busy.", "使用中です。"), 3)
    stage.server.user_deletes(*[each.native for each in said])
    left = [sum(each.text == text for each in stage.shown(channel)) for text in ("二番", "三番")]
    await stage.until_kept(said[0], lambda kept: [kept.count("二番"), kept.count("三番")] == left)
    assert "一番" in await stage.kept(said[0])
    await stage.stop()


@pytest.mark.parametrize("method", ["known", "add_message"])
async def test_who_asks_is_told_where_nobody_foresaw_what_went_wrong(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Once; and what they ask after that is answered."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    failing(monkeypatch, method, RuntimeError("a fault"), 1)
    said = stage.ask(channel, tanaka, "質問")
    await stage.until(lambda: stage.texts(channel))
    stage.again(said)
    (told,) = await ended(stage, channel, tanaka)
    assert "Something went wrong" in told


@pytest.mark.parametrize("error", [BotError("Busy.", "使用中です。"), RuntimeError("a fault")])
async def test_a_reply_of_which_only_the_note_failed_that_it_is_shown_gets_no_apology(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Who asked has it."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    failing(monkeypatch, "mark_delivered", error, 1)
    stage.ask(channel, tanaka, "質問")
    await stage.answered(channel, "質問")
    assert await ended(stage, channel, tanaka) == ["質問"]
