"""Fixtures of the bench's tests: the engine's tiny model, and a small workload for it."""

from __future__ import annotations

import pytest

from bot.bench.workload import Workload
from tests.bot.engine.conftest import loaded, tiny_folder
from tests.bot.engine.tiny import VOCABULARY

__all__ = ["loaded", "small", "tiny_folder"]


@pytest.fixture
def small() -> Workload:
    """Two channels, a cold turn and another."""
    return Workload(
        channels=2, preamble=4, history=8, question=3, reply=4, turns=1, vocabulary=VOCABULARY
    )
