"""What the tests of study words read: the real dictionary, built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.study.lexicon.dictionary import Dictionary
from tests.bot.study.built import study_file


@pytest.fixture(scope="session")
def dictionary_file() -> Path:
    """The dictionary's file."""
    return study_file()


@pytest.fixture(scope="session")
def dictionary(dictionary_file: Path) -> Iterator[Dictionary]:
    """The dictionary, opened."""
    with Dictionary.open(dictionary_file) as opened:
        yield opened
