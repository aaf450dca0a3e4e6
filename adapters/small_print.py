"""What is said below a reply in small print: plain text, whose marks are no markup."""

from __future__ import annotations

import re

MARKS = "\\`*_~|"  # of Markdown, wherever they stand in a line


def lines(text: str) -> list[str]:
    """The lines of a plain text that are not blank."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def small_print(text: str, before: str, marks: str = MARKS) -> str:
    """A plain text as Markdown: `before` begins each line, and the `marks` are only themselves."""
    special = re.compile(f"[{re.escape(marks)}]")
    return "\n".join(before + special.sub(r"\\\g<0>", line) for line in lines(text))
