"""What a model thinks before it answers: `<think>…</think>`. Knows text, not its source."""

from __future__ import annotations

OPEN, CLOSE = "<think>", "</think>"


def without_thoughts(text: str) -> str:
    """An answer without what was thought before it, as far as that stands in it."""
    return text.rpartition(CLOSE)[2].lstrip("\n") if text.lstrip().startswith(OPEN) else text
