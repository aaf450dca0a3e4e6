"""The memory of the key-value cache: one region for each slot.

Knows nothing of conversations or eviction: it does what the step's `Placement`s say. Regions
are contiguous, so that decode attention is a plain matrix-vector product over them, and are
allocated when a slot is placed, not ahead.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PretrainedConfig

from bot.engine.slots import Placement


@dataclass(frozen=True, slots=True)
class CacheShape:
    """The shape of one token's keys and values."""

    layers: int
    heads: int  # key-value heads: fewer than query heads with grouped-query attention
    head_dim: int

    @classmethod
    def of(cls, config: PretrainedConfig) -> CacheShape:
        """From a model's configuration."""
        heads = config.num_attention_heads
        head_dim = getattr(config, "head_dim", None) or config.hidden_size // heads
        kv_heads = getattr(config, "num_key_value_heads", None) or heads
        return cls(config.num_hidden_layers, kv_heads, head_dim)

    def bytes_per_token(self, dtype: torch.dtype) -> int:
        """Memory of one token's keys and values in all layers."""
        return 2 * self.layers * self.heads * self.head_dim * dtype.itemsize


class KVCache:
    """Keys and values by slot id, each `[layers, heads, capacity, head_dim]`."""

    def __init__(self, shape: CacheShape, dtype: torch.dtype, device: torch.device) -> None:
        self._shape = shape
        self._dtype = dtype
        self._device = device
        self.keys: dict[int, Tensor] = {}
        self.values: dict[int, Tensor] = {}

    def keep_only(self, live: AbstractSet[int]) -> None:
        """Free the regions of all other slots."""
        for slot in self.keys.keys() - live:
            self.drop(slot)

    def drop(self, slot: int) -> None:
        """Free a slot's region, if it has one."""
        self.keys.pop(slot, None)
        self.values.pop(slot, None)

    def prepare(self, placement: Placement) -> None:
        """Give a slot its room and copy the prefix that it shares with another."""
        slot, keep, matched = placement.slot, placement.keep, placement.matched
        for regions in (self.keys, self.values):
            old = regions.get(slot)
            if old is None or old.shape[2] < placement.capacity:
                new = self._empty(placement.capacity)
                if old is not None:
                    new[:, :, :keep] = old[:, :, :keep]
                regions[slot] = new
            if placement.source is not None:
                source = regions[placement.source]
                regions[slot][:, :, keep:matched] = source[:, :, keep:matched]

    def _empty(self, capacity: int) -> Tensor:
        shape = (self._shape.layers, self._shape.heads, capacity, self._shape.head_dim)
        return torch.empty(shape, dtype=self._dtype, device=self._device)
