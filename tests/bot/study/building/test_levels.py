"""Rows of levels meet the entries that they mean."""

from __future__ import annotations

import pytest

from bot.study.building.levels import Row, levels, readings, spellings
from bot.study.building.words import Form, Meaning, RawWord
from bot.study.levels import Level


def word(id: int, writings: str, readings: str, gloss: str, tags: str = "") -> RawWord:
    """An entry; several writings or readings with spaces between."""
    return RawWord(
        id,
        [Form(text) for text in writings.split()],
        [Form(text) for text in readings.split()],
        [Meaning([gloss], [], tags.split())],
    )


LUNG, YES, ASH = (
    word(1, "肺", "はい", "lung"),
    word(2, "", "はい", "yes"),
    word(3, "灰", "はい", "ash"),
)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("見る 観る", ["見る", "観る"]),
        ("川/河", ["川", "河"]),
        ("コピーする", ["コピー"]),
        ("する", ["する"]),
        ("あげる (=やる)", ["あげる"]),
        ("～円", ["円"]),
        ("いい/よい", ["いい", "よい"]),
    ],
)
def test_a_cell_may_hold_several_spellings(cell: str, found: list[str]) -> None:
    """する after a noun is no part of it; remarks are left out."""
    assert spellings(cell) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("なん/なに", ["なん", "なに"]),
        ("し / よん", ["し", "よん"]),
        ("べんきょうする", ["べんきょう"]),
        ("あたたか(い)", ["あたたかい"]),
        ("（感）", [""]),
        ("Uӣ[い", [""]),
        ("", [""]),
    ],
)
def test_a_cell_may_hold_several_readings_or_none(cell: str, found: list[str]) -> None:
    """What is no kana is no reading."""
    assert readings(cell) == found


def test_kana_reach_a_word_with_kanji_only_by_its_meaning() -> None:
    """Otherwise 肺 would be N5, since はい (yes) is."""
    rows: list[Row] = [
        ("はい", "", ["yes"], "N5"),
        ("灰", "はい", ["ash"], "N3"),
        ("肺", "はい", ["lungs"], "N1"),
    ]
    assert levels([LUNG, YES, ASH], rows) == {1: Level.N1, 2: Level.N5, 3: Level.N3}


def test_kana_reach_a_word_with_kanji_by_a_shared_gloss() -> None:
    """As かぎ (key) reaches 鍵."""
    key = word(4, "鍵", "かぎ", "key (for a lock)")
    assert levels([key], [("かぎ", "", ["a key"], "N5")]) == {4: Level.N5}


def test_of_several_rows_for_a_word_the_easiest_counts() -> None:
    """ある is there four times."""
    rows: list[Row] = [("灰", "はい", ["ash"], "N3"), ("灰", "", ["ash"], "N4")]
    assert levels([ASH], rows) == {3: Level.N4}


def test_a_remark_in_place_of_a_reading_comes_with_another_words_gloss() -> None:
    """はい （感） is glossed "wear": it is not 佩."""
    wear = word(5, "佩", "はい", "wear")
    assert levels([YES, wear], [("はい", "（感）", ["wear"], "N3")]) == {2: Level.N3}


def test_what_the_list_lacks_is_added_by_hand() -> None:
    """母 has no row."""
    assert levels([word(6, "母", "はは", "mother")], []) == {6: Level.N5}
