"""In which language the bot says something of itself: one contract, over both platforms."""

from __future__ import annotations

from typing import Any

import pytest

from bot.study.study import Study
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.giving import giving
from tests.adapters.stages.stage import Stage
from tests.adapters.test_study import typed

everywhere = pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)

ENGLISH, JAPANESE = "My memory starts here", "ここから新しく始めます"


def speaks(stage: Stage, person: Any, locale: str) -> None:
    """Set a person's Slack to a language; on Discord commands are in Japanese."""
    if not isinstance(stage, DiscordStage):
        person.locale = locale


@everywhere
async def test_who_reads_it_gets_it_in_their_language(stage: Stage) -> None:
    """By what the platform says, also where everybody sees the answer; of others in English."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    speaks(stage, tanaka, "ja-JP")
    await stage.start()
    answer = await giving(stage).give(channel, tanaka, "reset")
    assert JAPANESE in answer.text and ENGLISH not in answer.text


@everywhere
async def test_what_one_chose_comes_before_what_the_platform_says(stage: Stage) -> None:
    """Typed or not, in notices and in what goes wrong; until it is unset."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    speaks(stage, tanaka, "ja-JP")
    await stage.start()
    hand = giving(stage)
    told = await hand.give(channel, tanaka, "me", name="language", value="en")
    assert "what you told me" in told.text and "教えて" not in told.text
    answer = await hand.give(channel, tanaka, "reset")
    assert ENGLISH in answer.text and JAPANESE not in answer.text
    wrong = await typed(stage, channel, tanaka, "/settings temperature hot")
    assert "administrators" in wrong and "管理者" not in wrong
    wrong = await typed(stage, channel, tanaka, "/me level n9")
    assert "one of n5" in wrong and "ください" not in wrong
    unknown = await typed(stage, channel, tanaka, "/rest")
    assert "Try /" in unknown and "お試しください" not in unknown
    await hand.give(channel, tanaka, "me", name="language", value="default")
    answer = await hand.give(channel, tanaka, "reset")
    assert JAPANESE in answer.text and ENGLISH not in answer.text


@everywhere
async def test_where_nobody_knows_it_is_said_in_both(stage: Stage) -> None:
    """As of a message on Discord, whose author's language it does not tell."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    speaks(stage, tanaka, "")
    await stage.start()
    answer = await typed(stage, channel, tanaka, "/reset")
    assert ENGLISH in answer and JAPANESE in answer


@everywhere
async def test_a_list_reads_in_one_language_as_well(stage: Stage, study: Study) -> None:
    """Also what stands between its words, and on its buttons."""
    stage.study = study
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    speaks(stage, tanaka, "ja-JP")
    await stage.start()
    hand = giving(stage)
    await hand.give(channel, tanaka, "me", name="language", value="en")
    answer = await hand.give(channel, tanaka, "analyze", text="日本語を勉強しています。")
    assert "known at" in answer.text and "わかる割合" not in answer.text
    entry = await hand.give(channel, tanaka, "jisho", word="食べる")
    assert "Forms" in entry.offers and "活用" not in entry.offers
