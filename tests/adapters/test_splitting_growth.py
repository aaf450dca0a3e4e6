"""A reply that grows is split as if it were split whole, and shows nothing too early."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.markup import DISCORD, SLACK, Markup
from adapters.splitting import Splitter, closed, split, utf16_length
from adapters.tables import as_code
from adapters.unfinished import shown

WORDS = [
    *["猫は窓のそばで眠っています。", "word ", "**", "*", "__", "~~", "||", "|", "`", "```", "\n"],
    *["\n\n", "> ", "\n>>> ", "\n| a | b |\n|---|--:|\n| 1 | 2 |\n", "| 猫 | 犬です |\n", "~~~"],
    *["```py\nx = 1\n```", "||秘密||", "[a [b] c](https://x.jp)", "<@123>", " ", "\\*", "🇯🇵"],
    *["```\nx", "\n    ", "https://example.com/a", "|a", "| b", "-|-", "</settings temperature:1>"],
]
TEXT = st.lists(st.sampled_from(WORDS), max_size=30).map("".join)
MARKUP = st.sampled_from([DISCORD, SLACK])
LIMIT = st.integers(40, 120)
STEPS = st.lists(st.integers(1, 40), min_size=1, max_size=20)


def displayed(text: str, markup: Markup) -> str:
    """The text as the platform shows its tables."""
    return text if markup.tables else as_code(text)


@given(TEXT, LIMIT, MARKUP, STEPS)
def test_a_splitter_gives_what_split_gives(
    text: str, limit: int, markup: Markup, steps: list[int]
) -> None:
    """However the text grows, while it is written and at its end."""
    splitter, end = Splitter(limit, markup=markup), 0
    for step in steps:
        end += step
        writing = step % 2 == 0
        so_far = displayed(text[:end], markup)
        wanted = shown(so_far, markup) if writing else so_far
        assert splitter.parts(text[:end], writing=writing) == split(wanted, limit, markup=markup)
    whole = split(displayed(text, markup), limit, markup=markup)
    assert splitter.parts(text) == whole


@given(TEXT, TEXT, LIMIT, MARKUP)
def test_a_text_that_is_no_continuation_is_split_anew(
    one: str, other: str, limit: int, markup: Markup
) -> None:
    """A reply that is begun again."""
    splitter = Splitter(limit, markup=markup)
    splitter.parts(one)
    assert splitter.parts(other) == split(displayed(other, markup), limit, markup=markup)


@given(TEXT, LIMIT)
def test_no_message_has_an_odd_fence_while_a_reply_is_written(text: str, limit: int) -> None:
    """Whatever was shown of it."""
    splitter = Splitter(limit)
    for end in range(0, len(text), 7):
        for part in splitter.parts(text[:end], writing=True):
            assert part.text.count("```") % 2 == 0
            assert utf16_length(part.text) <= limit


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("犯人は ||執事", "犯人は "),
        ("犯人は ||執事|", "犯人は "),
        ("犯人は ||執事||", "犯人は ||執事||"),
        ("a ||b|| c ||d", "a ||b|| c "),
        ("||||x", ""),
        ("||\n\nx", ""),
        ("it`s ||x", "it`s "),
        ("`a || b", "`a "),
        ("`a || b` c", "`a || b` c"),
        ("```\na || b", "```\na || b"),
    ],
)
def test_an_open_spoiler_shows_nothing_of_its_text(text: str, visible: str) -> None:
    """Not even where a code span may begin; what is code is no spoiler."""
    assert shown(text) == visible


@pytest.mark.parametrize("markup", [DISCORD, SLACK])
def test_bars_hide_nothing_where_there_are_no_spoilers(markup: Markup) -> None:
    """Slack knows none."""
    assert shown("a || b", markup) == ("a || b" if markup is SLACK else "a ")


@given(st.lists(st.sampled_from(["||", "あ", "<@1", "\n| ", "`", "\n", "*", "x "]), max_size=20))
def test_what_is_shown_has_no_open_spoiler(words: list[str]) -> None:
    """At no moment: what is shown of what is shown is all of it, but for what is undecided."""
    text = "".join(words)
    for end in range(len(text)):
        visible = shown(text[:end])
        assert text.startswith(visible)
        assert closed(visible) in (visible, f"{visible}\n```") or "`" in visible


@pytest.mark.parametrize(
    "text",
    ["a <@12", "a </settings tem", "a [b](https://x", "a **", "a\n| b", "a\n| b |\n|--", "a ``"],
)
def test_what_may_become_something_else_waits(text: str) -> None:
    """Mentions, links, marks and the header of a table, until they are complete."""
    assert shown(text).strip() == "a"


def test_a_stopped_reply_closes_its_code_block_and_its_spoiler() -> None:
    """So that what stands below is neither, and the spoiler stays one."""
    assert closed("```py\nx") == "```py\nx\n```"
    assert closed("a ||b") == "a ||b||"
    assert closed("a || b", SLACK) == "a || b"
    assert closed("> ```\n> x") == "> ```\n> x\n> ```"


@pytest.mark.parametrize("unit", [" ", ".", "。", "🇯🇵", "`", "*a", "||a|", "[a](", "\n", "> a\n"])
def test_what_is_measured_is_in_proportion_to_the_text(unit: str) -> None:
    """Counted in characters that are measured, over all edits of a reply that grows."""

    def counting(counted: list[int]) -> Callable[[str], int]:
        def measure(text: str) -> int:
            counted.append(len(text))
            return len(text)

        return measure

    for length in (4_000, 16_000):
        text = (unit * length)[:length]
        counted: list[int] = []
        splitter = Splitter(200, measure=counting(counted))
        for end in range(0, length, 100):
            splitter.parts(text[:end], writing=True)
        splitter.parts(text)
        assert sum(counted) < 120 * length


@pytest.mark.parametrize(
    "unit", ["    \n", " ", ".", "!?", "。」と", "🇯🇵", "`", "*", "||", "[a](", "<@"]
)
@pytest.mark.parametrize("before", ["", "```\n"])
def test_a_huge_text_of_one_shape_is_split(unit: str, before: str) -> None:
    """Eighty thousand characters; the suite would stop what takes their square."""
    text = (before + unit * 80_000)[:80_000]
    for markup in (DISCORD, SLACK):
        parts = split(text, 2_000, markup=markup)
        assert not parts or parts[-1].end == len(text)


@pytest.mark.parametrize("bars", ["a || b", "a||b"])
@pytest.mark.parametrize("behind", ["\n\nつぎの段落", "あ" * 400])
def test_bars_in_prose_do_not_hold_back_the_rest_of_the_reply(bars: str, behind: str) -> None:
    """After their paragraph, or a few lines, it is shown: hidden, as it may be a spoiler."""
    assert shown(f"C では {bars}") == f"C では {bars.partition('||')[0]}"
    assert shown(f"C では {bars}{behind}") == f"C では {bars}{behind}||"
    assert shown(f"C では {bars}{behind}\n```py\nx") == f"C では {bars}{behind}\n```py\nx\n```||"
    assert shown(f"C では {bars}{behind} || c") == f"C では {bars}{behind} || c"


@pytest.mark.parametrize("behind", ["\n\nつぎの段落", "あ" * 400])
def test_a_spoiler_shows_nothing_of_its_text_however_long_it_is(behind: str) -> None:
    """Bars that stand before a word are one, and not an operator."""
    assert shown(f"犯人は ||執事{behind}") == "犯人は "
    assert shown(f"犯人は||執事{behind}") == "犯人は"


TABLES = [
    "| a | b |\n|---|--:|\n",
    "| 猫 | `b` |\n",
    "| 犬です | c ||\n",
    "\n",
    "終わり。",
    "```\n",
]


@given(st.lists(st.sampled_from([*TABLES, "|| x", "`"]), max_size=40).map("".join), LIMIT)
def test_tables_that_grow_are_split_as_if_they_came_whole(text: str, limit: int) -> None:
    """Their rows change while they are written, also in messages that were settled."""
    splitter = Splitter(limit)
    for end in range(0, len(text), 5):
        wanted = shown(as_code(text[:end]))
        assert splitter.parts(text[:end], writing=True) == split(wanted, limit)
    assert splitter.parts(text) == split(as_code(text), limit)
