"""One step's tokens as tensors: what runs, where it is stored, and who sees what.

The chunks of all sequences lie one after the other, `T` tokens in all. A GPU gets everything in
one transfer from pinned memory, which it does not have to be waited for.
"""

from __future__ import annotations

from collections.abc import Sequence as Rows
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bot.engine.kv_cache import KVCache
from bot.engine.sequence import Chunk


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk's place: rows `begin` to `end` of the batch, after `past` tokens of its slot.

    The slot's first token is token `first` of the cache's block.
    """

    begin: int
    end: int
    past: int
    first: int

    @property
    def rows(self) -> int:
        """Tokens that run in this step."""
        return self.end - self.begin

    @property
    def length(self) -> int:
        """Tokens in the slot once this step has run."""
        return self.past + self.rows


@dataclass(frozen=True, slots=True)
class Batch:
    """A step's tensors. Counts are tokens; `N` is the number of parts.

    `query_starts` has where each part's rows begin, and their end; `key_starts` and `key_lengths`
    where each part's slot begins in the cache's block, and how much of it is seen.
    """

    parts: tuple[Part, ...]
    tokens: Tensor  # [T] int64
    positions: Tensor  # [T] int64
    places: Tensor  # [T] int64, where keys and values go
    sampled: Tensor  # [rows] int64, the rows whose logits are wanted
    query_starts: Tensor  # [N + 1] int32
    key_starts: Tensor  # [N + 1] int32
    key_lengths: Tensor  # [N] int32
    longest: int  # rows of the longest part
    deepest: int  # the most tokens that a part sees


def pack(chunks: Rows[Chunk], cache: KVCache) -> Batch:
    """A step's chunks as tensors on the cache's device."""
    return on_device(*_listed(chunks, cache), cache.device)


Lists = tuple[list[Part], list[int], list[int], list[int], list[int]]
"""Parts, tokens, positions, places and sampled rows."""


def _listed(chunks: Rows[Chunk], cache: KVCache) -> Lists:
    """One chunk after the other."""
    parts: list[Part] = []
    tokens: list[int] = []
    positions: list[int] = []
    places: list[int] = []
    sampled: list[int] = []
    for chunk in chunks:
        begin, count = len(tokens), len(chunk.tokens)
        first = cache.region(chunk.slot.id).begin
        parts.append(Part(begin, begin + count, chunk.start, first))
        tokens += chunk.tokens
        positions += range(chunk.start, chunk.start + count)
        places += range(first + chunk.start, first + chunk.start + count)
        if chunk.samples:
            sampled.append(begin + count - 1)
    return parts, tokens, positions, places, sampled


def bucketed(chunks: Rows[Chunk], cache: KVCache, size: int, most: int) -> Batch:
    """A batch of `size` tokens and `most` + 1 parts that begins with the chunks, `most` at most.

    Its tensors have the same shapes whatever the chunks are. What fills it up are tokens of one
    part more, which see the cache's spare token and are written there, and parts of no token;
    sampled rows are filled up with the first, whose further logits nobody wants.
    """
    parts, tokens, positions, places, sampled = _listed(chunks, cache)
    missing = size - len(tokens)
    parts.append(Part(len(tokens), size, 1 - missing, cache.tokens))  # of length 1
    parts += [Part(size, size, 0, cache.tokens)] * (most - len(chunks))
    tokens += [0] * missing
    positions += [0] * missing
    places += [cache.tokens] * missing
    sampled += [0] * (most - len(sampled))
    return on_device(parts, tokens, positions, places, sampled, cache.device)


def padded(chunks: Rows[Chunk], cache: KVCache, size: int) -> Batch:
    """A batch of `size` rows, of which the first are the chunks, of one token each.

    The others compute a token that nobody wants, in the cache's spare one.
    """
    parts = []
    for row, chunk in enumerate(chunks):
        region = cache.region(chunk.slot.id)
        parts.append(Part(row, row + 1, chunk.start, region.begin))
    parts += [Part(row, row + 1, 0, cache.tokens) for row in range(len(chunks), size)]
    tokens = [chunk.tokens[0] for chunk in chunks] + [0] * (size - len(chunks))
    positions = [part.past for part in parts]
    places = [part.first + part.past for part in parts]
    return on_device(parts, tokens, positions, places, list(range(size)), cache.device)


def following(batch: Batch, chunks: Rows[Chunk], drawn: Tensor) -> Batch:
    """A batch of chunks that follow, with the tokens that the step before has `drawn`, `[rows]`.

    One that is not known there yet is the first of the vocabulary; nobody wants what comes of it.
    """
    rows = to_device([chunk.follows or 0 for chunk in chunks], drawn.device)
    tokens = drawn.index_select(0, rows).clamp(min=0)
    return replace(batch, tokens=torch.cat([tokens, batch.tokens[len(chunks) :]]))


def on_device(
    parts: Rows[Part],
    tokens: list[int],
    positions: list[int],
    places: list[int],
    sampled: list[int],
    device: torch.device,
) -> Batch:
    """The lists as a batch, in one transfer."""
    lists = [
        tokens,
        positions,
        places,
        sampled,
        [*(part.begin for part in parts), len(tokens)],
        [*(part.first for part in parts), 0],
        [part.length for part in parts],
    ]
    everything = to_device([number for numbers in lists for number in numbers], device)
    longs = torch.split(everything, [len(numbers) for numbers in lists])
    ints = [numbers.int() for numbers in longs[4:]]
    return Batch(
        parts=tuple(parts),
        tokens=longs[0],
        positions=longs[1],
        places=longs[2],
        sampled=longs[3],
        query_starts=ints[0],
        key_starts=ints[1],
        key_lengths=ints[2],
        longest=max((part.rows for part in parts), default=0),
        deepest=max((part.length for part in parts), default=0),
    )


def to_device(
    values: Rows[int] | Rows[float] | Rows[Rows[float]],
    device: torch.device,
    dtype: torch.dtype = torch.int64,
) -> Tensor:
    """A tensor of these numbers. To a GPU it goes through pinned memory, without waiting."""
    if device.type != "cuda":
        return torch.tensor(values, dtype=dtype, device=device)
    return torch.tensor(values, dtype=dtype, pin_memory=True).to(device, non_blocking=True)
