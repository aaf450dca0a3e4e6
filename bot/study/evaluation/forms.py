"""Forms measured: paradigms that analysers lead back to their word, chains against gold."""

from __future__ import annotations


def report() -> list[str]:
    """The figures, a line each."""
    raise NotImplementedError
