"""The rules of `bot/engine/cuda/linear.py`, on a CPU where bitsandbytes' products run as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from bitsandbytes.nn.modules import Linear4bit
from torch import Tensor, nn

from bot.engine.cuda.linear import NF4Linear, fuse
from bot.engine.cuda.product import Matrix, Product, Theirs, Unpacked


def layers(*shapes: tuple[int, int], kind: str = "nf4", nested: bool = False) -> nn.Sequential:
    """4-bit layers, quantised as when a model is loaded, on the CPU."""
    torch.manual_seed(1)
    untyped: Any = Linear4bit
    made = [
        untyped(columns, rows, quant_type=kind, compress_statistics=nested, bias=rows % 3 == 0)
        for rows, columns in shapes
    ]
    return nn.Sequential(*made).to("cpu").requires_grad_(False)


def prefers(kind: type) -> Any:
    """A clock by which one kind of product is the fastest."""

    def measure(product: Product, x: Tensor, matrices: Sequence[Matrix]) -> float:
        return 0.5 if isinstance(product, kind) else 1.0

    return measure


@pytest.mark.parametrize("nested", [False, True])
def test_layers_compute_the_same_in_the_way_that_was_chosen(nested: bool) -> None:
    """In every shape of input, and with scales of either kind."""
    plain, fused = (layers((96, 64), (64, 96 * 2), nested=nested) for _ in range(2))
    fuse(fused, torch.float32, prefers(Unpacked), "cpu")
    assert all(isinstance(layer, NF4Linear) for layer in fused)
    for before, after in zip(plain, fused, strict=True):
        assert isinstance(after, NF4Linear)
        for shape in ((1, 1), (1, 9), (2, 3, 5)):
            x = torch.randn((*shape, after.in_features))
            with torch.inference_mode():
                torch.testing.assert_close(after(x), before(x))


def test_where_nothing_is_faster_the_layers_stay() -> None:
    """bitsandbytes' own for every count."""
    model = layers((96, 64))
    fuse(model, torch.float32, prefers(Theirs), "cpu")
    assert isinstance(model[0], Linear4bit)


def test_what_is_stored_in_another_way_stays() -> None:
    """FP4, columns that fill no block, another device."""
    model = layers((96, 64), kind="fp4")
    fuse(model, torch.float32, prefers(Unpacked), "cpu")
    odd = layers((64, 96))
    fuse(odd, torch.float32, prefers(Unpacked), "cpu")
    elsewhere = layers((96, 64))
    fuse(elsewhere, torch.float32, prefers(Unpacked), "cuda")
    assert all(isinstance(each[0], Linear4bit) for each in (model, odd, elsewhere))


def test_a_layer_without_triton_still_chooses_among_the_others(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for all shapes, and the model runs."""

    def missing() -> Any:
        raise ModuleNotFoundError("No module named 'triton'")

    monkeypatch.setattr("bot.engine.cuda.product._kernels", missing)
    model = layers((96, 64), (64, 192))
    fuse(model, torch.float32, prefers(Unpacked), "cpu")
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [
        "4-bit product (fused, 32 rows, 1 splits) is not used: "
        "ModuleNotFoundError: No module named 'triton'"
    ]
    assert all(isinstance(layer, NF4Linear) for layer in model)
    with torch.inference_mode():
        assert model[0](torch.randn(1, 4, 64)).shape == (1, 4, 96)
