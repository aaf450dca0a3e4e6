"""A text with its readings, in the forms that a chat can show."""

from __future__ import annotations

import pytest

from bot.study.reading.furigana import hidden, inline, kana, romaji
from bot.study.reading.okurigana import Ruby
from bot.study.reading.readings import read
from bot.study.romaji import LongVowels


def test_readings_stand_in_brackets_behind_their_kanji() -> None:
    """Okurigana stay outside; only words that are wanted have any."""
    words = read("今日は食べ物を買う。")
    assert inline(words) == "今日(きょう)は食(た)べ物(もの)を買(か)う。"
    assert inline(words, lambda word: word.text != "今日") == "今日は食(た)べ物(もの)を買(か)う。"


def test_readings_come_apart_for_a_platform_to_hide() -> None:
    """What has none is in one piece."""
    assert hidden(read("これは本です")) == (Ruby("これは"), Ruby("本", "ほん"), Ruby("です"))


def test_a_text_becomes_kana_as_it_is_written() -> None:
    """Katakana stay, は stays は, and so does what is no Japanese."""
    assert (
        kana(read("今日はPythonとｺｰﾋｰ、3本。 `本`")) == "きょうはPythonとコーヒー、さんぼん。 `本`"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今日は田中さんとコーヒーを飲みました。", "Kyō wa Tanaka-san to kōhī o nomimashita."),
        ("お母さんへ。ラーメンは？", "Okāsan e. Rāmen wa?"),
        ("食べさせられたくなかったと思う。", "Tabesaseraretakunakatta to omou."),
        ("「行こう！」と言った。", "“Ikō!” to itta."),
        ("禁煙と記念、女の人。", "Kin'en to kinen, onna no hito."),
        ("Pythonで書いているよ。", "Python de kaite iru yo."),
        ("３時に（東京）会う。", "Sanji ni (Tōkyō) au."),
        ("こんにちは、<@1>さん", "Konnichiwa, <@1> san"),
        ("場合によって吸う。", "Baai ni yotte suu."),
        ("`本` https://a.jp/本 を見て", "`本` https://a.jp/本 o mite"),
        ("雨\nです", "Ame\nDesu"),
        ("**太字**と~~本~~だ", "**Futoji** to ~~hon~~ da"),
        ("令和6年の第3課", "Reiwa rokunen no daisanka"),
        ("東京都の田中様", "Tōkyō-to no Tanaka-sama"),
        ("", ""),
    ],
)
def test_a_text_becomes_romaji_as_it_is_spoken(text: str, expected: str) -> None:
    """Endings joined, particles apart, names and beginnings with capitals, Latin punctuation."""
    assert romaji(read(text)) == expected


def test_long_vowels_of_romaji_can_be_doubled() -> None:
    """As a group has set it."""
    assert romaji(read("東京でコーヒーを"), LongVowels.DOUBLED) == "Toukyou de koohii o"
