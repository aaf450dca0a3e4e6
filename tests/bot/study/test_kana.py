"""Kana and kanji as characters."""

from __future__ import annotations

import pytest

from bot.study.kana import has_japanese, has_kanji, hiragana, is_kana, katakana, seen


def test_katakana_become_hiragana_and_back() -> None:
    """With the marks of repetition; the long vowel's mark and Latin letters stay."""
    assert hiragana("コーヒー ヴァイオリン いすヾ ABC") == "こーひー ゔぁいおりん いすゞ ABC"
    assert katakana("きょうは ゔ ゝ") == "キョウハ ヴ ヽ"


@pytest.mark.parametrize("text", ["々", "〆", "〇", "𠮟", "﨑", "⾷", "霞ヶ関"])
def test_signs_that_stand_for_kanji_are_kanji(text: str) -> None:
    """Those of compatibility and beyond the first plane, too."""
    assert has_kanji(text)


def test_kana_are_kana_with_the_long_vowels_mark() -> None:
    """And nothing else is."""
    assert is_kana("こーひー") and is_kana("ヴ")
    assert not is_kana("") and not is_kana("コーヒーa") and not is_kana("食べる")
    assert not has_kanji("コーヒー")


def test_japanese_is_seen_in_any_width() -> None:
    """Half-width katakana, too; emoji and Latin letters are none."""
    assert has_japanese("ｶﾞ") and has_japanese("ABCあ")
    assert not has_japanese("ABC 123 🎌!")


def test_a_text_is_composed_and_rid_of_what_has_no_width() -> None:
    """A zero-width space changes what analysers read; a variant's selector is none of their
    characters."""
    assert seen("今日は\u200b晴れ") == "今日は晴れ"
    assert seen("か\u3099") == "が"
    assert seen("葛\U000e0100城") == "葛城"
