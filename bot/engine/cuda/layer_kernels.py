"""Kernels in Triton: what a layer does between its products, as the model itself rounds it.

Rotary embeddings, also with the writing of keys and values into the cache; sums, with the
normalisation of what comes out.

Triton compiles these functions: nothing else can be in this file, and no types but its own.
"""

from __future__ import annotations

import triton
import triton.language as tl


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


@triton.jit(do_not_specialize=["room"])
def rotate_into(
    q,  # [q_heads, tokens, DIM], the numbers of one head and token side by side
    k,  # [k_heads, tokens, DIM]
    v,  # [k_heads, tokens, VALUE]
    cos,  # [tokens, 2 * HALF]
    sin,
    places,  # [tokens] int64, where in the cache
    q_out,  # [tokens, q_heads, DIM]
    keys,  # [k_heads, room, DIM], the cache
    values,  # [k_heads, room, VALUE]
    q_head,  # numbers from one head to the next,
    q_token,  # and from one token to the next
    k_head,
    k_token,
    v_head,
    v_token,
    q_heads,
    k_heads,
    room,
    HALF: tl.constexpr,
    DIM: tl.constexpr,
    WIDTH: tl.constexpr,  # a power of two that holds HALF, and what of DIM is not rotated
    VALUE: tl.constexpr,
    VALUES: tl.constexpr,  # the power of two not below VALUE
):
    """As `rotate`, but keys go into the cache and values too: `[q_heads + 2 * k_heads, tokens]`."""
    head, token = tl.program_id(0), tl.program_id(1)
    angles = token * 2 * HALF
    if head < q_heads:
        to = q_out + (token * q_heads + head) * DIM
        turn(q + head * q_head + token * q_token, cos + angles, sin + angles, to, HALF, DIM, WIDTH)
    else:
        head -= q_heads
        place = tl.load(places + token)
        if head < k_heads:
            at = k + head * k_head + token * k_token
            key = keys + (head * room + place) * DIM
            turn(at, cos + angles, sin + angles, key, HALF, DIM, WIDTH)
        else:
            head -= k_heads
            number = tl.arange(0, VALUES)
            mask = number < VALUE
            copied = tl.load(v + head * v_head + token * v_token + number, mask=mask, other=0.0)
            value = values + (head * room + place) * VALUE
            tl.store(value + number, copied, mask=mask)


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


@triton.jit
def normalise(
    a,  # [rows, columns], and so all others but weight and bias
    b,  # whatever where there are fewer TERMS
    c,
    weight,  # [columns]
    bias,  # [columns], or whatever where there is none
    total,  # (a + b) + c
    out,
    columns,
    epsilon,
    TERMS: tl.constexpr,
    CENTRED: tl.constexpr,  # layer norm; else RMS norm, which rounds before it weighs,
    ONE_MORE: tl.constexpr,  # or weighs with 1 + weight, and rounds after that (Gemma)
    HAS_BIAS: tl.constexpr,
    WIDTH: tl.constexpr,  # the power of two not below columns
):
    """A sum, rounded after each addition, and its normalisation, by programs `[rows]`."""
    kind: tl.constexpr = out.dtype.element_ty
    column = tl.arange(0, WIDTH)
    mask = column < columns
    at = tl.program_id(0).to(tl.int64) * columns + column
    x = tl.load(a + at, mask=mask, other=0.0).to(tl.float32)
    if TERMS > 1:
        x = (x + tl.load(b + at, mask=mask, other=0.0).to(tl.float32)).to(kind).to(tl.float32)
    if TERMS > 2:
        x = (x + tl.load(c + at, mask=mask, other=0.0).to(tl.float32)).to(kind).to(tl.float32)
    if TERMS > 1:
        tl.store(total + at, x.to(kind), mask=mask)
    w = tl.load(weight + column, mask=mask, other=0.0).to(tl.float32)
    if CENTRED:
        x = tl.where(mask, x - tl.sum(x, 0) / columns, 0.0)
    x *= 1.0 / tl.sqrt(tl.sum(x * x, 0) / columns + epsilon)
    if ONE_MORE:
        w += 1.0
    elif not CENTRED:
        x = x.to(kind).to(tl.float32)
    x *= w
    if HAS_BIAS:
        x += tl.load(bias + column, mask=mask, other=0.0).to(tl.float32)
    tl.store(out + at, x.to(kind), mask=mask)
