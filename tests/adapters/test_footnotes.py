"""What is said below a reply in small print: one contract, over both platforms' servers, and the
console's ways to print it."""

from __future__ import annotations

import io

import pytest

from adapters import console
from adapters.discord.outlet import small_print
from adapters.streaming import Delivery
from bot.chat import Chat
from bot.level import LEVEL, Held
from bot.messages import FinishReason
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.adapters.stages.stage import Stage
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.leveller import FakeLeveller
from tests.fakes.outlet import FakeOutlet

KEY = console.conversation_key("default")

everywhere = pytest.mark.parametrize("stage", ["discord", "slack", "slack-http"], indirect=True)


@everywhere
async def test_a_footnote_stands_below_its_reply_and_nowhere_else(
    stage: Stage, generator: FakeGenerator
) -> None:
    """Its signs are no markup; it is neither kept nor asked about. A reply that is written again
    has one of its own in its place."""
    stage.levels = Held(FakeLeveller(), 2)
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    said = await stage.remembered(channel, tanaka, "難しい話")
    (key,) = {stage.key(said)}
    await stage.store.set_setting(key, LEVEL, "n4")
    generator.script = [["難難"], ["難"]]
    stage.ask(channel, tanaka, "もう一度")
    shown = await stage.answered(channel, "難 = hard")
    text, _, below = shown.text.partition("\n\n")
    assert text == "難"
    assert [line.lstrip("-#> ") for line in below.split("\n")] == [
        r"n4: 1 \*above\*",
        "難 = hard",
    ]
    assert not any("hard" in kept for kept in await stage.kept(said))
    generator.script = [["はい"], ["難"]]
    stage.press(shown, tanaka, "regenerate")
    again = await stage.answered(channel, r"n4: 0 \*above\*")
    assert again.text.startswith("はい\n\n") and "n4: 1" not in again.text


@pytest.fixture
async def levelled(store: SqlStore, generator: FakeGenerator) -> Chat:
    """A chat whose console is set to N4."""
    await store.set_setting(KEY, LEVEL, "n4")
    prompts = RinnaFormat(CharacterTokenizer())
    return Chat(store, generator, prompts, held=Held(FakeLeveller(), 2))


async def test_through_a_pipe_a_footnote_ends_the_line(levelled: Chat) -> None:
    """In parentheses, so that a line still answers a line."""
    sink = io.StringIO()
    await console.run_pipe(levelled, KEY, io.BytesIO("難\n".encode()), sink, io.StringIO())
    assert sink.getvalue() == "難 （n4: 1 *above*） （難 = hard）\n"


def test_small_print_on_discord_mentions_nobody() -> None:
    """Nor is it anything else than what is written; blank lines would end it."""
    assert small_print("a_b\n\n <@1> **c** ") == "-# a\\_b\n-# \\<@1> \\*\\*c\\*\\*"
    assert small_print(" \n") == ""


@pytest.mark.parametrize("length", [10, 95, 100, 250])
async def test_a_footnote_keeps_to_the_limit_of_a_message(store: SqlStore, length: int) -> None:
    """Where both do not fit into one, it goes on in another; a reply that is cut off has none."""
    outlet = FakeOutlet(limit=100)
    delivery = Delivery(outlet, store, 0.0)
    delivery.end("あ" * length, FinishReason.END, "一つ目\n\n二つ目")
    await delivery.finish()
    assert all(len(text) <= 100 for text in outlet.texts)
    assert outlet.texts[-1].endswith("-# 一つ目\n-# 二つ目")
    assert "".join(outlet.texts).count("あ") == length
    delivery.end("あ", FinishReason.STOPPED, "一つ目")
    await delivery.finish()
    assert outlet.texts == ["あ\n\n(stopped)"]


async def test_a_footnote_is_no_part_of_what_a_reply_left_open(store: SqlStore) -> None:
    """A block of code that the model did not close ends before it."""
    outlet = FakeOutlet()
    delivery = Delivery(outlet, store, 0.0)
    delivery.end("```\nx = 1", FinishReason.END, "一つ目")
    await delivery.finish()
    assert outlet.texts == ["```\nx = 1\n```\n\n-# 一つ目"]
