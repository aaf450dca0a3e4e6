"""Attention of decoding sequences on a CPU in bfloat16: all of a step's in one compiled loop.

torch has no kernel for one query over a cache that is not dense: it copies each sequence's keys
and values first, and multiplies them as if there were sixteen queries. Here they are read once
and in order, at the speed of the memory (docs/engine-log.md). Numba compiles the loops for the
processor that runs them, once, and keeps the result beside this file or in the user's cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import float32, int32, njit, prange, uint16, void
from torch import Tensor

from bot.engine.batch import Batch
from bot.engine.cpu.compiler import compiled
from bot.engine.kv_cache import KVCache
from bot.engine.rule import Rule

LOG2_E = np.float32(1.4426950408889634)
NO_WINDOW = 2**31 - 1
NO_SINKS = np.empty(0, np.float32)
SMALLEST = np.float32(-126)  # the smallest exponent of 2 that is a normal float32
# A polynomial for 2^x in [0, 1), highest power first; its relative error is under 2e-7.
POWERS = tuple(
    np.float32(c)
    for c in (1.8775767e-3, 8.9893397e-3, 5.5826318e-2, 2.4015361e-1, 6.9315308e-1, 0.99999994)
)


@njit(inline="always")
def widened(bits: Any) -> Any:
    """The float32 of a bfloat16's 16 bits."""
    return np.uint32(np.uint32(bits) << np.uint32(16)).view(np.float32)


@njit(inline="always")
def rounded(number: Any) -> Any:
    """The 16 bits of the bfloat16 nearest to a float32; of two, the even one."""
    bits = np.float32(number).view(np.uint32)
    up = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return np.uint16(np.uint32(bits + up) >> np.uint32(16))


@njit(inline="always")
def exponential(x: Any) -> Any:
    """e^x of a float32 that is not above 0, in operations of which a processor does many at once.

    At the least 2^-126, which is nothing beside the largest weight's 1.
    """
    power = max(x * LOG2_E, SMALLEST)
    whole = np.floor(power)
    rest = power - whole
    result = POWERS[0]
    for i in range(1, 6):
        result = result * rest + POWERS[i]
    exponent = np.uint32(np.uint32(np.int32(whole) + np.int32(127)) << np.uint32(23))
    return exponent.view(np.float32) * result


@njit(inline="always")
def capped(score: Any, softcap: Any) -> Any:
    """A score drawn towards ±softcap: softcap * tanh(score / softcap)."""
    small = exponential(np.float32(-2) * abs(score) / softcap)
    return np.copysign(softcap * (np.float32(1) - small) / (np.float32(1) + small), score)


def attend_parts(
    query: Any,
    keys: Any,
    values: Any,
    query_starts: Any,
    key_starts: Any,
    key_lengths: Any,
    scale: Any,
    window: Any,
    softcap: Any,
    sinks: Any,
    output: Any,
) -> None:
    """Attend, for every part of a batch that has one row; the others' output stays as it is.

    Shapes are those of `attend_decoding`; numbers are the bits of bfloat16.
    A softcap of 0 is none, and so are no sinks.
    """
    heads, _, head_dim = query.shape
    group = heads // keys.shape[0]
    for job in prange(len(key_lengths) * heads):
        part, head = job // heads, job % heads
        row = query_starts[part]
        if query_starts[part + 1] - row != 1:
            continue
        length = min(key_lengths[part], window)
        first = key_starts[part] + key_lengths[part] - length
        scaled = np.empty(head_dim, np.float32)
        for d in range(head_dim):
            scaled[d] = widened(query[head, row, d]) * scale
        weights = np.empty(length, np.float32)
        largest = np.float32(-np.inf)
        for token in range(length):
            key = keys[head // group, first + token]
            score = np.float32(0)
            for d in range(head_dim):
                score += widened(key[d]) * scaled[d]
            weights[token] = score
            largest = max(largest, score)
        if softcap > 0:
            for token in range(length):
                weights[token] = capped(weights[token], softcap)
            largest = capped(largest, softcap)
        total = np.float32(0)
        if len(sinks):
            largest = max(largest, sinks[head])
            total += exponential(sinks[head] - largest)
        for token in range(length):
            weights[token] = exponential(weights[token] - largest)
            total += weights[token]
        value_dim = values.shape[2]
        mixed = np.zeros(value_dim, np.float32)
        for token in range(length):
            value = values[head // group, first + token]
            weight = weights[token]
            for d in range(value_dim):
                mixed[d] += widened(value[d]) * weight
        for d in range(value_dim):
            output[row, head, d] = rounded(mixed[d] / total)


def compiled_loop() -> Any:
    """`attend_parts` for this processor."""
    rows, dense, indices = uint16[:, :, :], uint16[:, :, ::1], int32[::1]
    numbers = (float32, int32, float32, float32[::1])
    return compiled(
        attend_parts,
        void(rows, dense, dense, indices, indices, indices, *numbers, dense),
        fastmath={"reassoc", "contract", "nsz"},  # sums in any order; NaN stays NaN
    )


attend = compiled_loop()


def attend_decoding(
    cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule, output: Tensor
) -> None:
    """Write the output of each part of one row to `output`, `[T, heads, head_dim]`.

    `query`: `[heads, T, head_dim]`. All in bfloat16, on a CPU.
    """
    attend(
        bits(query),
        bits(cache.keys[layer]),
        bits(cache.values[layer]),
        batch.query_starts.numpy(),
        batch.key_starts.numpy(),
        batch.key_lengths.numpy(),
        rule.scale,
        rule.window or NO_WINDOW,
        rule.softcap or 0,
        NO_SINKS if rule.sinks is None else rule.sinks.detach().float().numpy(),
        bits(output),
    )


def bits(numbers: Tensor) -> Any:
    """A bfloat16 tensor's memory as an array of 16-bit numbers."""
    return numbers.view(torch.uint16).numpy()
