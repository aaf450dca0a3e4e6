"""A text as an analyser wants it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.study.reading.characters import clean


@pytest.mark.parametrize(
    ("original", "text"),
    [
        ("今日は\u200b晴れ", "今日は晴れ"),
        ("か\u3099くせい", "がくせい"),
        ("葛\U000e0100城", "葛城"),
        ("𠮟る", "叱る"),
        ("神社", "神社"),
        ("⾷べる", "食べる"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("３本", "3本"),
        ("㋿八年", "令和八年"),
        ("國語", "国語"),
        ("\u200b", ""),
        ("", ""),
    ],
)
def test_characters_become_those_that_dictionaries_have(original: str, text: str) -> None:
    """Composed, of usual width, without what is not seen."""
    assert clean(original).text == text


@given(st.text(st.sampled_from("がか\u3099\u200b\U000e0100𠮟㋿3３ｶﾞ食⾷\n ") | st.characters()))
def test_each_character_knows_where_it_comes_from(original: str) -> None:
    """The slices of all characters in order are the original, if there is any character."""
    found = clean(original)
    slices = [found.slice(i, i + 1) for i in range(len(found.text))]
    assert "".join(slices) == (original if found.text else "")
