"""Attention of a packed batch in one kernel of variable lengths (flash attention 2), for CUDA."""

from __future__ import annotations

import torch
from torch import Tensor

from bot.engine.batch import Batch
from bot.engine.cuda.decoding import attend_decoding, usable
from bot.engine.in_turn import attend_in_turn
from bot.engine.kv_cache import KVCache
from bot.engine.rule import Rule


class NotCapturable(Exception):
    """What is to be captured as a CUDA graph reads its batch's numbers on the CPU."""


def supports_varlen(device: torch.device, dtype: torch.dtype, head_dim: int) -> bool:
    """Whether torch's flash attention computes this: half precision, on an Ampere or newer.

    On the meta device it does as if, so that shapes can be checked without a GPU.
    """
    if dtype not in (torch.float16, torch.bfloat16) or head_dim % 8 or head_dim > 256:
        return False
    if device.type == "meta":
        return True
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def attend_at_once(cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule) -> Tensor:
    """All parts in one kernel; see `attention.Attend`.

    The kernel finds a part's keys where `key_starts` says, as many as `key_lengths`, so that
    slots need not lie side by side. Queries are the last of the keys: causality and windows are
    aligned to the end. This is what `torch.nn.attention.varlen` calls; through the operator it
    is the same in torch 2.11 to 2.13. torch's build of it has no soft-capping, and values are of
    the keys' size: see `_attend_beside`.
    """
    if rule.softcap is not None or cache.shape.width != cache.shape.head_dim:
        return _attend_beside(cache, batch, layer, query, rule)
    window = -1 if rule.window is None else rule.window - 1
    if rule.sinks is not None and rule.window is None:
        window = batch.deepest  # none either, and its sums are a row for each head
    attended = torch.ops.aten._flash_attention_forward(
        query.transpose(0, 1),  # [T, heads, head_dim]
        cache.keys[layer].transpose(0, 1),  # [tokens, kv_heads, head_dim]
        cache.values[layer].transpose(0, 1),
        batch.query_starts,
        batch.key_starts,
        batch.longest,
        batch.deepest,
        0.0,  # no dropout
        batch.longest > 1,
        False,  # no mask for debugging
        scale=rule.scale,
        window_size_left=window,
        seqused_k=batch.key_lengths,
    )
    output: Tensor = attended[0]
    if rule.sinks is None:
        return output
    sums: Tensor = attended[1]  # [heads, T], the logarithm of the sum that a softmax divides by
    return output * (sums - rule.sinks.float()[:, None]).sigmoid().t()[..., None].to(output.dtype)


def _attend_beside(cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule) -> Tensor:
    """What flash attention has not: decoding in a kernel of our own, else part by part.

    Raises NotCapturable where the latter is to be captured as a graph, which cannot hold it.
    """
    if batch.longest == 1 and not query.is_meta and usable(cache, query.shape[0], rule):
        return attend_decoding(cache, batch, layer, query, rule)
    if query.is_cuda and torch.cuda.is_current_stream_capturing():
        raise NotCapturable("attention is computed part by part")
    return attend_in_turn(cache, batch, layer, query, rule)
