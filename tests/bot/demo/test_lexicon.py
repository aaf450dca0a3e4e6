from __future__ import annotations

import pytest

from bot.demo.lexicon import clean_meaning, load_lexicon


@pytest.mark.parametrize(
    ("meaning", "cleaned"),
    [
        ("cat", "cat"),
        ("(honorable) father", "father"),
        ("passing (e.g. exam)", "passing"),
        ("Act (law: the X Act", "Act"),
        ("or a train that stops at every station", ""),
        ("(2)", ""),
        ("x" * 41, ""),
    ],
)
def test_a_meaning_is_shortened_to_what_can_be_taught(meaning: str, cleaned: str) -> None:
    """Remarks in brackets go; what is left over of a torn list is nothing."""
    assert clean_meaning(meaning) == cleaned


def test_every_taught_word_has_a_meaning_and_every_meaning_a_word() -> None:
    """Both directions can be asked of all of them."""
    lexicon = load_lexicon()
    assert len(lexicon.of_level("N5")) > 600 and len(lexicon.of_level("N4")) > 550
    for word in lexicon.words.values():
        assert word.meanings and "/" not in word.form
        for meaning in word.meanings:
            assert meaning in lexicon.words[lexicon.japanese[meaning]].meanings


def test_the_easiest_word_is_the_answer() -> None:
    """Of several words for a meaning, a learner is told the one to learn first."""
    lexicon = load_lexicon()
    assert lexicon.japanese["cat"] == "猫"
    assert lexicon.words["猫"].level == "N5"
    assert lexicon.words["何"].meanings == ["what"]


def test_untaught_words_are_no_taught_ones() -> None:
    """What the model is to say it does not know, it was never told."""
    lexicon = load_lexicon()
    assert not set(lexicon.unknown_words) & set(lexicon.words)
    assert not set(lexicon.unknown_meanings) & set(lexicon.japanese)
