"""The core's fixtures serve the adapters' tests too; the built-in model is loaded once for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.app import DEMO_FOLDER
from bot.engine.loader import LoadedModel, load_model
from bot.study.study import Study
from tests.adapters.stages.fixtures import stage
from tests.bot.conftest import chat, generator, store
from tests.bot.study.built import study_file

__all__ = ["chat", "generator", "stage", "store"]


@pytest.fixture(scope="session")
def builtin() -> LoadedModel:
    """The built-in model as users run it."""
    return load_model(DEMO_FOLDER, quantization="nf4", device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def study() -> Iterator[Study]:
    """The dictionary, built once for all."""
    study = Study(study_file())
    yield study
    study.close()
