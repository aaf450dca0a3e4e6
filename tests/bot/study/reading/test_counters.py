"""How numbers are read with what is counted."""

from __future__ import annotations

import pytest

from bot.study.reading.counters import cardinal, find, in_kanji, with_counter


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("三本", "さんぼん"),
        ("一匹", "いっぴき"),
        ("四時", "よじ"),
        ("八百円", "はっぴゃくえん"),
        ("三階", "さんがい"),
        ("何階", "なんがい"),
        ("六分", "ろっぷん"),
        ("八分", "はっぷん"),
        ("三軒", "さんげん"),
        ("三足", "さんぞく"),
        ("十杯", "じゅっぱい"),
        ("百匹", "ひゃっぴき"),
        ("六百階", "ろっぴゃっかい"),
        ("千本", "せんぼん"),
        ("二十日", "はつか"),
        ("二十歳", "はたち"),
        ("20才", "はたち"),
        ("14日", "じゅうよっか"),
        ("2日間", "ふつかかん"),
        ("1日", "いちにち"),
        ("一人", "ひとり"),
        ("四人", "よにん"),
        ("二人前", "ににんまえ"),
        ("4年生", "よねんせい"),
        ("九時", "くじ"),
        ("六ヶ月", "ろっかげつ"),
        ("1カ月", "いっかげつ"),
        ("3か月間", "さんかげつかん"),
        ("3人目", "さんにんめ"),
        ("一皿", "ひとさら"),
        ("三つ", "みっつ"),
        ("何本", "なんぼん"),
        ("数人", "すうにん"),
        ("二、三日", "にさんにち"),
        ("四、五人", "しごにん"),
        ("三分の一", "さんぶんのいち"),
        ("10万円", "じゅうまんえん"),
        ("1,000円", "せんえん"),
        ("3.5キロ", "さんてんごきろ"),
        ("1.5万円", "いってんごまんえん"),
        ("12:30", "じゅうにじさんじゅっぷん"),
        ("10:00", "じゅうじ"),
        ("2026/1/1", "にせんにじゅうろくねんいちがつついたち"),
        ("2026年", "にせんにじゅうろくねん"),
        ("二〇二六年", "にせんにじゅうろくねん"),
        ("5%", "ごぱーせんと"),
        ("1兆円", "いっちょうえん"),
        ("0時", "れいじ"),
    ],
)
def test_a_count_is_read_with_its_sound_changes(text: str, reading: str) -> None:
    """Kanji, digits and both; days, people and ages have names of their own."""
    (count,) = find(text)
    assert (count.reading, count.start, count.end) == (reading, 0, len(text))


@pytest.mark.parametrize("text", ["03-1234-5678", "007", "9" * 20, "何", "数日", "億万", "本", ""])
def test_what_is_no_number_to_be_read_is_left(text: str) -> None:
    """Telephone numbers, codes, numbers beyond 10¹⁶, and words."""
    assert find(text) == ()


def test_a_date_is_several_counts() -> None:
    """The first of a month is ついたち behind its month."""
    found = find("2026年11月27日と三月一日")
    assert [count.reading for count in found] == [
        "にせんにじゅうろくねん",
        "じゅういちがつ",
        "にじゅうしちにち",
        "さんがつ",
        "ついたち",
    ]


def test_numbers_are_read_and_written_in_kanji() -> None:
    """With the changes inside them."""
    assert cardinal(8600) == "はっせんろっぴゃく" and cardinal(0) == "ぜろ"
    assert cardinal(13_870) == "いちまんさんぜんはっぴゃくななじゅう"
    assert in_kanji(2026) == "二千二十六" and in_kanji(100_000) == "十万" and in_kanji(0) == "零"
    assert with_counter(3, "猫") is None and with_counter(10, "つ") is None
