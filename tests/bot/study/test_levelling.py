"""Replies held to a level, by the dictionary's levels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.study.levelling import StudyLeveller
from bot.study.study import Study
from tests.bot.study.built import study_file


@pytest.fixture(scope="module")
def leveller() -> Iterator[StudyLeveller]:
    """With the dictionary."""
    study = Study(study_file())
    yield StudyLeveller(study)
    study.close()


def test_the_fewer_words_above_the_level_the_better(leveller: StudyLeveller) -> None:
    """Of as many, the longer text is."""
    easy, hard = "猫が魚を食べました。", "経済の環境を勉強します。"
    assert leveller.judge("n5", easy) < leveller.judge("n5", hard)
    assert leveller.judge("n5", f"{hard}{easy}") < leveller.judge("n5", hard)
    assert leveller.judge("n1", hard) == leveller.judge("n1", easy)


@pytest.mark.parametrize("text", ["", "Sorry, I don't know.", "、。", "🎌"])
def test_a_text_without_japanese_words_is_worse_than_any_with(
    leveller: StudyLeveller, text: str
) -> None:
    """Otherwise the emptiest would be chosen."""
    assert leveller.judge("n5", text) > leveller.judge("n5", "経済の環境の影響の程度を検討した。")
    assert leveller.footnote("n5", text) == ""


def test_below_a_reply_stand_its_share_and_what_is_above_the_level(
    leveller: StudyLeveller,
) -> None:
    """With reading, level and meaning."""
    share, *glosses = leveller.footnote("n5", "毎日、経済を勉強します。").splitlines()
    assert share.startswith("N5: ") and share.endswith("%")
    assert len(glosses) == 1 and glosses[0].startswith("経済【けいざい】N")
    assert "econom" in glosses[0]


def test_unlisted_words_are_said_to_be_unlisted(leveller: StudyLeveller) -> None:
    """They are neither known nor hard."""
    assert "リスト外 / unlisted 1" in leveller.footnote("n5", "毎日、埴輪を見ます。")
