"""The rules of `bot/engine/cpu/packing.py`."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from bitsandbytes import functional
from bitsandbytes.nn.modules import Linear4bit

from bot.engine.cpu.packing import PackedLinear, _agrees_with_bitsandbytes, pack, pack_for_cpu

THEIRS: Any = functional
NEEDS_KERNEL = pytest.mark.skipif(
    not THEIRS.has_avx512bf16(), reason="needs a processor with AVX-512's bfloat16"
)


@pytest.mark.parametrize("storage", [torch.uint8, torch.bfloat16])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("shape", [(32, 64), (96, 256), (64, 192), (96, 2304)])
def test_weights_are_packed_as_bitsandbytes_packs_them(
    shape: tuple[int, int], nested: bool, storage: torch.dtype
) -> None:
    """The bytes, and everything that a layer's state says of them."""
    torch.manual_seed(3)
    weights = torch.randn(shape)
    results = []
    for packing in (pack, THEIRS._convert_weight_packed_for_cpu):
        stored, state = functional.quantize_4bit(
            weights, quant_type="nf4", compress_statistics=nested, quant_storage=storage
        )
        packed: Any = packing(stored, state)
        results.append((packed if packing is pack else packed[0], vars(state)))
    (ours, our_state), (known, their_state) = results
    assert torch.equal(ours, known)
    assert our_state.keys() == their_state.keys()
    for name, value in their_state.items():
        mine = our_state[name]
        assert torch.equal(mine, value) if isinstance(value, torch.Tensor) else mine == value, name


@NEEDS_KERNEL
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("rows", [(1,), (1, 5), (2, 3, 40)])
def test_a_packed_layer_computes_what_bitsandbytes_does(
    rows: tuple[int, ...], bias: bool, dtype: torch.dtype
) -> None:
    """The same numbers, whatever the shape; also of rows that do not lie side by side."""
    theirs, ours = (two_layers(bias, seed=4) for _ in range(2))
    pack_for_cpu(ours)
    assert sum(isinstance(layer, PackedLinear) for layer in ours) == 2
    wide = torch.randn(*rows, 512).to(dtype)
    with torch.inference_mode():
        expected = theirs(wide[..., ::2].contiguous())  # else it reads what lies between
        result = ours(wide[..., ::2])
    assert result.dtype == dtype
    assert torch.equal(result, expected)


def two_layers(bias: bool, seed: int) -> torch.nn.Sequential:
    """A model of two layers as bitsandbytes quantises them."""
    torch.manual_seed(seed)
    layers = quantised(256, 128, bias), torch.nn.GELU(), quantised(128, 64, bias)
    return torch.nn.Sequential(*layers).eval()


def quantised(inputs: int, outputs: int, bias: bool) -> torch.nn.Module:
    """A layer of random weights as bitsandbytes quantises it."""
    untyped: Any = Linear4bit
    layer = untyped(inputs, outputs, bias=bias, quant_type="nf4")
    dense = torch.nn.Linear(inputs, outputs, bias=bias)
    layer.load_state_dict(dense.state_dict())
    on_cpu: torch.nn.Module = layer.to("cpu")  # which quantises
    return on_cpu


@NEEDS_KERNEL
def test_a_kernel_that_computes_otherwise_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version's may take other arguments: its result is compared first."""
    monkeypatch.setattr("bot.engine.cpu.packing._kernel", lambda: lambda *_: None)
    assert not _agrees_with_bitsandbytes()


def test_the_check_before_use_sees_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of bitsandbytes that packs otherwise is left to do it itself."""
    assert _agrees_with_bitsandbytes()
    original = THEIRS._convert_weight_packed_for_cpu

    def otherwise(stored: torch.Tensor, state: Any) -> Any:
        packed, described = original(stored, state)
        return packed.flip(0), described

    monkeypatch.setattr(functional, "_convert_weight_packed_for_cpu", otherwise)
    assert not _agrees_with_bitsandbytes()
