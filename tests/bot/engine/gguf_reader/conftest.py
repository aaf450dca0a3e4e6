"""Fixtures of the tests of GGUF files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.engine.gguf_reader.converted import convert
from tests.model_sweep.compare import write
from tests.model_sweep.tiny_configs import Variant


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random Llama; beside it the same as `llama.gguf`."""
    folder = tmp_path_factory.mktemp("gguf") / "llama"
    write(Variant("llama"), folder)
    convert(folder, folder.with_suffix(".gguf"))
    return folder
