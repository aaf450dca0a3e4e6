"""Kana to romaji and back."""

from __future__ import annotations

import pytest

from bot.study.evaluation.readings import all_readings
from bot.study.kana import hiragana
from bot.study.romaji import LongVowels, is_unambiguous, spellings, to_kana, to_romaji

PAIRS = [
    ("こんにちわ", "konnichiwa"),
    ("おんな", "onna"),
    ("とうきょう", "tōkyō"),
    ("きんえん", "kin'en"),
    ("きねん", "kinen"),
    ("こんやく", "kon'yaku"),
    ("こにゃく", "konyaku"),
    ("まっちゃ", "matcha"),
    ("しんぶん", "shinbun"),
    ("ほんや", "hon'ya"),
    ("はんのう", "hannō"),
    ("せんせい", "sensei"),
    ("おいしい", "oishii"),
    ("くうき", "kūki"),
    ("じゅんいちろう", "jun'ichirō"),
    ("ばあい", "baai"),
    ("みずうみ", "mizuumi"),
    ("こーひー", "kōhī"),
    ("らーめん", "rāmen"),
    ("おかあさん", "okāsan"),
    ("おねえさん", "onēsan"),
    ("ざっし", "zasshi"),
    ("ぱーてぃー", "pātī"),
    ("あっ", "a'"),
]


@pytest.mark.parametrize(("kana", "romaji"), PAIRS)
def test_hepburn_is_written_and_read(kana: str, romaji: str) -> None:
    """n' before vowels and y, tch, macrons; ei and ii stay."""
    assert to_romaji(kana) == romaji
    assert to_kana(romaji) == kana


@pytest.mark.parametrize(
    ("kana", "romaji"),
    [
        ("コーヒー", "kōhī"),
        ("ラーメン", "rāmen"),
        ("ヴァイオリン", "vaiorin"),
        ("ファイル", "fairu"),
        ("ウィスキー", "wisukī"),
        ("シェフ", "shefu"),
        ("デュエット", "dyuetto"),
        ("トゥナイト", "tunaito"),
        ("チェック", "chekku"),
        ("ツァイス", "tsaisu"),
        ("クォーツ", "kwōtsu"),
        ("ヷイオリン", "vaiorin"),
        ("バッハ", "bahha"),
        ("いすゞ", "isuzu"),
        ("こゝろ", "kokoro"),
        ("はなぢ", "hanaji"),
        ("つづく", "tsuzuku"),
        ("おおきい", "ōkii"),
        ("ほんをよむ", "hon'oyomu"),
        ("ねぇ", "nē"),
        ("かんABC・漢字", "kanABC・漢字"),
        ("", ""),
    ],
)
def test_kana_of_any_kind_become_romaji(kana: str, romaji: str) -> None:
    """Loanwords' kana, old ones and marks of repetition; all else stays."""
    assert to_romaji(kana) == romaji


@pytest.mark.parametrize(
    ("kana", "romaji"),
    [("コーヒー", "koohii"), ("とうきょう", "toukyou"), ("おおきい", "ookii"), ("ケーキ", "keeki")],
)
def test_long_vowels_can_be_doubled(kana: str, romaji: str) -> None:
    """As kana write them; ー repeats the vowel."""
    assert to_romaji(kana, LongVowels.DOUBLED) == romaji


@pytest.mark.parametrize(
    ("romaji", "kana"),
    [
        ("Toukyou", "とうきょう"),
        ("TÔKYÔ", "とうきょう"),
        ("shimbun", "しんぶん"),
        ("samma", "さんま"),
        ("maccha", "まっちゃ"),
        ("si ti tu hu zi di", "し ち つ ふ じ ぢ"),
        ("syasin tyotto zyama", "しゃしん ちょっと じゃま"),
        ("konnnichiwa", "こんにちわ"),
        ("kin’en", "きんえん"),
        ("hon wo yomu", "ほん を よむ"),
        ("tsudzuku", "つづく"),
        ("hello python 123 w", "hello python 123 w"),
        ("nihongo: 日本語!", "にほんご: 日本語!"),
    ],
)
def test_other_spellings_are_read(romaji: str, kana: str) -> None:
    """Those of keyboards and of the official system; a word that is no romaji stays."""
    assert to_kana(romaji) == kana


def test_every_way_to_spell_a_word_is_given_for_looking_up() -> None:
    """Long vowels, ぢ and づ, loanwords' kana, and は at the end; nothing for other words."""
    assert "こーひー" in spellings("kōhī") and "こーひー" in spellings("koohii")
    assert spellings("ōkii")[:2] == ("おうきい", "おうきー") and "おおきい" in spellings("ōkii")
    assert "こんにちは" in spellings("konnichiwa")
    assert "はなぢ" in spellings("hanaji") and "ぱーてぃー" in spellings("pātī")
    assert spellings("hello") == ()
    assert len(spellings("ōōōōōōōōōō")) == 64


def test_the_dictionarys_readings_come_back_from_romaji() -> None:
    """All that are unambiguous, in either spelling of long vowels; that is four of five. Here every
    tenth; the evaluation takes all."""
    readings = all_readings()[::10]
    for long in LongVowels:
        clear = 0
        for reading in readings:
            romaji = to_romaji(reading, long)
            if is_unambiguous(reading, long):
                clear += 1
                assert to_kana(romaji) == hiragana(reading), (reading, romaji)
        assert clear > 0.8 * len(readings)
