"""The levels of words, and of texts."""

from __future__ import annotations

import pytest

from bot.study.evaluation.dictionary import LEVELS
from bot.study.levels import Level, above, profile
from bot.study.lexicon.dictionary import Dictionary


@pytest.mark.parametrize(
    ("level", "word"), [(level, word) for level, words in LEVELS.items() for word in words.split()]
)
def test_a_word_has_the_level_of_the_row_that_means_it(
    dictionary: Dictionary, level: str, word: str
) -> None:
    """Not that of a word that sounds like it: 肺 is not はい."""
    assert dictionary.look_up(word)[0].level is Level[level]


@pytest.mark.parametrize("word", ["日本人", "寿司", "ご飯", "だれ", "人々", "です", "日本", "私"])
def test_what_the_list_lacks_has_a_level(dictionary: Dictionary, word: str) -> None:
    """The most ordinary words are given theirs by hand."""
    assert dictionary.look_up(word)[0].level in (Level.N5, Level.N4)


def test_the_easier_level_is_the_smaller() -> None:
    """So that "up to N4" is a comparison."""
    assert Level.N5 < Level.N4 < Level.N3 < Level.N2 < Level.N1


def test_a_text_is_its_content_words_with_levels(dictionary: Dictionary) -> None:
    """Each different one once, in order, with its place; particles and endings are none."""
    text = "昨日、友達と日本語の映画を見に行きました。映画は面白かったです。"
    found = profile(text, dictionary)
    assert [word.surface for word in found.words] == [
        *("昨日", "友達", "日本語", "映画", "見", "行き", "面白かっ"),
    ]
    assert all(text[word.start : word.end] == word.surface for word in found.words)
    assert [word.count for word in found.words] == [1, 1, 1, 2, 1, 1, 1]
    assert found.total == 8
    assert found.share_known(Level.N5) == 1


def test_names_and_numbers_are_no_words_to_learn(dictionary: Dictionary) -> None:
    """Nor are counters, Latin words and signs; but 日本 is on the list."""
    found = profile("田中さんはPythonを３年、2,000円で日本で買った。😀", dictionary)
    assert [word.surface for word in found.words] == ["日本", "買っ"]


def test_words_on_no_list_are_unlisted_and_not_hard(dictionary: Dictionary) -> None:
    """They have a share of their own, count as known to nobody, and are above no level."""
    found = profile("アニメとバナナが好き。", dictionary)
    shares = found.shares()
    assert shares[None] == pytest.approx(2 / 3) and shares[Level.N5] == pytest.approx(1 / 3)
    assert sum(shares.values()) == pytest.approx(1)
    assert found.share_known(Level.N1) == pytest.approx(1 / 3)
    assert above("アニメとバナナが好き。", Level.N5, dictionary) == ()


def test_words_above_a_level_are_found(dictionary: Dictionary) -> None:
    """With their entries, to be explained."""
    text = "政府は新しい政策を検討している。"
    assert [word.surface for word in above(text, Level.N4, dictionary)] == [
        *("政府", "政策", "検討"),
    ]
    assert [word.surface for word in above(text, Level.N3, dictionary)] == ["政策"]
    assert above(text, Level.N1, dictionary) == ()


def test_what_can_be_done_has_the_level_of_the_verb(dictionary: Dictionary) -> None:
    """話せる is known by whom 話す is."""
    (word,) = profile("話せます。", dictionary).words
    assert word.entry is not None and word.entry.headword == "話す" and word.level is Level.N5


def test_a_prefix_is_no_word_to_learn(dictionary: Dictionary) -> None:
    """大家族 is 家族."""
    assert [word.surface for word in profile("大家族だ。", dictionary).words] == ["家族"]


def test_a_greeting_is_not_read_into_a_sentence(dictionary: Dictionary) -> None:
    """今日は三月… begins with today, not with こんにちは."""
    assert profile("今日は寒い。", dictionary).words[0].surface == "今日"


@pytest.mark.parametrize("text", ["", "   ", "hello", "😀", "123", "。。。"])
def test_a_text_without_japanese_words_has_none(dictionary: Dictionary, text: str) -> None:
    """Nothing in it is above anything."""
    found = profile(text, dictionary)
    assert found.words == () and found.total == 0
    assert found.share_known(Level.N5) == 1
    assert set(found.shares().values()) == {0}


@pytest.mark.parametrize(
    "text", ["政策について", "人によって", "私にとって", "学校において", "世界にわたって"]
)
def test_a_verb_that_is_a_piece_of_a_particle_is_no_word(dictionary: Dictionary, text: str) -> None:
    """について is not 着く, which is of N5; nor is お of お花見 a word."""
    words = [word.surface for word in profile(text, dictionary).words]
    assert len(words) == 1
    assert [word.surface for word in profile("お花見", dictionary).words] == ["花見"]
