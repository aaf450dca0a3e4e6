"""The rules of `bot/engine/cuda/product.py` and its kernels, against unpacked weights.

Without a GPU in Triton's interpreter, which is right in float32 and float16; in bfloat16 it
returns nonsense.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from bitsandbytes import functional

from bot.engine.cuda.product import DOTS, MOST, Fused, Matrix, Theirs, Unpacked, tile_for
from tests.bot.engine.cuda.conftest import MakeMatrix, exactly

THEIRS: Any = functional
ERRORS = {torch.float32: 1e-6, torch.float16: 6e-4}
COUNTS = (1, 2, 4, 5, 16, 17, 33, 64)


def error(product: Any, x: torch.Tensor, matrix: Matrix) -> float:
    """A product's distance from the exact one, over that one's size."""
    expected = exactly(x, matrix)
    got = product(x, matrix)
    assert got.shape == expected.shape and got.dtype == x.dtype
    return float((got.double() - expected).norm() / expected.norm())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("way", [Fused(32, permute=False), Fused(64, 3, permute=False)], ids=str)
def test_the_fused_product_is_that_of_the_unpacked_weights(
    way: Fused, dtype: torch.dtype, device: str, matrix: MakeMatrix
) -> None:
    """For every tile of tokens, full and not; rows that fill no program; columns split unevenly."""
    weights = matrix(80, 256, dtype, device=device)
    for tokens in COUNTS:
        x = torch.randn(tokens, 256, device=device).to(dtype)
        assert error(way, x, weights) < ERRORS[dtype], tokens


def test_columns_in_odd_numbers_of_blocks_and_other_sizes_of_block(
    device: str, matrix: MakeMatrix
) -> None:
    """More splits than blocks leave some nothing to do."""
    for columns, block, splits in ((192, 64, 2), (64, 64, 8), (256, 128, 3), (128, 32, 1)):
        weights = matrix(32, columns, block=block, bias=False, device=device)
        for tokens in (1, 16):
            x = torch.randn(tokens, columns, device=device)
            assert error(Fused(32, splits), x, weights) < 1e-6, (columns, block, splits)


def test_doubly_quantised_scales_are_resolved_once(matrix: MakeMatrix) -> None:
    """The scales are those that bitsandbytes computes in each of its products."""
    weights = torch.randn(64, 128)
    weight, state = THEIRS.quantize_4bit(weights, quant_type="nf4", compress_statistics=True)
    made = Matrix.of(weight, state, None, torch.float32)
    assert state.nested and made.scales.dtype == torch.float32
    x = torch.randn(3, 128)
    unpacked = THEIRS.dequantize_4bit(weight, state)
    torch.testing.assert_close(exactly(x, made), x.double() @ unpacked.double().T)


def test_weights_that_are_stored_as_another_type_are_the_same_bytes() -> None:
    """`bnb_4bit_quant_storage` may name one."""
    weights = torch.randn(64, 128)
    made = []
    for storage in (torch.uint8, torch.bfloat16):
        weight, state = THEIRS.quantize_4bit(weights, quant_type="nf4", quant_storage=storage)
        made.append(Matrix.of(weight, state, None, torch.float32))
    assert torch.equal(made[0].packed, made[1].packed)
    assert made[0].bytes == 64 * 128 // 2 + 4 * 64 * 128 // 64


@pytest.mark.parametrize("way", [Theirs(), Unpacked()], ids=str)
def test_the_other_ways_compute_the_same(way: Any, matrix: MakeMatrix) -> None:
    """bitsandbytes' own, and unpacking first."""
    for bias in (True, False):
        weights = matrix(bias=bias)
        assert error(way, torch.randn(5, 256), weights) < 1e-6


def test_a_tile_holds_every_count_up_to_64_tokens() -> None:
    """Beyond it, or for a matrix of half a block, the product refuses."""
    for tokens in range(1, MOST + 1):
        tile, dot = tile_for(tokens), tile_for(tokens, dot=True)
        assert tile is not None and tile >= tokens
        assert dot in DOTS and dot >= tokens
    assert tile_for(MOST + 1) is None and tile_for(0) is None


def test_what_the_kernel_is_not_made_for_is_refused(matrix: MakeMatrix) -> None:
    """Rather than computed wrongly; `choice.py` then takes another."""
    weights = matrix()
    with pytest.raises(ValueError, match="65 tokens"):
        Fused()(torch.randn(65, 256), weights)
    with pytest.raises(ValueError, match="96 columns of 64"):
        Fused()(torch.randn(1, 96), matrix(64, 96, bias=False))
