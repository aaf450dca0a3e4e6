"""The figures that the project promises for readings."""

from __future__ import annotations

from bot.study.evaluation.readings import (
    Gold,
    accuracy,
    analyser,
    common_words,
    gold,
    mistakes,
    product,
)
from bot.study.reading.okurigana import align


def test_the_set_has_at_least_300_sentences_of_all_kinds() -> None:
    """With words to be read in nearly all of them."""
    sentences = list(gold())
    assert len(sentences) >= 300 and len({sentence.text for sentence in sentences}) >= 300
    kinds = {sentence.kind for sentence in sentences}
    assert {"counters", "dates", "names", "homographs", "inflections", "mixed"} <= kinds


def test_at_least_96_of_100_words_are_read_right() -> None:
    """And more than by the analyser as it comes."""
    right, total = accuracy(product)
    assert right >= 0.96 * total
    assert right > accuracy(analyser("pron"))[0] and right > accuracy(analyser("read"))[0]


def test_a_wrong_reading_is_found_wherever_words_are_cut() -> None:
    """A piece over a border is held against both words; kana must be as they are written."""
    sentence = Gold("", (("本", ("ほん",)), ("屋", ("や",)), ("は", ())))
    assert mistakes(sentence, [("本屋", "ほんや"), ("は", "")]) == []
    assert mistakes(sentence, [("本屋", "ほんだな"), ("は", "")]) == [
        ("本", "ほんだな", "ほんや"),
        ("屋", "ほんだな", "ほんや"),
    ]
    assert len(mistakes(sentence, [("本屋は", "")])) == 2


def test_the_readings_of_common_words_are_divided_among_their_kanji() -> None:
    """At least 99.8 % of JMdict's common words with kanji."""
    words = common_words()
    assert len(words) > 20_000
    assert sum(align(*pair) is not None for pair in words) >= 0.998 * len(words)
