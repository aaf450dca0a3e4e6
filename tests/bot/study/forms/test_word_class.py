"""How a word inflects: by UniDic, by a dictionary's tags, never by its ending."""

from __future__ import annotations

import pytest

from bot.study.analysis import tokens
from bot.study.forms.word_class import WordClass, by_tag, by_unidic


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("帰る", WordClass.GODAN_RA),
        ("変える", WordClass.ICHIDAN),
        ("切る", WordClass.GODAN_RA),
        ("着る", WordClass.ICHIDAN),
        ("行く", WordClass.GODAN_IKU),
        ("書く", WordClass.GODAN_KA),
        ("問う", WordClass.GODAN_TOU),
        ("ある", WordClass.GODAN_ARU),
        ("くださる", WordClass.HONORIFIC),
        ("くれる", WordClass.KURERU),
        ("暮れる", WordClass.ICHIDAN),
        ("来る", WordClass.KURU),
        ("する", WordClass.SURU),
        ("信ずる", WordClass.ZURU),
        ("達する", WordClass.SURU_SHORT),
        ("高い", WordClass.I_ADJECTIVE),
        ("いい", WordClass.YOI),
        ("静か", WordClass.NA_ADJECTIVE),
        ("元気", WordClass.NA_ADJECTIVE),
        ("勉強", WordClass.NOUN_SURU),
        ("学生", WordClass.NOUN),
        ("は", None),
    ],
)
def test_the_class_is_unidics(word: str, expected: WordClass | None) -> None:
    """帰る and 変える end alike; only the dictionary tells them apart."""
    assert by_unidic(tokens(word)[0]) is expected


@pytest.mark.parametrize("word_class", WordClass)
def test_a_class_is_found_by_jmdicts_code_and_has_two_names(word_class: WordClass) -> None:
    """Each class is called something in English and in Japanese, and nothing twice."""
    assert by_tag(word_class.value) is word_class
    assert word_class.english and word_class.japanese
    assert len({one.english for one in WordClass}) == len({one.japanese for one in WordClass}) == 24


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("Ichidan verb", WordClass.ICHIDAN),
        ("Ichidan verb - kureru special class", WordClass.KURERU),
        ("Ichidan verb - zuru verb (alternative form of -jiru verbs)", WordClass.ZURU),
        ("Godan verb with 'u' ending", WordClass.GODAN_U),
        ("Godan verb with 'u' ending (special class)", WordClass.GODAN_TOU),
        ("Godan verb with 'ru' ending (irregular verb)", WordClass.GODAN_ARU),
        ("Godan verb - Iku/Yuku special class", WordClass.GODAN_IKU),
        ("adjective (keiyoushi)", WordClass.I_ADJECTIVE),
        ("adjective (keiyoushi) - yoi/ii class", WordClass.YOI),
        ("suru verb - special class", WordClass.SURU_SHORT),
        ("adverb (fukushi)", None),
        ("Yodan verb with 'ku' ending (archaic)", None),
        ("", None),
    ],
)
def test_jmdicts_long_words_are_classes_too(tag: str, expected: WordClass | None) -> None:
    """What does not inflect as today's language does has none."""
    assert by_tag(tag) is expected
