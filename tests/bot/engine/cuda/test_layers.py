"""The rules of `bot/engine/cuda/layers.py`: a model as a whole, with all of it and without."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from bot.engine.cuda.layers import fuse_layers
from bot.engine.cuda.norms import FusedNorm
from bot.engine.cuda.rotary import FUNCTION
from tests.bot.engine.cuda.layer_models import run, tiny_model

NEOX: Any = importlib.import_module("transformers.models.gpt_neox.modeling_gpt_neox")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The vendor's function is its own again afterwards."""
    before = getattr(NEOX, FUNCTION)
    yield
    setattr(NEOX, FUNCTION, before)


def ours_first() -> Any:
    """Times in which the last way to rotate, and the first of a norm, are the fastest."""
    times = iter([3.0, 2.0, 1.0, 1.0, 2.0])
    return lambda run: next(times)


def is_fused(model: Any) -> tuple[bool, bool]:
    """Whether it rotates so, and whether it normalises so."""
    norms = any(isinstance(module, FusedNorm) for module in model.modules())
    return hasattr(getattr(NEOX, FUNCTION), "of_kaiwa"), norms


def test_all_of_it_together_gives_what_the_model_gives(
    device: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And where the whole model gives other numbers, all is taken back, with one line."""
    model = tiny_model("neox", torch.float32, device)
    expected = run(model, torch.float32, device)
    fuse_layers(model, torch.float32, torch.device(device), ours_first(), 2)
    assert is_fused(model) == (True, True) and caplog.messages == []
    for mine, theirs in zip(run(model, torch.float32, device), expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)

    other = tiny_model("neox", torch.float32, device)
    right = FusedNorm.forward
    monkeypatch.setattr(FusedNorm, "forward", lambda norm, x: right(norm, x) * calls(norm))

    def calls(norm: FusedNorm) -> float:  # right where it is tried, wrong in the model
        return 2.0 if any(norm is module for module in other.modules()) else 1.0

    setattr(NEOX, FUNCTION, getattr(NEOX, FUNCTION).__wrapped__)
    fuse_layers(other, torch.float32, torch.device(device), ours_first(), 2)
    assert is_fused(other) == (False, False)
    assert caplog.messages == ["layers are computed launch by launch: other numbers"]


def test_a_model_that_cannot_run_is_left_to_its_first_step() -> None:
    """Nothing is tried, nothing told: whoever warms it up says what is wrong."""
    model = tiny_model("neox", torch.float32, "cpu")
    model.gpt_neox.layers[1].attention.is_causal = False
    fuse_layers(model, torch.float32, torch.device("cpu"), lambda run: 1.0)
    assert is_fused(model) == (False, False)


def test_a_part_that_fails_takes_the_others_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With one line; the model is loaded all the same."""
    done: list[str] = []

    def fail(*_: Any) -> Any:
        raise AttributeError("no embedding")

    monkeypatch.setattr(
        "bot.engine.cuda.layers.fuse_rotary", lambda *_: lambda: done.append("taken back")
    )
    monkeypatch.setattr("bot.engine.cuda.layers.fuse_norms", fail)
    model = tiny_model("neox", torch.float32, "cpu")
    fuse_layers(model, torch.float32, torch.device("cpu"), lambda run: 1.0)
    assert done == ["taken back"]
    assert caplog.messages == ["layers are computed launch by launch: AttributeError: no embedding"]
