"""Fixtures of the engine's tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.loader import LoadedModel, load_model
from tests.bot.engine.tiny import LetterTokenizer, reference_of, write_neox


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random GPT-NeoX."""
    folder = tmp_path_factory.mktemp("tiny-neox")
    write_neox(folder)
    return folder


@pytest.fixture(scope="session")
def loaded(tiny_folder: Path) -> LoadedModel:
    """The tiny model in float32, its tokens readable as kanji."""
    model = load_model(tiny_folder, quantization="none", device="cpu", dtype="float32")
    return replace(model, tokenizer=LetterTokenizer())


@pytest.fixture(scope="session")
def reference(tiny_folder: Path) -> Callable[[Sequence[int], int], list[int]]:
    """`model.generate` of a prompt alone on the tiny model."""
    return reference_of(tiny_folder)
