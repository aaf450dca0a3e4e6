"""Single kanji."""

from __future__ import annotations

import pytest

from bot.study.levels import Level
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.kanji import kanji, strokes, words_with


def test_a_kanji_has_meanings_readings_strokes_grade_and_radical(dictionary: Dictionary) -> None:
    """As KANJIDIC2 has them, the level from the list."""
    found = kanji("語", dictionary)
    assert found is not None
    assert found.meanings == ("word", "speech", "language")
    assert found.on == ("ゴ",) and found.kun == ("かた.る", "かた.らう")
    assert (found.strokes, found.grade, found.radical, found.radical_number) == (14, 2, "言", 149)
    assert found.level is Level.N5 and found.frequency == 301


@pytest.mark.parametrize("pair", ["叱𠮟", "剥剝", "頬頰", "填塡"])
def test_both_forms_of_a_joyo_kanji_are_described(dictionary: Dictionary, pair: str) -> None:
    """The official one, and that which keyboards write, each naming the other."""
    for one, other in (tuple(pair), tuple(reversed(pair))):
        found = kanji(one, dictionary)
        assert found is not None and found.grade == 8
        assert found.meanings and found.on and other in found.variants


@pytest.mark.parametrize("character", ["あ", "A", "", "😀", "日本"])
def test_what_is_no_kanji_is_none(dictionary: Dictionary, character: str) -> None:
    """Nor are two."""
    assert kanji(character, dictionary) is None


def test_words_with_a_kanji_are_common_ones_of_the_learners_level(dictionary: Dictionary) -> None:
    """Without a level: all, the commonest first."""
    easy = words_with("人", dictionary, Level.N5, limit=20)
    assert {"人", "大人", "日本人"} <= {word.headword for word in easy}
    assert {word.level for word in easy} == {Level.N5}
    assert words_with("人", dictionary, limit=1)[0].headword == "人"
    assert [w.id for w in words_with("𠮟", dictionary)] == [
        w.id for w in words_with("叱", dictionary)
    ]


def test_every_joyo_kanji_has_its_strokes(dictionary: Dictionary) -> None:
    """KanjiVG has all of them, and kana; as many paths as strokes."""
    import kanji_lists  # type: ignore[import-untyped]

    for character in kanji_lists.JOYO:
        assert strokes(character, dictionary), character
    assert len(strokes("語", dictionary)) == 14
    assert len(strokes("あ", dictionary)) == 3
    assert strokes("😀", dictionary) == strokes("", dictionary) == ()
