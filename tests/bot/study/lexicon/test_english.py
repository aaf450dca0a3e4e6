"""Words are found by their English, and by romaji, which is in Latin letters too."""

from __future__ import annotations

import pytest

from bot.study.lexicon.dictionary import Dictionary


def first(dictionary: Dictionary, text: str) -> tuple[str, str]:
    """Headword and reading of the likeliest entry."""
    entry = dictionary.look_up(text)[0]
    return entry.headword, entry.reading


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("to eat", "食べる"),
        ("dog", "犬"),
        ("go", "行く"),
        ("thank you", "ありがとう"),
        ("to be able to do", "できる"),
        ("tabemashita", "食べる"),
        ("konnichiwa", "こんにちは"),
        ("tōkyō", "東京"),
        ("sake", "酒"),
        ("ten", "十"),
    ],
)
def test_latin_letters_are_english_or_romaji(dictionary: Dictionary, text: str, word: str) -> None:
    """A meaning of a common word is English first; the other one follows."""
    assert first(dictionary, text)[0] == word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("station", "駅"),
        ("angry", "怒る"),
        ("tired", "疲れる"),
        ("never", "決して"),
        ("head", "頭"),
        ("heart", "心"),
        ("goodbye", "さようなら"),
        ("to win", "勝つ"),
        ("to remember", "覚える"),
        ("opportunity", "機会"),
        ("influence", "影響"),
        ("like", "好き"),
        ("sick", "病気"),
        ("to drive", "運転"),
        ("to get married", "結婚"),
    ],
)
def test_the_english_of_a_word_leads_to_the_word_that_learners_know(
    dictionary: Dictionary, text: str, word: str
) -> None:
    """And not to a common word of which it is the fifth meaning, as 行く is of head."""
    assert first(dictionary, text)[0] == word


@pytest.mark.parametrize(
    ("text", "word"), [("to ride", "乗る"), ("sun", "日"), ("orange", "オレンジ")]
)
def test_english_is_not_read_as_romaji_where_it_means_something(
    dictionary: Dictionary, text: str, word: str
) -> None:
    """toride is 砦, sun an old measure, and orange a form of おる that nobody would type."""
    assert first(dictionary, text)[0] == word


def test_what_is_english_and_romaji_gives_both(dictionary: Dictionary) -> None:
    """ten: 十 and 点."""
    words = [entry.headword for entry in dictionary.look_up("ten")]
    assert {"十", "点"} <= set(words[:3])
