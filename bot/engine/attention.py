"""Attention of a packed batch over the slots, through transformers' own two hooks.

A step is one forward of shape `[1, T]`: the chunks of all its sequences, one after the other.
transformers' layers call `PackedStep.update` where they would fill a cache, and the function
registered as `IMPLEMENTATION` where they would attend. A name without a mask function gets no
mask from transformers; the chunks' own ranges say what each token may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from bot.engine.kv_cache import KVCache
from bot.engine.sequence import Chunk

IMPLEMENTATION = "kaiwa_packed"


class UnsupportedModel(Exception):
    """The model attends in a way that this engine does not know."""


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk's place: rows `begin` to `end` of the batch, positions from `past` in its slot.

    `mask`: [rows, past + rows], where True may be seen; None where everything or plain
    causality will do.
    """

    slot: int
    begin: int
    end: int
    past: int
    mask: Tensor | None

    @property
    def length(self) -> int:
        """Tokens in the slot once this step has run."""
        return self.past + self.end - self.begin


class PackedStep:
    """One step's plan; stands in for transformers' cache and is handed on to attention."""

    is_compileable = False

    def __init__(self, cache: KVCache, chunks: Iterable[Chunk], device: torch.device) -> None:
        self.cache = cache
        self.parts: list[Part] = []
        begin = 0
        for chunk in chunks:
            rows, past = len(chunk.tokens), chunk.start
            mask = None
            if rows > 1 and past:
                mask = torch.ones(rows, past + rows, dtype=torch.bool, device=device).tril(past)
            self.parts.append(Part(chunk.slot.id, begin, begin + rows, past, mask))
            begin += rows

    def update(self, key: Tensor, value: Tensor, layer: int, *_: Any) -> tuple[Tensor, Tensor]:
        """Write a layer's new keys and values, `[1, kv_heads, T, head_dim]`, to the slots."""
        for part in self.parts:
            new = slice(part.past, part.length)
            self.cache.keys[part.slot][layer, :, new] = key[0, :, part.begin : part.end]
            self.cache.values[part.slot][layer, :, new] = value[0, :, part.begin : part.end]
        return key, value

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
    layer = module.layer_idx
    assert isinstance(layer, int)
    output = query.new_empty(1, query.shape[2], query.shape[1], value.shape[3])
    for part in packed.parts:
        q = query[:, :, part.begin : part.end]  # [1, heads, rows, head_dim]
        k = packed.cache.keys[part.slot][layer : layer + 1, :, : part.length]
        v = packed.cache.values[part.slot][layer : layer + 1, :, : part.length]
        attended = scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=part.mask,
            is_causal=part.mask is None and q.shape[2] > 1,
            scale=scaling,
            enable_gqa=q.shape[1] != k.shape[1],
        )
        output[:, part.begin : part.end] = attended.transpose(1, 2)
    return output, None


def register() -> None:
    """Make the function known to transformers under its name. Doing so again is harmless."""
    AttentionInterface.register(IMPLEMENTATION, packed_attention)
