"""A learner's Anki."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.anki import Anki


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Anki]:
    """An empty collection of the real Anki."""
    anki = Anki(tmp_path / "anki")
    yield anki
    anki.close()
