"""Ways to multiply tokens by an NF4 matrix on a GPU, behind one call: ours and bitsandbytes'.

Each computes the same; which is the fastest for a shape and a count of tokens is `choice.py`'s
to find. Nothing here knows a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import linear

from bot.engine.cuda.unpacking import instructions
from bot.engine.vendors import bitsandbytes

SINGLE = (1, 4)  # counts of tokens that the kernel is compiled for, number by number
DOTS = (16, 32, 64)  # and by tensor cores
MOST = DOTS[-1]
WIDTH = 256  # rows that one program adds up
KIND = "nf4"


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """An NF4 matrix as bitsandbytes keeps it on CUDA, its scales resolved.

    Of doubly quantised scales bitsandbytes would compute these anew in every product.
    """

    packed: Tensor  # [rows * columns / 2, 1] uint8
    scales: Tensor  # [rows * columns / block] float32
    codes: Tensor  # [16] in the type that is computed with
    unpacking: str  # instructions that give them
    bias: Tensor | None  # [rows]
    rows: int
    columns: int
    block: int

    @classmethod
    def of(cls, weight: Tensor, state: Any, bias: Tensor | None, dtype: torch.dtype) -> Matrix:
        """From a weight of bitsandbytes' and its `QuantState`, to compute in `dtype`."""
        scales = state.absmax
        if state.nested:
            functional = bitsandbytes().functional
            scales = functional.dequantize_blockwise(scales, state.state2) + state.offset
        rows, columns = state.shape
        codes = state.code.to(weight.device, dtype)
        return cls(
            weight.detach().view(torch.uint8).reshape(-1, 1),
            scales.float().contiguous(),
            codes,
            instructions(codes),
            None if bias is None else bias.detach().to(dtype),
            rows,
            columns,
            state.blocksize,
        )

    @property
    def bytes(self) -> int:
        """What reading it once takes."""
        return self.packed.numel() + 4 * self.scales.numel()


class Product(Protocol):
    """`[tokens, rows]` of `[tokens, columns]`, contiguous, in the matrix's type."""

    def __call__(self, x: Tensor, matrix: Matrix) -> Tensor:
        """Multiply, and add the matrix's bias."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """bitsandbytes' own choice: its kernel for few tokens, or else unpacking first."""

    def __call__(self, x: Tensor, matrix: Matrix) -> Tensor:
        """See Product."""
        shape = (matrix.rows, matrix.columns)
        product: Tensor = torch.ops.bitsandbytes.gemm_4bit.default(
            x, matrix.packed, shape, matrix.scales, matrix.block, KIND, bias=matrix.bias
        )
        return product

    def __str__(self) -> str:
        return "bitsandbytes"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The whole matrix to 16 bits, and then a plain product: for many tokens."""

    def __call__(self, x: Tensor, matrix: Matrix) -> Tensor:
        """See Product."""
        shape = (matrix.rows, matrix.columns)
        whole = torch.ops.bitsandbytes.dequantize_4bit.default(
            matrix.packed, matrix.scales, matrix.block, KIND, shape, x.dtype
        )
        return linear(x, whole, matrix.bias)

    def __str__(self) -> str:
        return "unpacked"


@dataclass(frozen=True, slots=True)
class Fused:
    """The kernel of `kernels.py`: programs of `rows` rows, columns split among `splits`.

    `dot`: by tensor cores, also for few tokens. `permute`: by instructions that hold the codes,
    where numbers have 16 bits, and not by a table.
    """

    rows: int = 32
    splits: int = 1
    warps: int = 4
    unroll: int = 4
    dot: bool = False
    permute: bool = True

    def __call__(self, x: Tensor, matrix: Matrix) -> Tensor:
        """See Product. Raises ValueError for what it is not made for."""
        tokens, tile = len(x), tile_for(len(x), self.dot)
        if tile is None or matrix.columns % matrix.block:
            raise ValueError(f"{tokens} tokens, {matrix.columns} columns of {matrix.block}")
        kernels = _kernels()
        out = x.new_empty(tokens, matrix.rows)
        parts = out
        if self.splits > 1:
            parts = x.new_empty(self.splits, tokens, matrix.rows, dtype=torch.float32)
        bias = out if matrix.bias is None else matrix.bias
        grid = (-(-matrix.rows // self.rows), self.splits)
        kernels.multiply[grid](
            x,
            matrix.packed,
            matrix.scales,
            matrix.codes,
            bias,
            parts,
            tokens,
            matrix.rows,
            matrix.columns,
            T=tile,
            N=self.rows,
            BLOCK=matrix.block,
            DOT=tile in DOTS,
            SPLIT=self.splits > 1,
            HAS_BIAS=matrix.bias is not None and self.splits == 1,
            UNROLL=self.unroll,
            UNPACK=matrix.unpacking if self.permute else "",
            num_warps=self.warps,
        )
        if self.splits > 1:
            kernels.add_up[(-(-matrix.rows // WIDTH), tokens)](
                parts,
                bias,
                out,
                tokens,
                self.splits,
                matrix.rows,
                WIDTH=WIDTH,
                HAS_BIAS=matrix.bias is not None,
            )
        return out

    def __str__(self) -> str:
        how = [f"{self.rows} rows", f"{self.splits} splits"]
        how += ["dot"] if self.dot else []
        how += [] if self.permute else ["table"]
        return f"fused, {', '.join(how)}"


def tile_for(tokens: int, dot: bool = False) -> int | None:
    """The smallest tile that holds so many tokens; None where there is none."""
    tiles = DOTS if dot else SINGLE + DOTS
    return next((tile for tile in tiles if tokens <= tile), None) if tokens else None


def _kernels() -> Any:
    """Triton's kernels; importing them takes a second, and only a GPU needs them."""
    from bot.engine.cuda import kernels

    return kernels
