"""Rows in 8 bits times weights in 4 or 8 bits, by a processor's products of bytes.

A block is 64 columns. Each block of a row is rounded to whole numbers from -127 to 127 times a
scale of its own; weights are whole numbers too, and have a scale for each block (4 bits) or for
each output (8 bits). Sums of a block are exact, and blocks are added in order: a row's result
does not depend on the rows beside it, nor on the instructions that this processor has for it.

Weights are read in tiles of 16 outputs and a block: 16 vectors, each of four columns of all 16
outputs. In 4 bits a byte has two codes: of the columns of vector j, and above them of vector
j + 8. A step that reads memory once is all that a few tokens cost; for more, tiles are unpacked
once and multiplied as a whole where the processor does that (AMX).
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import torch
from numba import prange
from numba.core import types
from numba.np.ufunc.parallel import get_thread_id as _get_thread_id
from torch import Tensor

from bot.engine.cpu import instructions, kernels
from bot.engine.cpu.compiler import THREADS, compiled
from bot.engine.cpu.instructions import LANES, has_tiles
from bot.engine.cpu.kernels import (
    BLOCK,
    FACTORS,
    ROWS,
    SCALES,
    TILE,
    clear_factors,
    dot_product,
    quantize_block,
    tile_product,
    unpack_tiles,
)

# With fewer rows than this, a tile of which most would be empty takes longer than a row each.
WORTH_A_TILE = 13

NEVER = 2**62

get_thread_id: Any = _get_thread_id  # which has no types

eight_rows, four_rows, two_rows, one_row = (dot_product(tokens) for tokens in (8, 4, 2, 1))

_rooms = threading.local()


def room(tokens: int, columns: int) -> Tensor:
    """Memory for rows' codes, factors and unpacked tiles; each thread has one, which grows."""
    padded = -(-tokens // ROWS) * ROWS
    tiles = columns * LANES * THREADS
    count = padded * (columns + columns // BLOCK * FACTORS) + tiles
    known: Tensor | None = getattr(_rooms, "room", None)
    if known is None or known.numel() < count:
        known = _rooms.room = torch.empty(count, dtype=torch.uint8)
    return known


def multiply_loops(version: int) -> Any:
    """The loops over groups of 16 outputs, and in them over rows.

    `version` is all that tells the compiler's cache which kernels it has kept.
    """

    def multiply(
        bits: Any,
        numbers: Any,
        room: Any,
        weights: Any,
        scales: Any,
        table: Any,
        bias: Any,
        unit: Any,
        output: Any,
        tokens: Any,
        columns: Any,
        outputs: Any,
        fewest: Any,
    ) -> Any:
        blocks = columns // BLOCK
        row_tiles = (tokens + ROWS - 1) // ROWS
        codes = room
        factors = codes + row_tiles * blocks * TILE
        unpacked = factors + row_tiles * blocks * ROWS * FACTORS
        for row in prange(row_tiles * ROWS):
            first = row // ROWS * blocks * ROWS + row % ROWS
            for block in range(blocks):
                f = factors + (first + block * ROWS) * FACTORS
                if row < tokens:
                    n = numbers + (row * blocks + block) * BLOCK * 2
                    quantize_block(n, codes + (first + block * ROWS) * BLOCK, f)
                else:  # what stands there by chance may be a number that is slow to multiply
                    clear_factors(f)
        for group in prange(outputs // LANES):
            w = weights + group * blocks * (TILE * bits // 8)
            s = scales + group * (blocks if bits == 4 else 1) * SCALES
            b = bias + group * LANES * 4
            tiles = unpacked + get_thread_id() * blocks * TILE
            if bits == 4 and tokens >= fewest:
                unpack_tiles(w, table, tiles, blocks)
            done = 0
            while done < tokens:
                left = min(tokens - done, ROWS - done % ROWS)
                first = done // ROWS * blocks * ROWS + done % ROWS
                c = codes + first * BLOCK
                f = factors + first * FACTORS
                o = output + (done * outputs + group * LANES) * 2
                if bits == 4 and left >= fewest:
                    tile_product(tiles, s, c, f, unit, b, o, left, blocks, outputs)
                    done += left
                elif left >= 8:
                    eight_rows(bits, w, s, table, c, f, unit, b, o, blocks, outputs)
                    done += 8
                elif left >= 4:
                    four_rows(bits, w, s, table, c, f, unit, b, o, blocks, outputs)
                    done += 4
                elif left >= 2:
                    two_rows(bits, w, s, table, c, f, unit, b, o, blocks, outputs)
                    done += 2
                else:
                    one_row(bits, w, s, table, c, f, unit, b, o, blocks, outputs)
                    done += 1
        return version

    return multiply


@cache
def product() -> Any:
    """The compiled product: from the cache, else compiled and kept if it can be.

    Its arguments: bits of a weight, 4 or 8; the addresses of numbers (bfloat16
    `[tokens, columns]`), room, weights, scales, table and bias (`kernels.py` has their shapes);
    the unit of scales; the output's address (bfloat16 `[tokens, outputs]`); three counts,
    tokens, columns and outputs; and the fewest rows for which tiles are used.
    """
    sources = [Path(str(module.__file__)).read_bytes() for module in (kernels, instructions)]
    function = multiply_loops(crc32(b"".join(sources), has_tiles()))
    address = count = types.int64
    numbers = [types.float32, address, count, count, count, count]
    return compiled(function, types.int64(count, *[address] * 6, *numbers))


def fewest_rows() -> int:
    """The fewest rows for which this processor's tiles are used; above any where it has none."""
    return WORTH_A_TILE if has_tiles() else NEVER
