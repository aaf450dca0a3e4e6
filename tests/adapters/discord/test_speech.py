"""What the bot says of itself, in Discord's Markdown."""

from __future__ import annotations

import pytest

from adapters.discord.speech import shown
from bot.notices import Span, Style


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*a* _b_ ~~c~~ ||d|| `e` \\", r"\*a\* \_b\_ \~\~c\~\~ \|\|d\|\| \`e\` " + "\\\\"),
        ("[漢](http://a.b/c_d)", r"\[漢](http://a.b/c_d)"),
        ("# a\n- b\n> c\n-# d", "\\# a\n\\- b\n\\> c\n\\-# d"),
        ("\n  - a", "\n  \\- a"),
        ("a - b # c > d", "a - b # c > d"),
        ("https://a.b/c_d_e 今日_は_", r"https://a.b/c_d_e 今日\_は\_"),
        ("<:my_emoji:123> <a:b_c:4>", "<:my_emoji:123> <a:b_c:4>"),
    ],
)
def test_no_character_of_a_span_means_anything(text: str, expected: str) -> None:
    """But links and custom emoji are what they were."""
    assert shown(Span(text)) == expected


def test_marks_stand_beside_what_is_seen() -> None:
    """Around white space they would be shown as they are."""
    assert shown(Span(" a ", Style.REMOVED)) == " ~~a~~ "
    assert shown(Span("  ", Style.BOLD)) == "  "
