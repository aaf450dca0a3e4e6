"""A table is shown as aligned code where the platform shows none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.splitting import split
from adapters.tables import Tables, as_code

TABLE = "| 名前 | n |\n|---|--:|\n| 猫 | 1 |\n| 犬です | 22 |\n"
SHOWN = "```\n名前   |   n\n-------+----\n猫     |   1\n犬です |  22\n```"


def test_a_table_is_aligned_and_wide_characters_count_two() -> None:
    """With the text around it."""
    assert as_code(TABLE) == SHOWN
    assert as_code(f"表：\n\n{TABLE}\n終わり") == f"表：\n\n{SHOWN}\n\n終わり"


def test_a_table_without_bars_at_its_ends_is_one_too() -> None:
    """And cells may hold bars that are escaped."""
    shown = as_code("a | b\n--- | ---\n**x** | `y`\n1\\|2 | 3")
    assert shown == "```\na   | b\n----+----\nx   | y\n1|2 | 3\n```"


def test_what_is_no_table_stays() -> None:
    """Code, a header without its line of dashes, and one with other cells."""
    for text in (f"```\n{TABLE}```", "| a | b |\nx", "| a | b |\n|---|\n", "a || b", "|---|---|"):
        assert as_code(text) == text


def test_a_table_shown_as_code_keeps_its_header_over_a_break() -> None:
    """In every message."""
    parts = split(as_code(TABLE + "| 鳥 | 3 |\n" * 30), 120)
    assert len(parts) > 2
    assert all(part.text.startswith("```\n名前   |   n\n-------+----\n") for part in parts)


def test_a_long_table_that_grows_changes_at_its_end_only() -> None:
    """Once its first rows have decided how wide its columns are."""
    rows = [f"| {'猫' * (n % 7)} | {n} |\n" for n in range(400)]
    before = as_code(TABLE + "".join(rows[:200]))
    assert as_code(TABLE + "".join(rows)).startswith(before.removesuffix("```"))


@given(st.text(alphabet="|-:a猫` \n\\", max_size=80), st.lists(st.integers(1, 9), max_size=20))
def test_a_text_that_grows_gives_what_the_whole_gives(text: str, steps: list[int]) -> None:
    """The tables go on where they ended."""
    tables, end = Tables(), 0
    for step in steps:
        end += step
        assert tables.as_code(text[:end]) == as_code(text[:end])
