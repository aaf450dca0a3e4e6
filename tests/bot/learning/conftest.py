"""The dictionary, for whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.study.study import Study
from tests.bot.study.built import study_file


@pytest.fixture(scope="session")
def study() -> Iterator[Study]:
    """The dictionary, built once for all."""
    study = Study(study_file())
    yield study
    study.close()
