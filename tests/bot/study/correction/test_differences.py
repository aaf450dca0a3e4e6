"""What a rewrite changed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.study.correction.differences import Change, check, differences, is_same, similarity


def shown(before: str, after: str) -> str:
    """The differences on one line: kept, [removed|added]."""
    return "".join(
        change.before if change.is_kept else f"[{change.before}|{change.after}]"
        for change in differences(before, after)
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("食べました", "食べます", "[食べました|食べます]"),
        (
            "昨日、図書館に勉強しました。",
            "昨日、図書館で勉強しました。",
            "昨日、図書館[に|で]勉強しました。",
        ),
        (
            "この料理はおいしいでした。",
            "この料理はおいしかったです。",
            "この料理は[おいしいでした|おいしかったです]。",
        ),
        ("私は学校に行った。", "私が学校へ行きます。", "私[は|が]学校[に|へ][行った|行きます]。"),
        ("学生です", "学生でした", "学生[です|でした]"),
        ("勉強した", "勉強しました", "勉強[した|しました]"),
        ("寿司が好き", "寿司が好きです", "寿司が好き[|です]"),
        ("同じ文です。", "同じ文です。", "同じ文です。"),
        ("", "あ", "[|あ]"),
        ("", "", ""),
    ],
)
def test_words_are_compared_not_characters(before: str, after: str, expected: str) -> None:
    """An inflected word is one change, however much of it stayed; words that stand for each other
    are shown one by one."""
    assert shown(before, after) == expected


TEXTS = st.text(
    st.sampled_from(list("食べたまします私は学校に行かない。 \n、読めるa😀\0")), max_size=25
)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_the_changes_join_to_both_texts(before: str, after: str) -> None:
    """Exactly, with spaces and signs; no change is empty, and no two kept ones touch."""
    found = differences(before, after)
    assert "".join(change.before for change in found) == before
    assert "".join(change.after for change in found) == after
    assert all(change.before or change.after for change in found)
    assert not any(a.is_kept and b.is_kept for a, b in pairwise(found))


def test_a_text_of_4000_characters_is_compared() -> None:
    """Also where every word is another."""
    found = differences("食べた。" * 1000, "飲んだ。" * 1000)
    assert "".join(change.after for change in found) == "飲んだ。" * 1000


def test_space_width_and_the_full_stop_are_no_change() -> None:
    """Everything else is."""
    assert is_same("食べた。", " 食べた") and is_same("ＡＢＣです", "ABC です。")
    assert not is_same("食べた", "食べる") and not is_same("行く？", "行く。")


def test_similar_texts_share_characters_or_words() -> None:
    """1.0 is the same text; a polite form shares the word with the casual one."""
    assert similarity("食べた。", "食べた") == 1.0
    assert similarity("明日、行きますか。", "明日行く？") == pytest.approx(0.9)
    assert similarity("昨日、図書館で勉強しました。", "ごめんね") < 0.4
    assert similarity("", "あ") == 0.0


def test_added_words_that_the_dictionary_does_not_have_are_marked() -> None:
    """By the plain form; kept words, names, numbers and particles are not asked for."""
    asked: list[str] = []

    def known(word: str) -> bool:
        asked.append(word)
        return word in ("食べる", "読む", "行く")

    changes = differences(
        "パンをたべます。", "田中さんはパンを3個食べました、読めたらペロムーに行った。"
    )
    unknown = [word for change in check(changes, known) for word in change.unknown]
    assert unknown == ["ペロムー"]
    assert not {"田中", "3", "は", "を", "。", "パン"} & set(asked)


def test_nothing_is_marked_where_nothing_changed() -> None:
    """A text that is kept is not judged."""
    changes = differences("ペロムー", "ペロムー")
    assert check(changes, lambda word: False) == (Change("ペロムー", "ペロムー"),)
    assert check((), lambda word: False) == ()
