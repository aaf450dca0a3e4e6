"""Which word is meant, of those that are written or said alike."""

from __future__ import annotations

import pytest

from bot.study.lexicon.dictionary import Dictionary


def first(dictionary: Dictionary, text: str, sentence: str = "") -> tuple[str, str]:
    """Headword and reading of the likeliest entry."""
    entry = dictionary.look_up(text, sentence=sentence)[0]
    return entry.headword, entry.reading


@pytest.mark.parametrize("text", ["から", "まで", "くらい", "でも", "しか"])
def test_a_particle_alone_is_before_nouns_that_sound_so(dictionary: Dictionary, text: str) -> None:
    """から is not first 空, nor くらい 暗い."""
    assert dictionary.look_up(text)[0].headword == text


@pytest.mark.parametrize(
    ("text", "word"),
    [("しんだ", "死ぬ"), ("とって", "取る"), ("かえって", "帰る"), ("はいて", "履く")],
)
def test_a_verb_in_kana_is_found_where_the_analyser_sees_a_noun(
    dictionary: Dictionary, text: str, word: str
) -> None:
    """しんだ is not 新 and a だ."""
    assert first(dictionary, text)[0] == word


@pytest.mark.parametrize(
    ("text", "reading"), [("彼", "かれ"), ("米", "こめ"), ("止める", "とめる"), ("潜る", "もぐる")]
)
def test_kanji_are_the_word_that_is_written_so(
    dictionary: Dictionary, text: str, reading: str
) -> None:
    """And not one that is usually in kana: あれ, メートル, やめる."""
    assert dictionary.look_up(text)[0].reading == reading


@pytest.mark.parametrize(
    ("text", "sentence", "word"),
    [
        ("はし", "はしで食べます", "箸"),
        ("はし", "川にはしがかかっている", "橋"),
        ("はし", "机のはしに置く", "端"),
        ("くも", "くもが巣を作る", "くも"),
        ("くも", "空にくもがある", "雲"),
        ("あつい", "あついコーヒー", "熱い"),
        ("あつい", "今日はあついですね", "暑い"),
        ("きる", "服をきる", "着る"),
        ("きる", "紙をきる", "切る"),
    ],
)
def test_the_sentence_chooses_between_words_that_sound_alike(
    dictionary: Dictionary, text: str, sentence: str, word: str
) -> None:
    """By what stands beside; the others stay reachable."""
    assert first(dictionary, text, sentence)[0] == word
    assert len(dictionary.look_up(text, sentence=sentence)) > 1


def test_the_sentence_chooses_between_readings(dictionary: Dictionary) -> None:
    """人気 is ひとけ on an empty road, にんき elsewhere."""
    assert first(dictionary, "人気", "人気のない道") == ("人気", "ひとけ")
    assert first(dictionary, "人気", "人気がある歌手") == ("人気", "にんき")
