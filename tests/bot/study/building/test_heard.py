"""Whether a word of a sentence is read as an entry is."""

from __future__ import annotations

import pytest

from bot.study.analysis import tokens
from bot.study.building.heard import Heard


@pytest.mark.parametrize(
    ("text", "word", "readings", "fits"),
    [
        ("この缶は空だ。", "空", {"そら"}, False),
        ("空が晴れた。", "空", {"そら"}, True),
        ("本を開いた。", "開い", {"あく"}, False),
        ("本を開いた。", "開い", {"ひらく"}, True),
        ("今日は十月三日です。", "月", {"つき"}, False),
        ("月が明るい。", "月", {"つき"}, True),
        ("学校へ行った。", "行っ", {"いく", "ゆく"}, True),
        ("友達が来た。", "来", {"くる"}, True),
    ],
)
def test_a_word_is_an_entry_where_it_is_read_so(
    text: str, word: str, readings: set[str], fits: bool
) -> None:
    """In any form; a part of a date is none."""
    (token,) = [token for token in tokens(text) if token.surface == word]
    assert Heard(text).fits(token.start, token.end, token, readings) is fits
