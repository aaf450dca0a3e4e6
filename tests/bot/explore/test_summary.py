"""What a cell's replies come to, and which is offered first."""

from __future__ import annotations

from bot.explore.summary import Flaws, flaw, ranked, summary
from bot.messages import FinishReason
from bot.study.levels import Level, Profile, profile
from bot.study.study import Study
from tests.bot.explore.made import COOL, NOW, reply
from tests.bot.study.built import study_file

LOOP = "そうですね。" * 9


def test_what_is_wrong_at_first_sight_is_counted() -> None:
    """The worst of each reply alone."""
    replies = [
        reply("はい。"),
        reply("", reason=None),
        reply(""),
        reply(LOOP, reason=FinishReason.LENGTH),
        reply("昔々", reason=FinishReason.LENGTH),
    ]
    assert [flaw(each) for each in replies] == ["", "failed", "blank", "loops", "cut"]
    found = summary(NOW, replies, None)
    assert found.flaws == Flaws(1, 1, 1, 1) and found.flaws.all == 4
    assert found.speed == 3 and found.levels is None and found.level is None


def test_figures_are_of_the_cells_own_replies() -> None:
    """Means over them."""
    found = summary(COOL, [reply("日本"), reply("AB", 2), reply("日本語だ", 2)], None)
    assert found.characters == 3 and found.japanese == 0.5 and len(found.replies) == 2


def test_the_fewest_flaws_come_first_then_the_least_repetition() -> None:
    """Of alike ones that which is set now."""
    good, loops = [reply("はい。"), reply("いいえ。", 2)], [reply(LOOP), reply("いいえ。", 2)]
    now, cool = (summary(cell, good, None) for cell in (NOW, COOL))
    assert ranked([cool, now]) == [now, cool]
    now, cool = (summary(cell, loops, None) for cell in (NOW, COOL))
    assert ranked([now, cool]) == [cool, now]
    some = "今日はいい天気ですね。明日もいい天気ですね。"
    now, cool = (summary(c, [reply(some), reply("はい。", 2)], None) for c in (NOW, COOL))
    assert now.flaws.all == 0 and ranked([now, cool]) == [cool, now]


def test_with_a_level_easier_words_come_before_repetition() -> None:
    """By the lists; without words nothing is said of levels."""
    study = Study(study_file())

    def judge(text: str) -> Profile:
        return profile(text, study.dictionary)

    replies = [reply("経済の政策を検討する。"), reply("水を飲む。水を飲む。", 2)]
    now, cool = (summary(cell, replies, judge) for cell in (NOW, COOL))
    assert cool.level is Level.N5 and now.level is not None and now.level > Level.N5
    assert [s.cell.number for s in ranked([now, cool])] == [1, 2]
    assert [s.cell.number for s in ranked([now, cool], Level.N5)] == [2, 1]
    assert summary(NOW, [reply("Hello")], judge).levels is None
    study.close()
