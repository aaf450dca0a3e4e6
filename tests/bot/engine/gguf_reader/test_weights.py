"""A file's weights: transformers' own reader agrees, and all that reads a checkpoint reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from bot.engine.checkpoint import context_length, find_folder, weight_files
from bot.engine.loader import load_model
from bot.engine.memory import needed_bytes
from bot.engine.quantize import store_quantized
from bot.engine.weights import quiet
from tests.bot.engine.gguf_reader.converted import convert
from tests.bot.engine.test_refused import checked
from tests.bot.engine.tiny import CONTEXT


def state(source: Path, dtype: str = "float32", **options: Any) -> dict[str, torch.Tensor]:
    """The weights of a loaded model."""
    return dict(load_model(source, device="cpu", dtype=dtype, **options).model.state_dict())


def test_weights_of_a_few_bits_are_those_of_transformers_own_reader(
    llama: Path, tmp_path: Path
) -> None:
    """Which knows a Llama without scaled positions as well as we do."""
    file = convert(llama, tmp_path / "q8.gguf", "q8_0")
    with quiet():
        make: Any = AutoModelForCausalLM
        theirs = make.from_pretrained(tmp_path, gguf_file=file.name, dtype=torch.float32)
    expected = theirs.state_dict()
    got = state(file, quantization="none")
    assert got.keys() == expected.keys()
    assert all(torch.equal(got[name], expected[name]) for name in expected)


def test_four_bits_are_those_of_the_checkpoint(llama: Path, tmp_path: Path) -> None:
    """Of a file that lost nothing; a copy that `kaiwa quantize` stored of it has them, too, of
    weights in 16 bits."""
    file = llama.with_suffix(".gguf")
    expected, got = state(llama), state(file)
    copy = store_quantized(file, tmp_path / "copy")
    assert copy.source_bytes == file.stat().st_size
    stored, rounded = state(copy.folder), state(file, "bfloat16")
    packed = [name for name, tensor in expected.items() if tensor.dtype == torch.uint8]
    assert packed
    for name in packed:
        assert torch.equal(got[name], expected[name])
        assert torch.equal(stored[name], rounded[name])
    told = json.loads((copy.folder / "config.json").read_text("utf-8"))
    assert told["model_type"] == "llama"
    assert (copy.folder / "tokenizer.model").is_file()


def test_a_file_is_checked_and_measured_as_a_folder_is(llama: Path, tmp_path: Path) -> None:
    """Memory is what its weights take here, not there; a folder with one file is that file."""
    file = convert(llama, tmp_path / "one.gguf", "q8_0")
    folder = find_folder(file, None)
    assert folder == find_folder(tmp_path, None) == find_folder(str(tmp_path), None, weights=False)
    assert weight_files(folder) == [file.resolve()]
    assert context_length(folder) == CONTEXT
    for kind in ("nf4", "none"):
        need = needed_bytes(folder, kind, torch.bfloat16)
        assert need == needed_bytes(llama, kind, torch.bfloat16)
    lines = checked(file)
    assert all(line.good for line in lines)
    assert "one.gguf, llama" in lines[0].state
    said: list[str] = []
    load_model(file, device="cpu", on_progress=said.append)
    assert said[0].startswith("Loading one.gguf (nf4, ")
    assert 'with [model] quantization = "none" they stay as they are' in said[1]
