"""Which product is used for a matrix's shape and a count of tokens: the fastest that is right.

Found when a model is loaded, by running them on that very card: bitsandbytes' own stays unless
another gives the same numbers in less time. What fails, disagrees or cannot be timed is told of
in a line of the log, and not used.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from bot.engine.cuda.clock import seconds_captured
from bot.engine.cuda.product import MOST, Fused, Matrix, Product, Theirs, Unpacked

log = logging.getLogger(__name__)

COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)  # tokens that are measured
FEWEST_UNPACKED = 8  # tokens for which unpacking a whole matrix may pay
FUSED = (
    Fused(32, 1),
    Fused(32, 4),
    Fused(64, 1, dot=True),
    Fused(64, 4, dot=True),
    Fused(64, 8, dot=True),
    Fused(32, 4, permute=False),
)
WORTH = 0.97  # of bitsandbytes' time: less of a difference is noise
AGREEING = {torch.float32: 1e-4, torch.bfloat16: 1.5e-2, torch.float16: 3e-3}
FARTHEST = 8  # times as far a single number may be
ENOUGH = 256 << 20  # bytes of different weights, more than a card's cache holds

Measure = Callable[[Product, Tensor, Sequence[Matrix]], float]
"""Seconds of one product of these tokens and one of the matrices. May raise anything."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Counts of tokens, ascending, and the product up to each; beyond them the last."""

    counts: tuple[int, ...]
    products: tuple[Product, ...]

    def __call__(self, tokens: int) -> Product:
        """The product for so many tokens."""
        return self.products[min(bisect_left(self.counts, tokens), len(self.counts) - 1)]

    @property
    def only_theirs(self) -> bool:
        """Whether bitsandbytes' own is used for all."""
        return all(isinstance(product, Theirs) for product in self.products)

    def __str__(self) -> str:
        ends = [
            (count, product)
            for count, product in zip(self.counts, self.products, strict=True)
            if product != self(count + 1) or count == self.counts[-1]
        ]
        return "; ".join(f"to {count} {product}" for count, product in ends)


def ways(tokens: int, fused: Sequence[Product] = FUSED) -> list[Product]:
    """What may be used besides bitsandbytes' own."""
    found: list[Product] = list(fused) if tokens <= MOST else []
    return found + ([Unpacked()] if tokens >= FEWEST_UNPACKED else [])


def choose(
    matrices: Sequence[Matrix],
    measure: Measure,
    refused: dict[Product, str],
    counts: Sequence[int] = COUNTS,
    ways: Callable[[int], Sequence[Product]] = ways,
) -> Choices:
    """The choices for matrices of one shape. Raises nothing: bitsandbytes' own is always there.

    `refused`: products that failed for another shape, and why; those that do here are added.
    """
    assert all(a < b for a, b in pairwise(counts))
    chosen: list[Product] = []
    for count in counts:
        try:
            chosen.append(_fastest(matrices, measure, count, ways(count), refused))
        except Exception as error:  # bitsandbytes' own could not be timed
            log.warning("4-bit products are not timed from %d tokens on: %s", count, _words(error))
            chosen += [Theirs()] * (len(counts) - len(chosen))
            break
    return Choices(tuple(counts), tuple(chosen))


def _fastest(
    matrices: Sequence[Matrix],
    measure: Measure,
    count: int,
    ways: Sequence[Product],
    refused: dict[Product, str],
) -> Product:
    first = matrices[0]
    x = _tokens(count, first)
    theirs = Theirs()
    expected = theirs(x, first)
    times: Mapping[Product, float] = {theirs: WORTH * measure(theirs, x, matrices)}
    for way in ways:
        if way in refused:
            continue
        try:
            if not agrees(way(x, first), expected):
                raise ArithmeticError(
                    f"other numbers for {count} tokens and {first.rows} × {first.columns} weights"
                )
            times = {**times, way: measure(way, x, matrices)}
        except Exception as error:
            why = _words(error)
            if why not in refused.values():  # one line where Triton is missing, not one for each
                log.warning("4-bit product (%s) is not used: %s", way, why)
            refused[way] = why
    return min(times, key=lambda way: times[way])


def _tokens(count: int, matrix: Matrix) -> Tensor:
    """Tokens as a layer may see them, the same ones each time."""
    random = torch.Generator().manual_seed(count)
    x = torch.randn(count, matrix.columns, generator=random)
    return x.to(matrix.packed.device, matrix.codes.dtype)


def agrees(got: Tensor, expected: Tensor) -> bool:
    """Whether two products are the same but for rounding: all together, and each number."""
    allowed = AGREEING[expected.dtype]
    difference, size = (got.float() - expected.float()), expected.float().square().mean().sqrt()
    together = difference.square().mean().sqrt() <= allowed * size
    each = difference.abs().max() <= FARTHEST * allowed * size
    return bool(together & each)  # what is no number agrees with nothing


def timed(product: Product, x: Tensor, matrices: Sequence[Matrix], repeats: int = 4) -> float:
    """See Measure: as it runs in a captured step, over so many matrices that none is in a cache."""
    some = matrices[: max(1, -(-ENOUGH // matrices[0].bytes))]

    def all_of_them() -> None:
        for matrix in some:
            product(x, matrix)

    return seconds_captured(all_of_them, repeats) / len(some)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
