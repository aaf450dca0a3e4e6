"""What the bot says of itself, as Slack's messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.notices import LIMIT, sayings
from bot.notices import Notice, Span, Style, bold, lines, spans

SPANS = st.lists(
    st.builds(Span, st.text("猫。 \n`~", max_size=3_000), st.sampled_from([None, Style.BOLD])),
    max_size=8,
).map(tuple)


def shown(notice: Notice) -> list[str]:
    """What each message shows."""
    rich = [saying.blocks[0]["elements"][0]["elements"] for saying in sayings(notice)]
    return ["".join(element["text"] for element in elements) for elements in rich]


def test_lines_stay_lines() -> None:
    """With the spaces in them."""
    detail = lines([spans(bold("猫"), "  cat"), spans(bold("犬"), "  dog")])
    assert shown(Notice("Words", "言葉", detail)) == ["言葉\nWords\n猫  cat\n犬  dog"]


def test_a_part_begins_where_a_line_does() -> None:
    """Also where a line is several spans; a longer one is parted at a sentence's end."""
    detail = lines([spans(bold(f"{number}"), "  " + "x" * 90) for number in range(100)])
    assert all(part[0].isdecimal() for part in shown(Notice("e", "j", detail))[1:])
    sentences = "これは猫です。" * 600
    assert all(part.endswith("です。") for part in shown(Notice("e", "j", spans(sentences)))[1:-1])


@given(SPANS)
def test_nothing_is_lost_and_no_message_is_too_long(detail: tuple[Span, ...]) -> None:
    """Whatever the spans; marks of Markdown are only themselves."""
    parts = shown(Notice("e", "j", detail))
    assert all(0 < len(part) <= LIMIT for part in parts)
    head = "j\ne\n" if detail else "j\ne"
    assert "".join(parts) == head + "".join(span.text for span in detail)
    elements = [
        element
        for saying in sayings(Notice("e", "j", detail))
        for element in saying.blocks[0]["elements"][0]["elements"]
    ]
    assert all(element["text"] for element in elements)  # Slack refuses empty ones
