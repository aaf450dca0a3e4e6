"""What of a text is analysed, and what is gone around."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.study.reading.spans import split


@pytest.mark.parametrize(
    "around",
    [
        "https://example.com/日本?q=1#x",
        "<@123>",
        "<@!123>",
        "<@&456>",
        "<#789>",
        "</jisho:42>",
        "<t:1600000000:R>",
        "<@U01ABC>",
        "<#C01|日本語>",
        "<!here>",
        "<!subteam^S1|@先生>",
        "<https://example.com|本を読む>",
        "<mailto:a@example.com|a>",
        "@tanaka_01",
        "`本 = 3`",
        "``本 ` 三``",
        "```py\n本 = '三本'\n```",
        "```\n終わらない 本",
        "😀",
        "👨‍👩‍👧",
        "👍🏽",
        "🇯🇵",
        "1️⃣",
        "❤️",
        "<:name:1>",
        "<a:neko:22>",
        ":smile:",
        ":+1::skin-tone-2:",
        "tanaka@example.co.jp",
        "Python",
        "don't",
        "C++",
        "Wi-Fi",
        "ＡＰＩ",
        "café",
    ],
)
def test_what_is_not_japanese_is_gone_around(around: str) -> None:
    """As one stretch, with Japanese before it left to be analysed."""
    spans = split(f"今日{around}")
    assert [(span.text, span.japanese) for span in spans] == [("今日", True), (around, False)]


@pytest.mark.parametrize("text", ["三本の本", "3本", "12:30に", "３冊", "1,000円（税込）", "a" * 0])
def test_japanese_with_its_digits_is_analysed(text: str) -> None:
    """In one piece."""
    assert [span.japanese for span in split(text)] == [True] * bool(text)


def test_a_sentence_goes_on_behind_a_link() -> None:
    """Japanese punctuation ends a URL, and so do spaces."""
    spans = split("（https://example.com/a）を見て")
    assert [span.text for span in spans] == ["（", "https://example.com/a", "）を見て"]


NASTY = st.text(
    st.sampled_from("今日本を3３,:.@<>`#!/|\n \u3000\u200b\u200d\ufe0f\u3099か人😀👍🏽🇯Aａtlhps_-+")
    | st.characters()
)


@given(NASTY)
def test_nothing_is_lost(text: str) -> None:
    """The stretches joined are the text, whatever is in it, and none is empty."""
    spans = split(text)
    assert "".join(span.text for span in spans) == text
    assert all(span.text for span in spans)
