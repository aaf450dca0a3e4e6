"""What counts as right when it is typed. The many cases are in bot/learning/evaluation/typed.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning.answers import Right, meaning, reading, writing
from bot.learning.english import edits
from bot.study.romaji import LongVowels, to_romaji


def no_word(given: str, wanted: str) -> bool:
    """As if nothing was an English word."""
    return False


@pytest.mark.parametrize(
    "typed", ["とうきょう", "トウキョウ", "ﾄｳｷｮｳ", "とーきょー", "toukyou", "Tōkyō", " tookyoo "]
)
def test_a_reading_may_be_typed_in_any_kana_and_romaji(typed: str) -> None:
    """Of any width, and with long vowels as one likes."""
    assert reading(typed, ["とうきょう"]) == Right()


@pytest.mark.parametrize("typed", ["ときょ", "tokyo", "とおきょう", "東京", "", "?", "x" * 500])
def test_another_reading_is_wrong(typed: str) -> None:
    """Length is heard; おお and おう are spelled differently where they are spelled."""
    assert reading(typed, ["とうきょう"]) is None


def test_every_listed_reading_counts() -> None:
    """Not only the first."""
    assert reading("shichi", ["なな", "しち"]) and reading("nana", ["なな", "しち"])


@given(st.text(st.sampled_from("あいうえおかがきゃしじちつっづとぬんまやゆよらりを"), min_size=1))
def test_a_reading_in_its_own_kana_or_romaji_is_right(kana: str) -> None:
    """Whatever the word."""
    assert reading(kana, [kana])
    typed = to_romaji(kana, LongVowels.DOUBLED)
    if typed.isascii() and "'" not in typed and typed.isalpha():
        assert reading(typed, [kana])


@given(st.text(max_size=90), st.text(max_size=40))
def test_any_text_is_judged(typed: str, word: str) -> None:
    """Nothing that people type goes wrong."""
    for judge in (reading, writing):
        judge(typed, [word])
    meaning(typed, [word], no_word)


def test_a_meaning_needs_no_article_plural_or_parenthesis() -> None:
    """Nor "to", capitals or hyphens."""
    glosses = ["to eat (a meal)", "well-known", "dog"]
    for typed in ("Eat", "to eat", "to eat a meal", "well known", "wellknown", "the dogs"):
        assert meaning(typed, glosses, no_word) == Right(), typed


def test_british_and_american_spelling_are_the_same() -> None:
    """Whichever the dictionary has."""
    assert meaning("colours", ["color"], no_word) == Right()
    assert meaning("theater", ["theatre"], no_word) == Right()
    assert meaning("organise", ["to organize"], no_word) == Right()


def test_a_small_slip_counts_and_is_said() -> None:
    """One edit from five letters on, two from nine."""
    assert meaning("hose", ["house"], no_word) == Right("house")
    assert meaning("dgo", ["dog"], no_word) is None
    assert meaning("refridgerater", ["refrigerator"], no_word) == Right("refrigerator")
    assert meaning("univversitty", ["university"], no_word) == Right("university")
    assert meaning("hoorsse", ["horse"], no_word) is None


def test_a_slip_that_makes_another_word_does_not_count() -> None:
    """Which the dictionary knows."""
    assert meaning("horse", ["house"], lambda given, wanted: given == "horse") is None


def test_of_several_answers_all_must_be_right() -> None:
    """Nobody fishes for one."""
    assert meaning("dog, hound", ["dog", "hound"], no_word) == Right()
    assert meaning("dog or cat", ["dog", "hound"], no_word) is None


def test_a_writing_is_any_that_is_listed() -> None:
    """With the usual form of a kanji for the official one."""
    assert writing("逢う", ["会う", "逢う"]) and not writing("合う", ["会う", "逢う"])
    assert writing("補塡", ["補填"])


def test_edits_are_counted_up_to_a_bound() -> None:
    """Two letters that change places are one."""
    assert edits("freind", "friend", 2) == 1
    assert edits("abc", "abc", 2) == 0
    assert edits("abcdef", "ghijkl", 2) == 3
