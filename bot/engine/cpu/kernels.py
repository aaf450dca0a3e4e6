"""The kernels of `dot_product.py`: a block of a row rounded, and products of tiles of bytes.

Each is written out of `Instructions` and is compiled into Numba's loops. All addresses are
64-bit integers.

Longer than most files: all of it knows how a tile lies in memory, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils as _cgutils
from numba.core import types
from numba.extending import intrinsic as _intrinsic

from bot.engine.cpu.instructions import (
    BYTE,
    BYTES,
    FLOAT,
    FLOATS,
    HALVES,
    INT,
    INTS,
    LANES,
    WIDE,
    Instructions,
    has_tiles,
)

BLOCK = 64  # columns with a scale of their own
ROWS = 16  # in a tile
VECTORS = 16  # in a tile of weights, each of four columns
TILE = ROWS * BLOCK  # bytes
ZERO = 128  # what is added to a weight, since the instruction takes no negative one
FACTORS = 8  # bytes of a row's block: its scale, and what takes ZERO out of its sum again
AHEAD = 8192  # bytes of weights that are asked for before they are read: two pages
SCALES = 2 * LANES  # bytes of 16 outputs' scales

cgutils: Any = _cgutils
intrinsic: Any = _intrinsic

Kernel = tuple[Any, Callable[..., Any]]  # a signature, and what writes the instructions

_ADDRESS = _COUNT = types.int64


@intrinsic
def quantize_block(context: Any, numbers: Any, codes: Any, factors: Any) -> Kernel:
    """Round a block of bfloat16 `numbers`; its 64 `codes` and two `factors` are written."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers, codes, factors = arguments
        emit = Instructions(builder)
        vectors = [emit.from_bfloat16(emit.past(numbers, i, 2 * LANES)) for i in range(4)]
        first, second, third, fourth = (emit.size(vector) for vector in vectors)
        largest = emit.largest(emit.larger(emit.larger(first, second), emit.larger(third, fourth)))
        some = builder.fcmp_ordered(">", largest, FLOAT(0))
        inverse = builder.select(some, builder.fdiv(FLOAT(127), largest), FLOAT(0))
        inverses = emit.all_lanes(inverse, FLOATS)
        total = emit.ints(0)
        for i, vector in enumerate(vectors):
            whole = emit.nearest(builder.fmul(vector, inverses))
            total = builder.add(total, whole)
            narrow = builder.trunc(whole, ir.VectorType(BYTE, LANES))
            emit.store(narrow, emit.past(codes, i, LANES))
        emit.store(builder.fmul(largest, FLOAT(1 / 127)), factors)
        emit.store(builder.mul(emit.sum(total), INT(-ZERO)), emit.past(factors, 1, 4))
        return context.get_dummy_value()

    return types.void(*[_ADDRESS] * 3), write


@intrinsic
def clear_factors(context: Any, factors: Any) -> Kernel:
    """The two factors of a row that is not there."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        Instructions(builder).store(WIDE(0), arguments[0])
        return context.get_dummy_value()

    return types.void(_ADDRESS), write


def dot_product(tokens: int) -> Any:
    """The product of `tokens` rows of a tile and of 16 outputs' weights in 4 or 8 `bits`."""

    @intrinsic
    def product(
        context: Any,
        bits: Any,
        weights: Any,  # [blocks] tiles; of two codes a byte for 4 bits
        scales: Any,  # float16 [blocks, 16] for 4 bits, [16] for 8
        table: Any,  # what each of 16 codes stands for, four times
        codes: Any,  # int8 [blocks, 16, 64], at the first of the rows
        factors: Any,  # float32 and int32 [blocks, 16, 2], there too
        unit: Any,  # float32, by which all scales are multiplied
        bias: Any,  # float32 [16]
        output: Any,  # bfloat16 [tokens, outputs], at the first of 16
        blocks: Any,
        outputs: Any,
    ) -> Kernel:
        def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            which, *others = arguments
            is_four = builder.icmp_signed("==", which, WIDE(4))
            with builder.if_else(is_four) as (four, eight):
                with four:
                    _write_product(builder, tokens, 4, others)
                with eight:
                    _write_product(builder, tokens, 8, others)
            return context.get_dummy_value()

        numbers = [types.float32, _ADDRESS, _ADDRESS, _COUNT, _COUNT]
        return types.void(_COUNT, *[_ADDRESS] * 5, *numbers), write

    return product


