"""How much of what learners read the dictionary finds, how fast, and whether levels are right."""

from __future__ import annotations

from pathlib import Path


def report(path: Path) -> list[str]:
    """Lines of text about the dictionary's file."""
    raise NotImplementedError
