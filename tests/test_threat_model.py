"""docs/threat-model.md names for each threat tests that are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TEXT = (TESTS.parent / "docs" / "threat-model.md").read_text("utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("|")][2:]
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", TEXT)


@cache
def names_in(file: str) -> set[str]:
    """The names of a file's tests."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
    return {name for name in names if name.startswith("test_")}


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_is_there(file: str, name: str) -> None:
    """One that is renamed or deleted takes its row along, or gets another."""
    assert name in names_in(file)


def test_every_row_names_one() -> None:
    """What nothing shows is no promise."""
    assert len(ROWS) > 30
    assert [row for row in ROWS if not re.search(r"`[\w/]+\.py::\w+` \|$", row)] == []