def _write_product(builder: Any, tokens: int, bits: int, arguments: Any) -> None:
    weights, scales, table, codes, factors, unit, bias, output, blocks, outputs = arguments
    emit = Instructions(builder)
    sums = _zeros(builder, tokens)
    values = emit.load(table, BYTES)
    chains = max(1, 4 // tokens)  # sums that do not wait for each other
    with cgutils.for_range(builder, blocks) as loop:
        tile = emit.past(weights, loop.index, TILE * bits // 8)
        rows = emit.past(codes, loop.index, TILE)
        mine = emit.past(factors, loop.index, ROWS * FACTORS)
        totals = []
        for t in range(tokens):
            less = emit.load(emit.past(mine, 2 * t + 1, FACTORS // 2), INT)
            totals.append([emit.all_lanes(less, INTS)] + [emit.ints(0)] * (chains - 1))
        for line in range(TILE * bits // 8 // BLOCK):
            emit.prefetch(emit.past(tile, AHEAD + line * BLOCK, 1))
        for vector, fours in _vectors(emit, tile, values, bits):
            chain = vector % chains
            for t in range(tokens):
                four = emit.load(emit.past(rows, BLOCK // 4 * t + vector, 4), INT)
                row = emit.all_lanes(four, INTS)
                totals[t][chain] = emit.dot(totals[t][chain], fours, row)
        scale = _scale(emit, scales, loop.index) if bits == 4 else None
        for t, (total, *others) in enumerate(totals):
            for other in others:
                total = builder.add(total, other)
            _add(emit, sums[t], total, emit.past(mine, t, FACTORS), scale)
    factor = emit.all_lanes(unit, FLOATS)
    if bits == 8:
        factor = builder.fmul(factor, _scale(emit, scales, 0))
    for t in range(tokens):
        _finish(emit, sums[t], factor, bias, emit.past(output, builder.mul(outputs, WIDE(t)), 2))


@intrinsic
def unpack_tiles(context: Any, weights: Any, table: Any, tiles: Any, blocks: Any) -> Kernel:
    """Weights in 4 bits as tiles of signed bytes, `[blocks, 16 vectors, 64]`."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        weights, table, tiles, blocks = arguments
        emit = Instructions(builder)
        values = builder.xor(emit.load(table, BYTES), ir.Constant(BYTES, [ZERO] * BLOCK))
        with cgutils.for_range(builder, blocks) as loop:
            tile = emit.past(tiles, loop.index, TILE)
            for vector, fours in _vectors(
                emit, emit.past(weights, loop.index, TILE // 2), values, 4
            ):
                emit.store(fours, emit.past(tile, vector, BLOCK))
        return context.get_dummy_value()

    return types.void(*[_ADDRESS] * 3, _COUNT), write


@intrinsic
def tile_product(
    context: Any,
    tiles: Any,  # int8 [blocks, 16 vectors, 64]
    scales: Any,  # float16 [blocks, 16]
    codes: Any,  # int8 [blocks, 16, 64]
    factors: Any,  # float32 and int32 [blocks, 16, 2]
    unit: Any,
    bias: Any,  # float32 [16]
    output: Any,  # bfloat16 [tokens, outputs], at the first of 16
    tokens: Any,  # at most 16; what stands in the other rows does not matter
    blocks: Any,
    outputs: Any,
) -> Kernel:
    """The product of up to 16 rows and of 16 outputs' weights, as tiles."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if not has_tiles():  # and is not called; the compiler would not know the instructions
            return context.get_dummy_value()
        tiles, scales, codes, factors, unit, bias, output, tokens, blocks, outputs = arguments
        emit = Instructions(builder)
        shapes = bytearray(64)  # palette 1; for each register the bytes of a row, and the rows
        shapes[0] = 1
        for register in range(3):
            shapes[16 + 2 * register], shapes[48 + register] = BLOCK, ROWS
        constant = ir.Constant(BYTES, list(shapes))
        emit.set_up_tiles(builder.ptrtoint(cgutils.alloca_once_value(builder, constant), WIDE))
        exact = cgutils.alloca_once(builder, ir.ArrayType(INTS, ROWS))
        exact.align = BLOCK
        place = builder.ptrtoint(exact, WIDE)
        sums = _zeros(builder, ROWS)
        with cgutils.for_range(builder, blocks) as loop:
            emit.clear_tile(0)
            emit.load_tile(1, emit.past(codes, loop.index, TILE))
            emit.load_tile(2, emit.past(tiles, loop.index, TILE))
            emit.dot_tiles(0, 1, 2)
            emit.store_tile(0, place)
            scale = _scale(emit, scales, loop.index)
            mine = emit.past(factors, loop.index, ROWS * FACTORS)
            for t in range(ROWS):
                total = emit.load(emit.past(place, t, BLOCK), INTS)
                _add(emit, sums[t], total, emit.past(mine, t, FACTORS), scale)
        emit.release_tiles()
        factor = emit.all_lanes(unit, FLOATS)
        for t in range(ROWS):
            with builder.if_then(builder.icmp_signed("<", WIDE(t), tokens)):
                _finish(
                    emit, sums[t], factor, bias, emit.past(output, builder.mul(outputs, WIDE(t)), 2)
                )
        return context.get_dummy_value()

    numbers = [types.float32, _ADDRESS, _ADDRESS, _COUNT, _COUNT, _COUNT]
    return types.void(*[_ADDRESS] * 4, *numbers), write


def _zeros(builder: Any, rows: int) -> list[Any]:
    """A sum of 16 outputs for each row."""
    zeros = ir.Constant(FLOATS, None)
    return [cgutils.alloca_once_value(builder, zeros) for _ in range(rows)]


def _vectors(emit: Instructions, tile: Any, values: Any, bits: int) -> Any:
    """The vectors of a tile of weights, each with its number."""
    builder = emit.builder
    if bits == 8:
        for vector in range(VECTORS):
            yield vector, emit.load(emit.past(tile, vector, BLOCK), BYTES)
        return
    low = ir.Constant(BYTES, [15] * BLOCK)
    for vector in range(VECTORS // 2):
        pairs = emit.load(emit.past(tile, vector, BLOCK), BYTES)
        above = builder.lshr(builder.bitcast(pairs, INTS), emit.ints(4))
        yield vector, emit.looked_up(values, builder.and_(pairs, low))
        high = builder.and_(builder.bitcast(above, BYTES), low)
        yield vector + VECTORS // 2, emit.looked_up(values, high)


def _scale(emit: Instructions, scales: Any, index: Any) -> Any:
    """16 outputs' scales, as floats."""
    return emit.builder.fpext(emit.load(emit.past(scales, index, SCALES), HALVES), FLOATS)


def _add(emit: Instructions, place: Any, total: Any, factor: Any, scale: Any) -> None:
    """To a row's sum, a block's exact one times its scales."""
    builder = emit.builder
    factors = emit.all_lanes(emit.load(factor, FLOAT), FLOATS)
    if scale is not None:
        factors = builder.fmul(factors, scale)
    product = builder.sitofp(total, FLOATS)
    builder.store(emit.fused(product, factors, builder.load(place)), place)


def _finish(emit: Instructions, place: Any, factor: Any, bias: Any, output: Any) -> None:
    """Write a row's 16 outputs."""
    result = emit.fused(emit.builder.load(place), factor, emit.load(bias, FLOATS))
    emit.store(emit.to_bfloat16(result), output)
