"""Decode steps as CUDA graphs: one launch in place of some hundreds.

A graph replays the same kernels on the same addresses. So there is one for each of a few batch
sizes, its inputs are tensors that stay, and a batch is padded to the next size with rows that
write into the cache's spare token.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Sequence as Rows
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from bot.engine.attention import choose_attention
from bot.engine.batch import Batch, following, padded
from bot.engine.kv_cache import KVCache
from bot.engine.sequence import Chunk
from bot.engine.varlen import attend_at_once

log = logging.getLogger(__name__)

Forward = Callable[[Batch], Tensor | None]


def sizes(max_batch: int) -> tuple[int, ...]:
    """The batch sizes that are captured: powers of two up to 8, then every eighth row.

    >>> sizes(20)
    (1, 2, 4, 8, 16, 20)
    """
    small = [size for size in (1, 2, 4) if size < max_batch]
    return (*small, *range(8, max_batch, 8), max_batch)


def size_for(rows: int, captured: Rows[int]) -> int | None:
    """The smallest captured size that holds so many rows; None where there is none."""
    return min((size for size in captured if size >= rows), default=None)


@dataclass(frozen=True, slots=True)
class Captured:
    """A graph with what it reads and writes."""

    graph: torch.cuda.CUDAGraph
    inputs: Batch  # its tensors are what the graph reads
    logits: Tensor  # [rows that sample, vocabulary], what it writes

    def replay(self, batch: Batch) -> Tensor:
        """The logits of a batch of the same shapes; the next replay overwrites them."""
        _overwrite(self.inputs, batch)
        self.graph.replay()
        return self.logits


class DecodeGraphs:
    """The captured graphs of one model and cache."""

    def __init__(self, cache: KVCache, graphs: dict[int, Captured]) -> None:
        self._cache = cache
        self._graphs = graphs

    @classmethod
    def capture(cls, forward: Forward, cache: KVCache, max_batch: int) -> DecodeGraphs | None:
        """Capture all sizes; None where the device, the type or the model does not allow it.

        `forward` computes a batch's logits. What cannot be captured is run launch by launch,
        which is slower and no less right.
        """
        if cache.device.type != "cuda" or choose_attention(cache) is not attend_at_once:
            return None
        graphs: dict[int, Captured] = {}
        try:
            with torch.inference_mode():
                pool = torch.cuda.graph_pool_handle()
                for size in reversed(sizes(max_batch)):  # the largest first: the others fit in it
                    graphs[size] = capture(forward, padded((), cache, size), cache, pool)
        except Exception as error:
            torch.cuda.synchronize()
            log.warning("decode steps cannot be captured as CUDA graphs: %s", error)
            return None
        log.info("captured decode steps of %s sequences", sorted(graphs))
        return cls(cache, graphs)

    def fit(self, chunks: Rows[Chunk]) -> bool:
        """Whether a step is a decode step of a size that was captured."""
        decodes = all(chunk.samples and len(chunk.tokens) == 1 for chunk in chunks)
        return decodes and size_for(len(chunks), tuple(self._graphs)) is not None

    def replay(self, chunks: Rows[Chunk], drawn: Tensor | None = None) -> Tensor:
        """The step's logits, `[chunks, vocabulary]`; the next replay overwrites them.

        `drawn`: what the step before has drawn, where the chunks follow it.
        """
        size = size_for(len(chunks), tuple(self._graphs))
        assert size is not None
        batch = padded(chunks, self._cache, size)
        if drawn is not None:
            batch = following(batch, chunks, drawn)
        return self._graphs[size].replay(batch)[: len(chunks)]


def capture(forward: Forward, inputs: Batch, cache: KVCache, pool: Any) -> Captured:
    """Capture a forward of a batch's shapes, after one that is not. Raises what that does."""
    # The kernel's grid is chosen for the deepest cache that may be seen.
    inputs = replace(inputs, deepest=cache.tokens)
    cuda: Any = torch.cuda  # its types do not cover streams and pools
    stream = cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with cuda.stream(stream):
        forward(inputs)  # workspaces and lazily loaded kernels are not to be captured
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with cuda.graph(graph, pool=pool, stream=stream):
        logits = forward(inputs)
    assert logits is not None
    return Captured(graph, inputs, logits)


def _overwrite(inputs: Batch, batch: Batch) -> None:
    """Copy a batch's tensors into the ones that a graph reads."""
    for field in fields(Batch):
        to = getattr(inputs, field.name)
        if isinstance(to, Tensor):
            to.copy_(getattr(batch, field.name), non_blocking=True)
