"""Kernels in Triton: products of a few tokens and an NF4 matrix.

The matrix stays as bitsandbytes keeps it on CUDA: row after row, two columns in a
byte, the even one in the high half, and a scale for each `BLOCK` columns. A program computes `N`
rows of it for all tokens: it reads each byte once, unpacks it in registers, multiplies the bare
codes, and scales the sum of each block. Where the rows alone would keep too few multiprocessors
busy, the columns are split among programs, whose sums a second kernel adds in a fixed order:
atomic sums would make the last digit a matter of chance.

Triton compiles these functions: nothing else can be in this file, and no types but its own.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit(do_not_specialize=["tokens"])
def multiply(
    x,  # [tokens, columns]
    packed,  # [rows, columns / 2] uint8
    scales,  # [rows, columns / BLOCK] float32
    codes,  # [16], the values of the codes in the type of x
    bias,  # [rows], or whatever where there is none
    out,  # [tokens, rows]; with SPLIT [splits, tokens, rows] float32
    tokens,
    rows,
    columns,
    T: tl.constexpr,  # tokens at most
    N: tl.constexpr,  # rows of a program
    BLOCK: tl.constexpr,
    DOT: tl.constexpr,  # by tensor cores, from 16 tokens on; else number by number
    SPLIT: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    UNROLL: tl.constexpr,
    UNPACK: tl.constexpr,  # instructions that unpack four bytes; empty: codes are looked up
):
    """`x` times the matrix transposed, by programs `[rows / N, splits]`."""
    HALF: tl.constexpr = BLOCK // 2
    n = tl.program_id(0) * N + tl.arange(0, N)
    t = tl.arange(0, T)
    pair = tl.arange(0, HALF)
    of_rows = n < rows
    of_tokens = t < tokens
    blocks = columns // BLOCK
    each = tl.cdiv(blocks, tl.num_programs(1))
    begin = tl.program_id(1) * each
    end = tl.minimum(begin + each, blocks)
    bytes_at = packed + n.to(tl.int64)[:, None] * (columns // 2) + pair[None, :]  # [N, HALF]
    scales_at = scales + n.to(tl.int64) * blocks
    both = tl.arange(0, BLOCK)
    x_at = x + t[:, None] * columns + both[None, :]  # [T, BLOCK]
    sums = tl.zeros((N, T), tl.float32) if DOT else tl.zeros((T, N, HALF), tl.float32)
    for block in tl.range(begin, end, loop_unroll_factor=UNROLL):
        byte = tl.load(bytes_at + block * HALF, mask=of_rows[:, None], other=0)
        scale = tl.load(scales_at + block, mask=of_rows, other=0.0)  # [N]
        columns_of_x = tl.load(x_at + block * BLOCK, mask=of_tokens[:, None], other=0.0)
        x_even, x_odd = tl.split(tl.reshape(columns_of_x, (T, HALF, 2)))  # [T, HALF]
        if UNPACK == "":  # even and odd: [N, HALF]
            even = tl.load(codes + (byte.to(tl.int32) >> 4))
            odd = tl.load(codes + (byte.to(tl.int32) & 15))
        else:
            even, odd = tl.inline_asm_elementwise(
                UNPACK,
                "=r,=r,=r,=r,r",
                [byte],
                (codes.dtype.element_ty, codes.dtype.element_ty),
                is_pure=True,
                pack=4,
            )
        if DOT:
            product = tl.dot(even, tl.trans(x_even), input_precision="ieee")
            product = tl.dot(odd, tl.trans(x_odd), product, input_precision="ieee")
            sums += product * scale[:, None]
        else:
            product = even.to(tl.float32)[None, :, :] * x_even.to(tl.float32)[:, None, :]
            product += odd.to(tl.float32)[None, :, :] * x_odd.to(tl.float32)[:, None, :]
            sums += product * scale[None, :, None]
    result = tl.trans(sums) if DOT else tl.sum(sums, 2)  # [T, N]
    at = t[:, None] * rows + n[None, :]
    mask = of_tokens[:, None] & of_rows[None, :]
    if SPLIT:
        tl.store(out + tl.program_id(1) * tokens * rows + at, result, mask=mask)
    else:
        if HAS_BIAS:
            result += tl.load(bias + n, mask=of_rows, other=0.0).to(tl.float32)[None, :]
        tl.store(out + at, result.to(out.dtype.element_ty), mask=mask)


@triton.jit(do_not_specialize=["tokens", "splits"])
def add_up(
    parts,  # [splits, tokens, rows] float32
    bias,  # [rows], or whatever where there is none
    out,  # [tokens, rows]
    tokens,
    splits,
    rows,
    WIDTH: tl.constexpr,
    HAS_BIAS: tl.constexpr,
):
    """The sum over splits, always in the same order, by programs `[rows / WIDTH, tokens]`."""
    n = tl.program_id(0) * WIDTH + tl.arange(0, WIDTH)
    at = tl.program_id(1) * rows + n
    mask = n < rows
    result = tl.zeros((WIDTH,), tl.float32)
    for split in range(splits):
        result += tl.load(parts + split * tokens * rows + at, mask=mask, other=0.0)
    if HAS_BIAS:
        result += tl.load(bias + n, mask=mask, other=0.0).to(tl.float32)
    tl.store(out + at, result.to(out.dtype.element_ty), mask=mask)
