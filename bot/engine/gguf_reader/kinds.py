"""How a GGUF file stores numbers: plain ones, and blocks of a few bits with their scales.

Blocks become numbers by transformers' code for them; the two of five bits that it lacks (of which
there are some in every file of a model whose rows are no multiples of 256) by our own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

F32, F16, Q5_0, Q5_1, F64, BF16 = 0, 1, 6, 7, 28, 30
PLAIN = {F32: "float32", F16: "float16", F64: "float64", BF16: "bfloat16"}
BLOCKS = {  # the numbers and the bytes of a block, by ggml's number for its kind
    F32: (1, 4),
    F16: (1, 2),
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    Q5_0: (32, 22),
    Q5_1: (32, 24),
    8: (32, 34),  # Q8_0
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    16: (256, 66),  # IQ2_XXS
    17: (256, 74),  # IQ2_XS
    18: (256, 98),  # IQ3_XXS
    19: (256, 50),  # IQ1_S
    20: (32, 18),  # IQ4_NL
    21: (256, 110),  # IQ3_S
    22: (256, 82),  # IQ2_S
    23: (256, 136),  # IQ4_XS
    F64: (1, 8),
    29: (256, 56),  # IQ1_M
    BF16: (1, 2),
}
NAMES = {34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4"}  # of those that are not read
PIECE = 1 << 20  # numbers that are unpacked at once


def unknown_kind(kind: int) -> str:
    """Why a file with tensors of a kind is not read."""
    return f"some of its weights are stored as {NAMES.get(kind, f'type {kind}')}"


def unpack(stored: bytearray, kind: int, shape: tuple[int, ...]) -> Tensor:
    """The numbers of a tensor: plain ones in their own type, others in float32.

    A piece after the other, so that what is made on the way takes little memory.
    """
    import torch

    packed = torch.frombuffer(stored, dtype=torch.uint8)
    if kind in PLAIN:
        plain = packed.view(getattr(torch, PLAIN[kind])).reshape(shape)
        return plain.float() if kind == F64 else plain
    numbers, size = BLOCKS[kind]
    blocks = packed.view(-1, size)
    values = torch.empty(len(blocks), numbers)
    at_once = PIECE // numbers
    for at in range(0, len(blocks), at_once):
        values[at : at + at_once] = _values(blocks[at : at + at_once], kind).view(-1, numbers)
    return values.view(shape)


def _values(blocks: Tensor, kind: int) -> Tensor:
    if kind in (Q5_0, Q5_1):
        return _five_bits(blocks, kind)
    theirs: Any = importlib.import_module("transformers.integrations.gguf.dequant")
    values: Tensor = theirs.dequantize(blocks.contiguous(), kind)
    return values


def _five_bits(blocks: Tensor, kind: int) -> Tensor:
    """A scale, a least value in Q5_1, the fifth bits of 32 numbers, and the others: of the first
    16 numbers below, of the last 16 above."""
    import torch

    halves = 1 if kind == Q5_0 else 2
    scales = blocks[:, : 2 * halves].contiguous().view(torch.float16).float()
    fifth = blocks[:, 2 * halves : 2 * halves + 4, None] >> torch.arange(8, dtype=torch.uint8) & 1
    low = blocks[:, 2 * halves + 4 :]
    codes = torch.cat((low & 15, low >> 4), dim=1) | fifth.reshape(-1, 32) << 4
    if kind == Q5_0:
        return (codes.float() - 16) * scales
    return codes.float() * scales[:, :1] + scales[:, 1:]
