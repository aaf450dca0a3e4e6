"""What is written after /quiz."""

from __future__ import annotations

import pytest

from bot.learning.quiz.question import Kind
from bot.learning.quiz.wanted import UnknownWord, Wanted, wanted

ALL = tuple(Kind)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("", Wanted("n4")),
        ("N3", Wanted("n3")),
        ("reading n2 5", Wanted("n2", (Kind.READING,), 5)),
        ("saved 20s", Wanted("saved", ALL, 10, 20)),
        ("会話 意味 3問 15秒", Wanted("talk", (Kind.MEANING,), 3, 15)),
        ("typed", Wanted("n4", typed=True, seconds=30)),
        ("typed 10s mistakes", Wanted("mistakes", typed=True, seconds=10)),
        ("間違い 入力 穴埋め", Wanted("mistakes", (Kind.CLOZE,), typed=True, seconds=30)),
        ("999 9999s", Wanted("n4", ALL, 30, 120)),
        ("0 1s", Wanted("n4", ALL, 1, 5)),
        ("漢字 mixed", Wanted("n4")),
    ],
)
def test_words_may_stand_in_any_order(argument: str, expected: Wanted) -> None:
    """In both languages; numbers keep within bounds."""
    assert wanted(argument, "n4") == expected
    assert Wanted.load(expected.stored()) == expected


@pytest.mark.parametrize("argument", ["n6", "hello", "10x", "-5", "reading!"])
def test_another_word_is_told(argument: str) -> None:
    """With what there is."""
    with pytest.raises(UnknownWord, match="n5 to n1"):
        wanted(argument, "n4")
