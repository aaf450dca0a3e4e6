"""Which part of a reading belongs to which kanji."""

from __future__ import annotations

import pytest

from bot.study.reading.okurigana import Ruby, align, aligned, is_clear, written


def shown(surface: str, reading: str) -> str:
    """Pieces with their readings in brackets."""
    return "".join(
        f"{piece.text}({piece.reading})" if piece.reading else piece.text
        for piece in aligned(surface, reading)
    )


@pytest.mark.parametrize(
    ("surface", "reading", "expected"),
    [
        ("食べる", "たべる", "食(た)べる"),
        ("飲み水", "のみみず", "飲(の)み水(みず)"),
        ("好き嫌い", "すききらい", "好(す)き嫌(きら)い"),
        ("飼い犬", "かいいぬ", "飼(か)い犬(いぬ)"),
        ("長い間", "ながいあいだ", "長(なが)い間(あいだ)"),
        ("指し示す", "さししめす", "指(さ)し示(しめ)す"),
        ("お願い致します", "おねがいいたします", "お願(ねが)い致(いた)します"),
        ("顔を出す", "かおをだす", "顔(かお)を出(だ)す"),
        ("物の怪", "もののけ", "物(もの)の怪(け)"),
        ("又は", "マタワ", "又(また)は"),
        ("人々", "ひとびと", "人々(ひとびと)"),
        ("霞ヶ関", "かすみがせき", "霞ヶ関(かすみがせき)"),
        ("一ヵ月", "いっかげつ", "一ヵ月(いっかげつ)"),
        ("御茶ノ水", "おちゃのみず", "御茶(おちゃ)ノ水(みず)"),
        ("消しゴム", "けしごむ", "消(け)しゴム"),
        ("お母さん", "おかあさん", "お母(かあ)さん"),
        ("コーヒー豆", "こーひーまめ", "コーヒー豆(まめ)"),
        ("ひらがな", "ひらがな", "ひらがな"),
    ],
)
def test_kana_of_the_word_stay_outside_its_reading(
    surface: str, reading: str, expected: str
) -> None:
    """Also between kanji, in either script, and where は is spoken わ."""
    assert shown(surface, reading) == expected


def test_what_does_not_fit_is_said_or_stands_above_the_whole_word() -> None:
    """No piece of the word is lost either way."""
    assert align("食べる", "のむ") is None and align("食べる", "") is None
    assert aligned("食べる", "のむ") == (Ruby("食べる", "のむ"),)
    assert align("漢" * 100, "か" * 100) is None


def test_a_reading_is_written_as_the_word_writes_its_kana() -> None:
    """実は is spoken じつわ, and written じつは."""
    assert written(aligned("実は", "ジツワ")) == "じつは"


def test_some_words_can_be_divided_in_several_ways() -> None:
    """Where the kana between two kanji stand in the reading twice."""
    assert is_clear("食べ物", "たべもの") and not is_clear("飲み水", "のみみず")
