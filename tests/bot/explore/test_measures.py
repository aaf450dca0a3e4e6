"""What is counted of a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.explore.measures import is_japanese, japanese_share, pieces, repetition, variety


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("", 0.0),
        ("123!?", 0.0),
        ("日本語", 1.0),
        ("hello", 0.0),
        ("AB 日本。", 0.5),
        ("ｶﾅー々", 1.0),
    ],
)
def test_the_share_of_japanese_is_of_letters_alone(text: str, share: float) -> None:
    """Digits, spaces and punctuation are no language's."""
    assert japanese_share(text) == pytest.approx(share)


def test_japanese_is_counted_by_characters_and_english_by_words() -> None:
    """Four, and three; white space and capitals make no difference."""
    assert pieces("猫が好き\nです") == [tuple("猫が好き"), tuple("が好きで"), tuple("好きです")]
    assert pieces("I don't Know, really.") == [("i", "don't", "know"), ("don't", "know", "really")]


def test_a_reply_that_goes_round_in_circles_repeats_itself() -> None:
    """Whatever its language; one that is too short repeats nothing."""
    assert repetition("はい。") == repetition("") == repetition("日本の首都は東京です。") == 0
    assert repetition("そうですね。" * 10) > 0.8 and repetition("I am a cat. " * 10) > 0.8
    assert repetition("The cat that sat on the mat saw the dog on the mat.") < 0.1


def test_variety_is_low_where_all_replies_are_the_same() -> None:
    """And one text of different pairs has all of it."""
    assert variety(["あいうえお"]) == 1
    assert variety(["あいうえお"] * 4) == 0.25
    assert variety([]) == 0


@given(st.text())
def test_shares_are_shares_of_any_text(text: str) -> None:
    """Between nothing and everything."""
    for share in (japanese_share(text), repetition(text), variety([text, text])):
        assert 0 <= share <= 1
    assert is_japanese(text) == (japanese_share(text) >= 0.5)
