"""Attention of decoding conversations with every rule of a layer's, in Triton.

A program computes the queries of one sequence that share a head of keys: it reads each key and
value once, and keeps the softmax's maximum and sum as it goes (flash attention). All that it
needs of a step lies in tensors, so that a captured graph can hold it.

Triton compiles this function: nothing else can be in this file, and no types but its own.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit(do_not_specialize=["window", "tokens"])
def attend(
    query,  # [N, heads, DIM]
    keys,  # [kv_heads, tokens, DIM]
    values,  # [kv_heads, tokens, WIDTH]
    sinks,  # [heads] float32, or whatever where there are none
    key_starts,  # [N + 1] int32
    key_lengths,  # [N] int32
    out,  # [N, heads, WIDTH]
    tokens,
    window,
    scale,
    softcap,
    GROUP: tl.constexpr,  # queries of a head of keys
    DIM: tl.constexpr,
    WIDTH: tl.constexpr,
    QUERIES: tl.constexpr,  # not fewer than GROUP: what tensor cores take
    DIMS: tl.constexpr,  # the power of 2 not below DIM
    WIDTHS: tl.constexpr,
    BLOCK: tl.constexpr,  # keys at once
    CAPPED: tl.constexpr,
    SINKS: tl.constexpr,
):
    """By programs `[N, kv_heads]`."""
    part, head = tl.program_id(0), tl.program_id(1)
    length = tl.load(key_lengths + part)
    first = tl.load(key_starts + part).to(tl.int64) + head.to(tl.int64) * tokens
    g, d, w = tl.arange(0, QUERIES), tl.arange(0, DIMS), tl.arange(0, WIDTHS)
    rows = (part * tl.num_programs(1) + head) * GROUP + g
    of_rows = g < GROUP
    q = tl.load(
        query + rows[:, None] * DIM + d[None, :],
        mask=of_rows[:, None] & (d[None, :] < DIM),
        other=0.0,
    )
    largest = tl.full((QUERIES,), float("-inf"), tl.float32)
    total = tl.zeros((QUERIES,), tl.float32)
    mixed = tl.zeros((QUERIES, WIDTHS), tl.float32)
    for begin in tl.range(tl.maximum(length - window, 0), length, BLOCK):
        token = begin + tl.arange(0, BLOCK)
        seen = token < length
        at = first + token
        k = tl.load(
            keys + at[:, None] * DIM + d[None, :],
            mask=seen[:, None] & (d[None, :] < DIM),
            other=0.0,
        )
        v = tl.load(
            values + at[:, None] * WIDTH + w[None, :],
            mask=seen[:, None] & (w[None, :] < WIDTH),
            other=0.0,
        )
        scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale  # [QUERIES, BLOCK]
        if CAPPED:
            scores = softcap * (2.0 * tl.sigmoid(2.0 * scores / softcap) - 1.0)  # its tanh
        scores = tl.where(seen[None, :], scores, float("-inf"))
        larger = tl.maximum(largest, tl.max(scores, 1))
        weights = tl.exp(scores - larger[:, None])
        less = tl.exp(largest - larger)
        total = total * less + tl.sum(weights, 1)
        mixed = mixed * less[:, None]
        mixed = tl.dot(weights.to(v.dtype), v, mixed, input_precision="ieee")
        largest = larger
    if SINKS:
        sink = tl.load(sinks + head * GROUP + g, mask=of_rows, other=0.0)
        larger = tl.maximum(largest, sink)
        less = tl.exp(largest - larger)
        total = total * less + tl.exp(sink - larger)
        mixed = mixed * less[:, None]
    tl.store(
        out + rows[:, None] * WIDTH + w[None, :],
        (mixed / total[:, None]).to(out.dtype.element_ty),
        mask=of_rows[:, None] & (w[None, :] < WIDTH),
    )
