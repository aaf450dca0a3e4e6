"""What every test stands on: no settings from outside, and no haste on a busy machine."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# A machine that does other work too must not fail a property for slowness, and what has passed
# passes again. To look for new cases: pytest --hypothesis-profile=explore
settings.register_profile(
    "kaiwa", deadline=None, max_examples=100, print_blob=True, derandomize=True
)
settings.register_profile(
    "explore", deadline=None, max_examples=1_000, print_blob=True, derandomize=False
)
settings.load_profile("kaiwa")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings in the developer's own environment do not reach the tests."""
    for name in os.environ:
        if name.upper().startswith("KAIWA_") and not name.startswith("KAIWA_TEST_"):
            monkeypatch.delenv(name)
