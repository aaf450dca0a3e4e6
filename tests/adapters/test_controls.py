"""What people do with replies beside reading them, and commands typed as text: one contract, over
both platforms' servers."""

from __future__ import annotations

import asyncio
import re

import pytest

from bot.messages import ConversationKey
from tests.adapters.stages.stage import PATIENCE, Place, Stage
from tests.fakes.generator import FakeGenerator

everywhere = pytest.mark.parametrize("stage", ["discord", "slack", "slack-http"], indirect=True)


async def until_told(stage: Stage, place: Place, person: object, text: str) -> None:
    """Wait until the bot has said something, to everybody or to this person alone."""
    await stage.until(
        lambda: any(text in told for told in [*stage.texts(place), *stage.told(place, person)])
    )


async def until_rated(stage: Stage, person: object, value: int) -> ConversationKey:
    """Wait until a person has rated one reply so; where."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await stage.store.ratings_of(stage.name, str(getattr(person, "id", "")))
            if [rating for _, rating, _ in found] == [value]:
                return found[0][0]
            await asyncio.sleep(0.02)


@everywhere
async def test_the_stop_button_stops_the_model_and_marks_the_reply(
    stage: Stage, generator: FakeGenerator
) -> None:
    """What there was of it is kept."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [["はじめ", asyncio.Event()]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: any(each.writing for each in stage.shown(channel)))
    stage.press(stage.shown(channel)[0], tanaka, "stop")
    await stage.until(lambda: not generator.running)
    await stage.until(lambda: "stopped" in stage.texts(channel)[0])
    assert stage.texts(channel)[0].startswith("はじめ")
    await stage.until_kept(said, lambda kept: kept == ["話して", "はじめ"])


async def test_the_regenerate_button_writes_the_reply_again_where_it_stands(
    stage: Stage, generator: FakeGenerator
) -> None:
    """The old one is gone, here and in the store."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [["一つ目"], ["二つ目"]]
    await stage.start()
    said = stage.ask(channel, tanaka, "話して")
    stage.press(await stage.answered(channel, "一つ目"), tanaka, "regenerate")
    await stage.answered(channel, "二つ目")
    await stage.until_kept(said, lambda kept: kept == ["話して", "二つ目"])
    await stage.stop()
    assert stage.texts(channel) == ["二つ目"]


async def test_a_reply_is_rated_by_its_buttons_and_a_person_may_think_again(stage: Stage) -> None:
    """One rating of each person and reply; also by another process than the one that wrote it."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = stage.ask(channel, tanaka, "やあ")
    reply = await stage.answered(channel, "やあ")
    stage.press(reply, tanaka, "good")
    assert await until_rated(stage, tanaka, 1) == stage.key(said)
    await stage.stop()
    await stage.start()
    stage.press(reply, tanaka, "bad")
    await until_rated(stage, tanaka, -1)


@everywhere
async def test_a_command_typed_after_a_mention_is_given_once_and_is_no_question(
    stage: Stage, generator: FakeGenerator
) -> None:
    """Whatever is delivered again."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = stage.ask(channel, tanaka, "/help")
    await until_told(stage, channel, tanaka, "You can use these commands")
    stage.again(said, 1)
    await stage.marked(channel, tanaka)
    await stage.stop()
    told = [*stage.texts(channel), *stage.told(channel, tanaka)]
    assert sum("You can use these commands" in each for each in told) == 1
    assert len(generator.requests) == 1  # the marker


async def test_a_typed_stop_stops_the_reply(stage: Stage, generator: FakeGenerator) -> None:
    """Where a button is out of sight."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [["はじめ", asyncio.Event()]]
    await stage.start()
    stage.ask(channel, tanaka, "話して")
    await stage.until(lambda: stage.texts(channel))
    stage.ask(channel, tanaka, "/stop")
    await stage.until(lambda: not generator.running)
    await until_told(stage, channel, tanaka, "Stopped.")
    await stage.until(lambda: "stopped" in stage.texts(channel)[0])


async def test_a_typed_reset_makes_memory_start_there(
    stage: Stage, generator: FakeGenerator
) -> None:
    """In a thread, whose earlier messages the next prompt does not hold."""
    tanaka = stage.person("田中")
    thread = stage.thread(stage.channel(tanaka), tanaka)
    await stage.start()
    stage.ask(thread, tanaka, "まえの話")
    await stage.answered(thread, "まえの話")
    stage.ask(thread, tanaka, "/reset")
    await until_told(stage, thread, tanaka, "My memory starts here")
    stage.ask(thread, tanaka, "あとの話")
    await stage.answered(thread, "あとの話")
    assert "まえの話" not in generator.requests[-1].prompt.text


async def test_a_typed_persona_is_set_by_an_administrator_only(
    stage: Stage, generator: FakeGenerator
) -> None:
    """Anybody may look at it."""
    boss, tanaka = stage.person("部長", administrator=True), stage.person("田中")
    channel = stage.channel(boss, tanaka)
    await stage.start()
    stage.ask(channel, tanaka, "/persona 海賊")
    await until_told(stage, channel, tanaka, "Only administrators")
    stage.ask(channel, boss, "/persona 先生")
    await until_told(stage, channel, boss, "My persona here")
    stage.ask(channel, tanaka, "/persona")
    await stage.until(lambda: sum("先生" in text for text in stage.texts(channel)) == 2)
    stage.ask(channel, tanaka, "だれ？")
    await stage.answered(channel, "だれ？")
    prompt = generator.requests[-1].prompt.text
    assert "先生" in prompt and "海賊" not in prompt


async def test_a_typed_mode_says_when_the_bot_answers_in_the_channel(stage: Stage) -> None:
    """Always, then never."""
    boss = stage.person("部長", administrator=True)
    channel, other = stage.channel(boss), stage.channel(boss)
    await stage.start()
    stage.ask(channel, boss, "/mode always")
    await until_told(stage, channel, boss, "Mode here: always")
    stage.say(channel, boss, "メンションなし")
    await stage.answered(channel, "メンションなし")
    stage.ask(channel, boss, "/mode off")
    await until_told(stage, channel, boss, "Mode here: off")
    stage.ask(channel, boss, "静かに")
    await stage.marked(other, boss)
    await stage.stop()
    assert not any("静かに" in text for text in stage.texts(channel))


@pytest.mark.parametrize("length", [50, 1_500])
async def test_of_a_command_that_there_is_not_forty_characters_are_named(
    stage: Stage, length: int
) -> None:
    """In one message."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    stage.ask(channel, tanaka, f"/{'x' * length}")
    await until_told(stage, channel, tanaka, "There is no command")
    await stage.marked(channel, tanaka)
    await stage.stop()
    told = [text for text in stage.texts(channel) if text != "最後"]
    assert len(told) == 1
    assert max(len(found) for found in re.findall("x+", told[0])) <= 40


async def test_a_command_that_was_missed_is_not_given_late(stage: Stage) -> None:
    """What somebody wanted to stop has come to its end meanwhile."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    stage.ask(channel, tanaka, "/help")
    await stage.start()
    await stage.until(stage.histories)
    await stage.marked(channel, tanaka)
    await stage.stop()
    assert stage.texts(channel) == ["最後"] and not stage.told(channel, tanaka)
