"""Attention of a packed batch over the cache, through transformers' own two hooks.

A step is one forward of shape `[1, T]`: the chunks of all its sequences, one after the other.
transformers' layers call `PackedStep.update` where they would fill a cache, and the function
registered as `IMPLEMENTATION` where they would attend. A name without a mask function gets no
mask from transformers; the batch's own ranges say what each token may see.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache as once
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from bot.engine.batch import Batch, Part
from bot.engine.kv_cache import KVCache
from bot.engine.vendors import load_modeling, transformers, uncollected

IMPLEMENTATION = "kaiwa_packed"

Attend = Callable[[KVCache, Batch, int, Tensor, float], Tensor]
"""Cache, batch, layer, queries `[heads, T, head_dim]`, scale -> `[T, heads, head_dim]`."""


class UnsupportedModel(Exception):
    """The model attends in a way that this engine does not know."""


class PackedStep:
    """One step's batch; stands in for transformers' cache and is handed on to attention."""

    is_compileable = False

    def __init__(self, cache: KVCache, batch: Batch) -> None:
        self.cache = cache
        self.batch = batch
        self.attend = choose_attention(cache)

    def update(self, key: Tensor, value: Tensor, layer: int, *_: Any) -> tuple[Tensor, Tensor]:
        """Write a layer's new keys and values, `[1, kv_heads, T, head_dim]`, to the slots."""
        self.cache.write(layer, self.batch.places, key[0], value[0])
        return key, value

    def note_attention(
        self, layer: int, key: Tensor, value: Tensor, attention_mask: Tensor | None
    ) -> None:
        """Called before a layer attends, with what it was given; `watched.py` looks at it."""

    def get_seq_length(self, layer: int = 0) -> int:
        """transformers asks to number positions; the runner passes them, so any answer does."""
        return 0


def packed_attention(
    module: nn.Module,
    query: Tensor,  # [1, heads, T, head_dim]
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    packed: PackedStep | None = None,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """Each chunk attends to its own slot; `[1, T, heads, head_dim]`.

    Raises UnsupportedModel for what would silently come out wrong.
    """
    if packed is None:
        raise UnsupportedModel(f"{type(module).__name__} does not hand its options on")
    for option in ("sliding_window", "softcap", "s_aux"):
        if options.get(option) is not None:
            raise UnsupportedModel(f"{type(module).__name__} needs {option}")
    layer = getattr(module, "layer_idx", None)
    if not isinstance(layer, int):
        raise UnsupportedModel(f"{type(module).__name__} does not know its layer's number")
    packed.note_attention(layer, key, value, attention_mask)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    output = packed.attend(packed.cache, packed.batch, layer, query[0], scale)
    return output[None], None


def choose_attention(cache: KVCache) -> Attend:
    """The kernel for a cache: one for the whole batch where the device and type have it."""
    if supports_varlen(cache.device, cache.dtype, cache.shape.head_dim):
        return attend_at_once
    if cache.device.type == "cpu" and cache.dtype == torch.bfloat16:
        return attend_on_cpu
    return attend_in_turn


def supports_varlen(device: torch.device, dtype: torch.dtype, head_dim: int) -> bool:
    """Whether torch's flash attention computes this: half precision, on an Ampere or newer.

    On the meta device it does as if, so that shapes can be checked without a GPU.
    """
    if dtype not in (torch.float16, torch.bfloat16) or head_dim % 8 or head_dim > 256:
        return False
    if device.type == "meta":
        return True
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def attend_at_once(cache: KVCache, batch: Batch, layer: int, query: Tensor, scale: float) -> Tensor:
    """All parts in one kernel of variable lengths (flash attention 2), for CUDA.

    The kernel finds a part's keys where `key_starts` says, as many as `key_lengths`, so that
    slots need not lie side by side. Queries are the last of the keys: causality is aligned to
    the end. This is what `torch.nn.attention.varlen` calls; through the operator it is the same
    in torch 2.11 to 2.13.
    """
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
        scale=scale,
        seqused_k=batch.key_lengths,
    )
    output: Tensor = attended[0]
    return output


def attend_on_cpu(cache: KVCache, batch: Batch, layer: int, query: Tensor, scale: float) -> Tensor:
    """The parts of one row in one compiled loop, chunks of prompts in turn; for bfloat16."""
    output = _chunks_in_turn(cache, batch, layer, query, scale)
    _attend_decoding()(cache, batch, layer, query, scale, output)
    return output


@once
def _attend_decoding() -> Callable[..., None]:
    with uncollected():  # half a second that a GPU does not need
        from bot.engine.cpu.attention import attend_decoding

    return attend_decoding


def attend_in_turn(cache: KVCache, batch: Batch, layer: int, query: Tensor, scale: float) -> Tensor:
    """One part after the other, on any device and in any number type."""
    output = _chunks_in_turn(cache, batch, layer, query, scale)
    for part in batch.parts:
        if part.rows == 1:
            k, v = _seen(cache, part, layer)
            output[part.begin] = _attend_one(query[:, part.begin : part.end], k, v, scale)
    return output


def _chunks_in_turn(
    cache: KVCache, batch: Batch, layer: int, query: Tensor, scale: float
) -> Tensor:
    """`[T, heads, head_dim]`, in which only the parts of more than one row are filled."""
    heads, total, head_dim = query.shape
    output = query.new_empty(total, heads, head_dim)
    for part in batch.parts:
        if part.rows > 1:
            k, v = _seen(cache, part, layer)
            rows = query[:, part.begin : part.end]
            output[part.begin : part.end] = _attend_rows(rows, k, v, scale, part.past)
    return output


def _seen(cache: KVCache, part: Part, layer: int) -> tuple[Tensor, Tensor]:
    """The keys and the values that a part sees, `[kv_heads, length, head_dim]`."""
    return (
        cache.keys[layer].narrow(1, part.first, part.length),
        cache.values[layer].narrow(1, part.first, part.length),
    )


def _attend_one(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """One query, `[heads, 1, head_dim]`, over all keys; `[heads, head_dim]`.

    Two matrix-vector products, keys times query: a third of the time of torch's fused kernel.
    """
    heads, _, head_dim = q.shape
    groups = q.reshape(k.shape[0], -1, head_dim)  # [kv_heads, queries of a group, head_dim]
    scores = torch.bmm(k, groups.transpose(1, 2)).float() * scale  # [kv_heads, length, queries]
    weights = scores.softmax(1).to(v.dtype).transpose(1, 2)
    return torch.bmm(weights, v).reshape(heads, head_dim)


def _attend_rows(q: Tensor, k: Tensor, v: Tensor, scale: float, past: int) -> Tensor:
    """A chunk of a prompt, `[heads, rows, head_dim]`, after `past` tokens; `[rows, heads, …]`."""
    rows = q.shape[1]
    mask = None
    if past:
        mask = torch.ones(rows, past + rows, dtype=torch.bool, device=q.device).tril(past)
    attended = scaled_dot_product_attention(
        q[None],
        k[None],
        v[None],
        attn_mask=mask,
        is_causal=mask is None,
        scale=scale,
        enable_gqa=q.shape[0] != k.shape[0],
    )
    return attended[0].transpose(0, 1)


def register() -> None:
    """Make the function known to transformers under its name. Doing so again is harmless."""
    load_modeling()
    transformers().AttentionInterface.register(IMPLEMENTATION, packed_attention)
