"""The rules of `bot/engine/packing.py`."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from bitsandbytes import functional

from bot.engine.packing import _agrees_with_bitsandbytes, pack

THEIRS: Any = functional


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


def test_the_check_before_use_sees_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of bitsandbytes that packs otherwise is left to do it itself."""
    assert _agrees_with_bitsandbytes()
    original = THEIRS._convert_weight_packed_for_cpu

    def otherwise(stored: torch.Tensor, state: Any) -> Any:
        packed, described = original(stored, state)
        return packed.flip(0), described

    monkeypatch.setattr(functional, "_convert_weight_packed_for_cpu", otherwise)
    assert not _agrees_with_bitsandbytes()
