"""Settings compared in a channel: one contract, over both platforms' servers."""

from __future__ import annotations

import pytest

from tests.adapters.stages.giving import giving
from tests.adapters.stages.stage import Stage
from tests.fakes.generator import FakeGenerator

everywhere = pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)


@everywhere
async def test_people_vote_by_buttons_each_in_private(
    stage: Stage, generator: FakeGenerator
) -> None:
    """Everybody sees both replies; only who has voted sees which was which; the results are
    everybody's."""
    tanaka, sato = stage.person("田中"), stage.person("佐藤")
    channel = stage.channel(tanaka, sato)
    generator.script = [["あいう"], ["かきく"]]
    await stage.start()
    hand = giving(stage)
    what = "temperature=0.5 vs temperature=1.2 猫は好きですか。"
    shown = await hand.give(channel, tanaka, "compare", what=what)
    assert not shown.private and "あいう" in shown.text and "かきく" in shown.text
    a, b, same = shown.offers.values()
    assert any("Aがよい" in label for label in shown.offers) and same
    first = await hand.press(channel, tanaka, shown.native, a)
    second = await hand.press(channel, sato, shown.native, b)
    for told in (first, second):
        assert told.private and "temperature=0.5" in told.text and "temperature=1.2" in told.text
    results = await hand.give(channel, sato, "compare", what="results")
    assert not results.private and "1 : 1" in results.text


@everywhere
async def test_after_a_mention_it_needs_no_slash_where_settings_follow(
    stage: Stage, generator: FakeGenerator
) -> None:
    """A sentence that begins with the word is a question as ever."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    generator.script = [["猫です。"], ["あいう"], ["かきく"]]
    await stage.start()
    stage.ask(channel, tanaka, "compare cats and dogs")
    await stage.answered(channel, "猫です。")
    stage.ask(channel, tanaka, "compare top_k=5")
    await stage.until(lambda: any("かきく" in text for text in stage.texts(channel)))
    assert [request.sampling.top_k for request in generator.requests[1:]] in ([0, 5], [5, 0])
    assert generator.requests[-1].prompt.turns[-1].text == "compare cats and dogs"
