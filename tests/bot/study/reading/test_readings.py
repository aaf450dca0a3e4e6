"""How each word of a text is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.study.reading.furigana import inline
from bot.study.reading.readings import candidates, read
from bot.study.reading.words import Word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今日は三月一日です。", "今日(きょう)は三月(さんがつ)一日(ついたち)です。"),
        ("今日は\u200b晴れ", "今日(きょう)は\u200b晴(は)れ"),
        ("雨が2日間続いた。", "雨(あめ)が2日間(ふつかかん)続(つづ)いた。"),
        ("骨が折れた。", "骨(ほね)が折(お)れた。"),
        ("先生に叱られた", "先生(せんせい)に叱(しか)られた"),
        ("先生に𠮟られた", "先生(せんせい)に𠮟(しか)られた"),
        ("か\u3099くせいは二十歳", "か\u3099くせいは二十歳(はたち)"),
        ("葛\U000e0100城で飲み水を", "葛\U000e0100城(かつらぎ)で飲(の)み水(みず)を"),
        ("一日中、八百屋にいた", "一日中(いちにちじゅう)、八百屋(やおや)にいた"),
        ("1日中", "1日中(いちにちじゅう)"),
        ("二人三脚で一本道を", "二人三脚(ににんさんきゃく)で一本道(いっぽんみち)を"),
        ("億万長者と数日", "億(おく)万(まん)長者(ちょうじゃ)と数日(すうじつ)"),
        ("1杯850円、八百", "1杯(いっぱい)850円(はっぴゃくごじゅうえん)、八百(はっぴゃく)"),
        ("もう10分です", "もう10分(じゅっぷん)です"),
        ("1. 本\n2. 雨", "1. 本(ほん)\n2. 雨(あめ)"),
        ("2026年度", "2026年度(にせんにじゅうろくねんど)"),
        ("３本の木", "３本(さんぼん)の木(き)"),
        ("人々と霞ヶ関", "人々(ひとびと)と霞ヶ関(かすみがせき)"),
        ("㋿八年", "㋿(れいわ)八年(はちねん)"),
        ("ｺｰﾋｰを飲む", "ｺｰﾋｰを飲(の)む"),
        ("Pythonで`本 = 3`と書く", "Pythonで`本 = 3`と書(か)く"),
        ("<@1>さん、質問 https://a.jp/本 😀", "<@1>さん、質問(しつもん) https://a.jp/本 😀"),
        ("電話は03-1234-5678", "電話(でんわ)は03-1234-5678"),
        ("", ""),
        (" \n", " \n"),
    ],
)
def test_a_reading_stands_with_its_own_characters(text: str, expected: str) -> None:
    """Counts and dates, what is not seen, old and other forms of characters, mixed scripts."""
    assert inline(read(text)) == expected


def test_particles_are_written_and_spoken() -> None:
    """は へ を where they are written, わ え お where they are said; also inside a word."""
    words = {word.text: word for word in read("私は家へ本を送る。又は実は")}
    assert [(words[p].reading, words[p].spoken) for p in "はへを"] == [
        ("は", "わ"),
        ("へ", "え"),
        ("を", "お"),
    ]
    assert (words["又は"].reading, words["又は"].spoken) == ("または", "またわ")
    assert words["は"].is_particle
    assert [(w.text, w.spoken) for w in read("Pythonは")][1:] == [("は", "わ")]


def test_what_a_group_has_corrected_comes_first() -> None:
    """For all forms of a word, for names of several words, and with other characters."""
    text = "小鳥遊さんは辛かった。2日間𠮟る"
    own = {"小鳥遊": "タカナシ", "辛い": "からい", "2日間": "ににちかん", "叱る": "どなる"}
    assert inline(read(text, own)) == (
        "小鳥遊(たかなし)さんは辛(から)かった。2日間(ににちかん)𠮟(どな)る"
    )


def test_a_correction_leaves_longer_words_alone() -> None:
    """人気 is not 人気者, 上 not 上がる."""
    assert "ひとけ" not in inline(read("人気者だ", {"人気": "ひとけ"}))
    assert "かみ" not in inline(read("上がる", {"上": "かみ"}))


def word(text: str) -> Word:
    """The first word of a text."""
    return read(text)[0]


def test_other_readings_of_a_word_are_offered() -> None:
    """From the tables, the analyser and a dictionary; only such as fit, and not its own."""
    assert "ひとけ" in candidates(word("人気"))
    assert {"ついたち"} <= set(candidates(word("一日")))
    assert "からかっ" in candidates(word("辛かった"))
    assert (
        candidates(word("明日"), known=["みょうにち", "あした", "みょうにち"]).count("みょうにち")
        == 1
    )
    assert word("明日").reading not in candidates(word("明日"))
    assert candidates(word("食べる"), known=["のむ", "くべる"])[0] == "くべる"
    assert "のむ" not in candidates(word("食べる"), known=["のむ"])
    assert candidates(word("ここ")) == ()


NASTY = st.text(
    st.sampled_from(
        "今日本三一二十百千万億日月時分間何数が折れは気3２0.,:/-%年か月ヶ々〆、。！？「」（）・ー"
        "\n\r\t \u3000\u200b\u200d\ufe0f\u3099\U000e0100か人𠮟㋿㈱①ｶﾞﾊﾟ㍻😀👍🏽🇯🇵Aａ<@1>`:*_|~"
    )
    | st.characters(),
    max_size=60,
)


@given(NASTY)
def test_every_character_comes_back_in_order(text: str) -> None:
    """Whatever is in a text; the same holds for the pieces of its words."""
    words = read(text)
    assert "".join(word.text for word in words) == text
    assert "".join(piece.text for word in words for piece in word.ruby) == text


@given(NASTY)
def test_every_character_comes_back_with_corrections(text: str) -> None:
    """Those of odd words, too."""
    words = read(text, {"今日": "きょう", "日間": "にちかん", "三": "み", "は気": "はけ", "": "あ"})
    assert "".join(piece.text for word in words for piece in word.ruby) == text
