"""Words that are read by their sentence."""

from __future__ import annotations

import pytest

from bot.study.reading.homographs import readings
from bot.study.reading.readings import read


@pytest.mark.parametrize(
    ("text", "word", "reading"),
    [
        ("人気のない夜の道。", "人気", "ひとけ"),
        ("若者に人気の店。", "人気", "にんき"),
        ("大人気のゲーム。", "大人気", "だいにんき"),
        ("このカレーは辛い。", "辛い", "からい"),
        ("別れは辛い。", "辛い", "つらい"),
        ("キムチが辛かった。", "辛かっ", "からかっ"),
        ("市場で魚を買う。", "市場", "いちば"),
        ("株式市場が動く。", "市場", "しじょう"),
        ("風でドアが開いた。", "開い", "あい"),
        ("本を開く。", "開く", "ひらく"),
        ("空の箱を捨てる。", "空", "から"),
        ("空が青い。", "空", "そら"),
        ("あの方はどなたですか。", "方", "かた"),
        ("電車の方が速い。", "方", "ほう"),
        ("行く方がいい。", "行く方", "いくほう"),
        ("大阪の日本橋へ行く。", "日本橋", "にっぽんばし"),
        ("今日の社会では。", "今日", "こんにち"),
        ("もう十分です。", "十分", "じゅうぶん"),
        ("駅まで十分です。", "十分", "じゅっぷん"),
        ("会議を行った。", "行っ", "おこなっ"),
        ("学校へ行った。", "行っ", "いっ"),
        ("何ですか。", "何", "なん"),
        ("何がありますか。", "何", "なに"),
        ("他の人に聞く。", "他の", "ほかの"),
        ("私は行く。", "私", "わたし"),
        ("11月27日（金）に", "金", "きん"),
        ("相手の方が一枚上手だった。", "上手", "うわて"),
    ],
)
def test_a_word_is_read_by_its_sentence(text: str, word: str, reading: str) -> None:
    """Also in its other forms, and made of two of the analyser's words."""
    assert (word, reading) in [(found.text, found.reading) for found in read(text)]


def test_all_readings_of_a_word_are_known_for_a_choice() -> None:
    """Those of the table, the commonest first."""
    assert readings("一日") == ("ついたち", "いちにち")
    assert readings("人気") == ("にんき", "ひとけ")
    assert readings("猫") == ()
