"""Pitch accent."""

from __future__ import annotations

import pytest

from bot.study.reading.pitch import pattern, pitch


@pytest.mark.parametrize(
    ("word", "nucleus", "drawn"),
    [
        ("箸", 1, "は↘し"),
        ("橋", 2, "はし↘"),
        ("端", 0, "はし￣"),
        ("雨", 1, "あ↘め"),
        ("飴", 0, "あめ￣"),
        ("今日", 1, "きょ↘う"),
    ],
)
def test_where_a_word_falls_is_drawn(word: str, nucleus: int, drawn: str) -> None:
    """After the first mora, after the last, and not at all; きょ is one mora."""
    (accent,) = pitch(word)
    assert (accent.nucleus, pattern(accent)) == (nucleus, drawn)


def test_a_word_is_one_phrase_with_what_leans_on_it() -> None:
    """食べました falls in its ending; each phrase says which of its moras are high."""
    first, second = pitch("箸で食べました。")
    assert pattern(first) == "は↘しで" and first.high == (True, False, False)
    assert pattern(second) == "たべま↘した" and second.kana == "たべました"
    assert second.high == (False, True, True, False, False)


@pytest.mark.parametrize("text", ["", "。", "abc", "😀", "`本`", "\n"])
def test_what_is_not_spoken_has_no_pitch(text: str) -> None:
    """Punctuation, emoji, Latin words and code."""
    assert pitch(text) == ()


def test_words_of_a_list_are_said_one_by_one() -> None:
    """箸 橋、端 are three words, and no compound."""
    assert [accent.nucleus for accent in pitch("箸 橋、端")] == [1, 2, 0]
