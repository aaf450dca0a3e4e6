"""Prefill steps as CUDA graphs: a step of any chunks is filled up to the next bucket of tokens.

Launching a forward takes a GPU's host some tens of milliseconds, however few its tokens are; a
prompt of some hundred computes in a few. A bucket's graph holds any mixture of prompts' chunks
and decoding sequences: what differs from step to step are numbers in tensors. What is filled up
is at most a third of a step, and in a step of the fewest tokens more.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence as Rows

import torch
from torch import Tensor

from bot.engine.batch import bucketed
from bot.engine.graphs import Captured, Forward, capture, size_for
from bot.engine.kv_cache import KVCache
from bot.engine.sequence import Chunk

log = logging.getLogger(__name__)

FEWEST = 16  # tokens of the smallest bucket


def buckets(most: int) -> tuple[int, ...]:
    """The counts of tokens that are captured: powers of two and what is halfway between them.

    >>> buckets(100)
    (16, 24, 32, 48, 64, 96, 100)
    """
    found = []
    size = FEWEST
    while size < most:
        found += [size, size * 3 // 2]
        size *= 2
    return (*(size for size in found if size < most), most)


class PrefillGraphs:
    """The captured graphs of one model and cache, by count of tokens; `most` chunks in a step."""

    def __init__(self, cache: KVCache, graphs: dict[int, Captured], most: int) -> None:
        self._cache = cache
        self._graphs = graphs
        self._most = most

    @classmethod
    def capture(
        cls, forward: Forward, cache: KVCache, max_batch: int, max_tokens: int
    ) -> PrefillGraphs | None:
        """Capture all buckets; None where that does not work, and steps run as they are.

        To be called where decode steps could be captured: the same devices and models can.
        """
        graphs: dict[int, Captured] = {}
        try:
            with torch.inference_mode():
                pool = torch.cuda.graph_pool_handle()
                for size in reversed(buckets(max_tokens)):
                    inputs = bucketed((), cache, size, max_batch)
                    graphs[size] = capture(forward, inputs, cache, pool)
        except Exception as error:
            torch.cuda.synchronize()
            log.warning("prefill steps cannot be captured as CUDA graphs: %s", error)
            return None
        log.info("captured prefill steps of %s tokens", sorted(graphs))
        return cls(cache, graphs, max_batch)

    def fit(self, chunks: Rows[Chunk]) -> bool:
        """Whether a step fits into a bucket."""
        return len(chunks) <= self._most and self._size(chunks) is not None

    def replay(self, chunks: Rows[Chunk]) -> Tensor | None:
        """The logits of the chunks that sample, `[chunks, vocabulary]`; None where none does.

        The next replay overwrites them.
        """
        size = self._size(chunks)
        assert size is not None
        logits = self._graphs[size].replay(bucketed(chunks, self._cache, size, self._most))
        rows = sum(chunk.samples for chunk in chunks)
        return logits[:rows] if rows else None

    def _size(self, chunks: Rows[Chunk]) -> int | None:
        return size_for(sum(len(chunk.tokens) for chunk in chunks), tuple(self._graphs))
