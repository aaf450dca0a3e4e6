"""Attention of decoding conversations on a GPU where flash attention lacks a layer's rule.

Soft-capping, and values of another size than keys. The kernel is used where it gives what
torch's own operations give on that very card; what fails or disagrees is told of in one line,
and those layers are computed part by part.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache as once
from itertools import pairwise

import torch
from torch import Tensor

from bot.engine.batch import Batch, Part, on_device
from bot.engine.in_turn import attend_in_turn
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.rule import Rule

log = logging.getLogger(__name__)

NO_WINDOW = 2**31 - 1
BLOCK = 32  # keys at once: with heads of 256 they fit a multiprocessor's memory
LENGTHS = (1, 5, 33, 70)  # of the sequences that are tried
AGREEING = {torch.float32: 1e-4, torch.bfloat16: 2e-2, torch.float16: 4e-3}


def attend_decoding(cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule) -> Tensor:
    """Parts of one row each; see `attention.Attend`. Raises whatever Triton does."""
    from bot.engine.cuda.attention_kernel import attend  # only such machines have Triton

    heads, total, dim = query.shape
    keys, values = cache.keys[layer], cache.values[layer]
    kv_heads, width = cache.shape.heads, cache.shape.width
    output = query.new_empty(total, heads, width)
    attend[total, kv_heads](
        query.transpose(0, 1).contiguous(),
        keys,
        values,
        output if rule.sinks is None else rule.sinks.float().contiguous(),
        batch.key_starts,
        batch.key_lengths,
        output,
        keys.shape[1],
        rule.window or NO_WINDOW,
        float(rule.scale),
        float(rule.softcap or 0),
        GROUP=heads // kv_heads,
        DIM=dim,
        WIDTH=width,
        QUERIES=max(16, _power(heads // kv_heads)),
        DIMS=max(16, _power(dim)),
        WIDTHS=max(16, _power(width)),
        BLOCK=BLOCK,
        CAPPED=rule.softcap is not None,
        SINKS=rule.sinks is not None,
        num_stages=2,
    )
    return output


def usable(cache: KVCache, heads: int, rule: Rule) -> bool:
    """Whether the kernel agrees with torch for such a layer; tried once, not while capturing."""
    capped = None if rule.softcap is None else float(rule.softcap)
    kind = replace(rule, scale=float(rule.scale), softcap=capped, sinks=None)
    shape = replace(cache.shape, layers=1)
    return _tried(shape, cache.dtype, cache.device, heads, kind, rule.sinks is not None)


@once
def _tried(
    shape: CacheShape,
    dtype: torch.dtype,
    device: torch.device,
    heads: int,
    rule: Rule,
    sinks: bool,
) -> bool:
    try:
        cache = KVCache(shape, sum(LENGTHS), dtype, device)
        random = torch.Generator(device).manual_seed(1)
        for block in (cache.keys, cache.values):
            block.normal_(generator=random)
        ends = [0]
        for length in LENGTHS:
            ends.append(ends[-1] + length)
        parts = [Part(i, i + 1, e - b - 1, b) for i, (b, e) in enumerate(pairwise(ends))]
        rows = [0] * len(parts)
        batch = on_device(parts, rows, rows, rows, [], device)
        query = torch.empty(heads, len(parts), shape.head_dim, dtype=dtype, device=device)
        query.normal_(generator=random)
        some = torch.linspace(-2, 2, heads, device=device) if sinks else None
        given = cache, batch, 0, query, replace(rule, sinks=some)
        expected, got = attend_in_turn(*given).float(), attend_decoding(*given).float()
        size = expected.square().mean().sqrt()
        if not bool((got - expected).square().mean().sqrt() <= AGREEING[dtype] * size):
            raise ArithmeticError("other numbers")
    except Exception as error:
        why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        log.warning("attention in one kernel is not used: %s", why)
        return False
    return True


def _power(count: int) -> int:
    """The power of 2 that is not below."""
    return 1 << (count - 1).bit_length()
