"""Numbers of a few bits are unpacked to what gguf-py, llama.cpp's own, makes of them."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
import torch

from bot.engine.gguf_reader.kinds import BLOCKS, PIECE, PLAIN, unpack

KINDS = [gguf.GGMLQuantizationType(kind) for kind in BLOCKS if kind not in PLAIN]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_blocks_are_unpacked_as_by_llama_cpps_library(kind: gguf.GGMLQuantizationType) -> None:
    """Whatever bits are in them, but for scales that are no numbers."""
    numbers, size = BLOCKS[kind]
    assert (numbers, size) == gguf.GGML_QUANT_SIZES[kind]
    drawn = np.random.default_rng(kind).integers(0, 256, (3 * 512 // numbers, size), np.uint8)
    with np.errstate(all="ignore"):
        expected = gguf.quants.dequantize(drawn, kind).reshape(3, 512)
        got = unpack(bytearray(drawn.tobytes()), kind, (3, 512)).numpy()
        known = np.isfinite(expected)
        assert known.mean() > 0.5
        assert np.allclose(got[known], expected[known], rtol=1e-6, atol=0)


def test_a_large_tensor_is_unpacked_in_pieces_to_the_same() -> None:
    """The last piece is a shorter one."""
    values = torch.randn(PIECE // 64 + 5, 96).numpy()
    kind = gguf.GGMLQuantizationType.Q8_0
    packed = gguf.quants.quantize(values, kind)
    got = unpack(bytearray(packed.tobytes()), kind, values.shape)
    assert np.array_equal(got.numpy(), gguf.quants.dequantize(packed, kind))


@pytest.mark.parametrize("number", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_plain_numbers_stay_what_they_are(number: torch.dtype) -> None:
    """In their own type, but for the longest."""
    values = torch.randn(4, 6, dtype=number)
    kind = next(kind for kind, name in PLAIN.items() if f"torch.{name}" == str(number))
    stored = bytearray(values.view(torch.uint8).numpy().tobytes())
    got = unpack(stored, kind, (4, 6))
    assert got.dtype == (torch.float32 if number == torch.float64 else number)
    assert torch.equal(got, values.to(got.dtype))
