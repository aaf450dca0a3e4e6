"""The model with random weights is what quantising such a model would have stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import GPTNeoXForCausalLM

from bot.bench.random_model import random_model
from bot.bench.shape import RINNA, Shape
from bot.engine.loader import load_model
from bot.engine.quantize import store_quantized

TINY = Shape(layers=2, hidden=64, heads=4, mlp=128, vocabulary=400, context=256)


def tensors(folder: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint."""
    found: dict[str, Tensor] = {}
    for file in folder.glob("*.safetensors"):
        found |= load_file(file)
    return found


def test_rinnas_shape_has_as_many_parameters_as_the_issue_says() -> None:
    """3.796 B."""
    assert round(RINNA.parameters / 1e9, 3) == 3.796


def test_it_equals_the_ordinary_quantisation_of_its_own_weights(tmp_path: Path) -> None:
    """Names, types and numbers: made dense, stored and quantised anew, it is the same."""
    folder = random_model(TINY, tmp_path / "cache", lambda line: None)
    loaded = load_model(folder, device="cpu", dtype="bfloat16")
    assert loaded.tokenizer.vocab_size == TINY.vocabulary
    assert loaded.tokenizer.decode(loaded.tokenizer.encode("あ\nい x")) == "あ\nい x"

    stored = tensors(folder)
    dense_model(stored).save_pretrained(tmp_path / "dense")
    (tmp_path / "dense" / "spiece.model").write_bytes((folder / "spiece.model").read_bytes())
    ordinary = tensors(store_quantized(tmp_path / "dense", tmp_path / "ordinary").folder)
    assert ordinary.keys() == stored.keys()
    for name, tensor in ordinary.items():
        assert tensor.dtype == stored[name].dtype, name
        assert torch.equal(tensor, stored[name]), name


def dense_model(stored: dict[str, Tensor]) -> Any:
    """The model in bf16 whose weights are those of a 4-bit checkpoint."""
    vendor: Any = GPTNeoXForCausalLM
    model = vendor(TINY.config()).to(torch.bfloat16)
    state = {}
    for stored_name, tensor in stored.items():
        if ".weight." in stored_name:
            continue
        name = stored_name.replace("embed_out", "lm_head")  # transformers 5's own name
        if tensor.dtype == torch.uint8:
            size = model.get_parameter(name).shape
            scales = stored[f"{name}.absmax"]
            codes = torch.stack([tensor.flatten() >> 4, tensor.flatten() & 15], 1).flatten()
            levels = stored[f"{name}.quant_map"][codes.long()].view(-1, 64)
            tensor = (levels * scales[:, None]).view(size).bfloat16()
        state[name] = tensor
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and not missing
    return model


def test_it_is_made_once(tmp_path: Path) -> None:
    """The second time it is there."""
    lines: list[str] = []
    folder = random_model(TINY, tmp_path, lines.append)
    assert lines
    lines.clear()
    assert random_model(TINY, tmp_path, lines.append) == folder
    assert lines == []


def test_an_interrupted_making_is_not_taken_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left of it, and the next one makes all of it."""

    def interrupted(parts: dict[str, Tensor], file: Path, **options: Any) -> None:
        if "00003" in file.name:
            raise KeyboardInterrupt
        save_file(parts, file, **options)

    with monkeypatch.context() as patch:
        patch.setattr("bot.bench.random_model.save_file", interrupted)
        with pytest.raises(KeyboardInterrupt):
            random_model(TINY, tmp_path, lambda line: None)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "neox-2x64-128-400-nf4.part").mkdir()  # as a killed process leaves it
    folder = random_model(TINY, tmp_path, lambda line: None)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    load_model(folder, device="cpu", dtype="float32")
