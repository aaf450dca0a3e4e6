"""The memory of the key-value cache: one block for all slots, each a range of tokens in it.

Knows nothing of conversations or eviction: it does what the step's `Placement`s say. One block
has one address for as long as the engine runs, which is what a captured CUDA graph and a
variable-length kernel ask for; within it a head's keys of one slot lie side by side, which is
what a processor reads fastest.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from bot.engine.slot import Placement

if TYPE_CHECKING:
    from transformers import PretrainedConfig


@dataclass(frozen=True, slots=True)
class CacheShape:
    """The shape of one token's keys and values."""

    layers: int
    heads: int  # key-value heads: fewer than query heads with grouped-query attention
    head_dim: int  # of a key
    value_dim: int = 0  # of a value; 0: the same

    @classmethod
    def of(cls, config: PretrainedConfig) -> CacheShape:
        """From a model's configuration."""
        heads = config.num_attention_heads
        head_dim = getattr(config, "head_dim", None) or config.hidden_size // heads
        kv_heads = getattr(config, "num_key_value_heads", None) or heads
        if config.model_type == "falcon":  # it has names of its own
            one = config.multi_query and not config.new_decoder_architecture
            kv_heads = 1 if one else config.num_kv_heads or heads
        if getattr(config, "kv_lora_rank", None):  # multi-head latent attention, unfolded
            head_dim, kv_heads = config.qk_nope_head_dim + config.qk_rope_head_dim, heads
        value_dim = getattr(config, "v_head_dim", None) or 0
        return cls(config.num_hidden_layers, kv_heads, head_dim, value_dim)

    @property
    def width(self) -> int:
        """Numbers of one head's value."""
        return self.value_dim or self.head_dim

    def bytes_per_token(self, dtype: torch.dtype) -> int:
        """Memory of one token's keys and values in all layers."""
        return self.layers * self.heads * (self.head_dim + self.width) * dtype.itemsize


@dataclass(frozen=True, slots=True)
class Region:
    """A slot's range: `capacity` tokens from token `begin` of the block."""

    begin: int
    capacity: int

    @property
    def end(self) -> int:
        """The first token after it."""
        return self.begin + self.capacity


class KVCache:
    """Keys and values of `tokens` tokens, `[layers, heads, tokens + 1, head_dim]`.

    The last token belongs to no slot: the padding of a captured batch writes there. The memory
    is taken at once, but on a CPU the system gives each page only when it is first written.
    Raises torch.OutOfMemoryError (CUDA) or RuntimeError (CPU) where there is too little.
    """

    def __init__(
        self, shape: CacheShape, tokens: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.device = device
        self.tokens = tokens
        block = (shape.layers, shape.heads, tokens + 1)
        self.keys = torch.empty(*block, shape.head_dim, dtype=dtype, device=device)
        self.values = torch.empty(*block, shape.width, dtype=dtype, device=device)
        self._regions: dict[int, Region] = {}

    @property
    def slots(self) -> AbstractSet[int]:
        """The ids of the slots that have a region."""
        return self._regions.keys()

    def region(self, slot: int) -> Region:
        """Where a slot's tokens are. Raises KeyError where it has no region."""
        return self._regions[slot]

    def keep_only(self, live: AbstractSet[int]) -> None:
        """Free the regions of all other slots."""
        for slot in self._regions.keys() - live:
            self.drop(slot)

    def drop(self, slot: int) -> None:
        """Free a slot's region, if it has one."""
        self._regions.pop(slot, None)

    def prepare(self, placement: Placement) -> None:
        """Give a slot its room and copy the prefix that it shares with another.

        Raises MemoryError where all regions together would be more than the block.
        """
        slot, keep, matched = placement.slot, placement.keep, placement.matched
        old = self._regions.get(slot)
        if old is None or old.capacity < placement.capacity:
            self._place(slot, placement.capacity, keep)
        if placement.source is not None:
            to = self._regions[slot].begin
            start = self._regions[placement.source].begin
            self._copy(start + keep, to + keep, matched - keep)

    def write(self, layer: int, places: Tensor, key: Tensor, value: Tensor) -> None:
        """Store a layer's new keys and values, `[heads, T, head_dim]`, at tokens `places`, `[T]`.

        `places` are tokens of the block, int64.
        """
        self.keys[layer].index_copy_(1, places, key)
        self.values[layer].index_copy_(1, places, value)

    def _place(self, slot: int, capacity: int, keep: int) -> None:
        """Find room for a slot that has none, or too little, moving its first `keep` tokens."""
        old = self._regions.pop(slot, None)
        begin = self._gap(capacity, beside=old)
        if begin is None and old is not None:  # into its own place and the gaps around it
            begin = self._gap(capacity, beside=None)
        if begin is None:
            begin = self._compact(capacity, old, keep)
        elif old is not None:
            self._copy(old.begin, begin, keep)
        self._regions[slot] = Region(begin, capacity)

    def _gap(self, capacity: int, beside: Region | None) -> int | None:
        """The first free range of this length, none of it in `beside`."""
        begin = 0
        taken = [*self._regions.values(), *([beside] if beside else [])]
        for region in sorted(taken, key=lambda r: r.begin):
            if region.begin - begin >= capacity:
                return begin
            begin = region.end
        return begin if self.tokens - begin >= capacity else None

    def _compact(self, capacity: int, growing: Region | None, keep: int) -> int:
        """Move all regions to the front, then `keep` tokens of `growing` behind them.

        Returns the free token where they begin. Layer by layer, so that it needs little memory.
        """
        moved: dict[int, Region] = {}
        end = 0
        for slot, region in sorted(self._regions.items(), key=lambda item: item[1].begin):
            moved[slot] = Region(end, region.capacity)
            end += region.capacity
        if end + capacity > self.tokens:
            raise MemoryError(f"{end + capacity} tokens do not fit into {self.tokens}")
        moves = [(self._regions[s].begin, moved[s].begin, moved[s].capacity) for s in moved]
        for block in (self.keys, self.values):
            for layer in block:  # [heads, tokens, head_dim]
                kept = layer[:, growing.begin : growing.begin + keep].clone() if growing else None
                for start, to, count in moves:
                    if start != to:
                        layer[:, to : to + count] = layer[:, start : start + count].clone()
                if kept is not None:
                    layer[:, end : end + keep] = kept
        self._regions = moved
        return end

    def _copy(self, start: int, to: int, count: int) -> None:
        """Copy tokens within the block, in all layers; the ranges may overlap."""
        if count <= 0 or start == to:
            return
        overlap = abs(start - to) < count
        for block in (self.keys, self.values):
            for layer in block if overlap else (block,):
                source = layer.narrow(-2, start, count)
                layer.narrow(-2, to, count).copy_(source.clone() if overlap else source)
