"""Kernels in Triton: products of a few tokens and an NF4 matrix, and rotary embeddings.

The matrix of a product stays as bitsandbytes keeps it on CUDA: row after row, two columns in a
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


@triton.jit
def rotate(
    q,  # [q_heads, tokens, DIM], the numbers of one head and token side by side
    k,  # [k_heads, tokens, DIM]
    cos,  # [tokens, 2 * HALF]
    sin,
    q_out,  # [tokens, q_heads, DIM]
    k_out,  # [tokens, k_heads, DIM]
    q_head,  # numbers from one head to the next,
    q_token,  # and from one token to the next
    k_head,
    k_token,
    q_heads,
    k_heads,
    HALF: tl.constexpr,
    DIM: tl.constexpr,
    WIDTH: tl.constexpr,  # a power of two that holds HALF, and what of DIM is not rotated
):
    """Queries and keys turned by their positions, by programs `[q_heads + k_heads, tokens]`."""
    head, token = tl.program_id(0), tl.program_id(1)
    angles = token * 2 * HALF
    if head < q_heads:
        at, to = head * q_head + token * q_token, (token * q_heads + head) * DIM
        turn(q + at, cos + angles, sin + angles, q_out + to, HALF, DIM, WIDTH)
    else:
        head -= q_heads
        at, to = head * k_head + token * k_token, (token * k_heads + head) * DIM
        turn(k + at, cos + angles, sin + angles, k_out + to, HALF, DIM, WIDTH)


@triton.jit
def turn(at, cos, sin, to, HALF: tl.constexpr, DIM: tl.constexpr, WIDTH: tl.constexpr):
    """One head of one token: the first half of what is rotated turns against the second.

    Rounded after each product, as it is where every one of them is a kernel of its own.
    """
    kind: tl.constexpr = to.dtype.element_ty
    place = tl.arange(0, WIDTH)
    half = place < HALF
    first = tl.load(at + place, mask=half, other=0.0).to(tl.float32)
    second = tl.load(at + HALF + place, mask=half, other=0.0).to(tl.float32)
    c = tl.load(cos + place, mask=half, other=0.0).to(tl.float32)
    s = tl.load(sin + place, mask=half, other=0.0).to(tl.float32)
    turned = (first * c).to(kind).to(tl.float32) - (second * s).to(kind).to(tl.float32)
    tl.store(to + place, turned.to(kind), mask=half)
    c = tl.load(cos + HALF + place, mask=half, other=0.0).to(tl.float32)
    s = tl.load(sin + HALF + place, mask=half, other=0.0).to(tl.float32)
    turned = (second * c).to(kind).to(tl.float32) + (first * s).to(kind).to(tl.float32)
    tl.store(to + HALF + place, turned.to(kind), mask=half)
    if 2 * HALF < DIM:
        rest = place + 2 * HALF < DIM
        passed = tl.load(at + 2 * HALF + place, mask=rest, other=0.0)
        tl.store(to + 2 * HALF + place, passed, mask=rest)
