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
from tests.canary import CANARY

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


@pytest.fixture(autouse=True)
def no_text_in_any_log() -> Iterator[None]:
    """What people say in a test is in no log, of this process or one that it starts."""
    CANARY.take()
    CANARY.listens = True
    CANARY.attend()
    yield
    told = CANARY.take()
    CANARY.listens = False
    if told:
        pytest.fail("\n".join(["a log tells what somebody said:", *told]))
