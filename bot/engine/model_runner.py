"""Runs one step on the model: memory, forward, sampling. It decides nothing.

`run` is called on the engine's one thread and reads only the step it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from bot.engine.attention import PackedStep, running
from bot.engine.batch import Batch, pack
from bot.engine.graphs import DecodeGraphs
from bot.engine.kv_cache import KVCache
from bot.engine.prefill_graphs import PrefillGraphs
from bot.engine.sampling import Sampler
from bot.engine.sequence import Step

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class ModelRunner:
    """A model with its cache and its sampler. `make_step`: what stands for the cache in a step."""

    def __init__(
        self,
        model: PreTrainedModel,
        cache: KVCache,
        make_step: Callable[[KVCache, Batch], PackedStep] = PackedStep,
    ) -> None:
        self._model = model
        self._make_step = make_step
        self._cache = cache
        self._sampler = Sampler()
        self._graphs: DecodeGraphs | None = None
        self._prefill_graphs: PrefillGraphs | None = None

    def capture(self, max_batch: int, max_tokens: int = 0) -> None:
        """Make decode steps of up to `max_batch` sequences replay CUDA graphs, where they can,
        and steps with prompts of up to `max_tokens` tokens in all.

        Called on the thread that runs the steps, before the first one.
        """
        self._graphs = DecodeGraphs.capture(self.forward, self._cache, max_batch)
        if self._graphs is not None and max_tokens:
            self._prefill_graphs = PrefillGraphs.capture(
                self.forward, self._cache, max_batch, max_tokens
            )

    @torch.inference_mode()
    def run(self, step: Step) -> list[int]:
        """The next token of each chunk that samples, in order.

        Raises whatever went wrong; the memory of the step's slots is freed then.
        """
        try:
            self._cache.keep_only(step.live)
            for placement in step.placements:
                self._cache.prepare(placement)
            logits = self._logits(step)
            if logits is None:
                return []
            return self._sampler.sample(logits, [c.sequence for c in step.chunks if c.samples])
        except BaseException:
            for chunk in step.chunks:
                self._cache.drop(chunk.slot.id)
            for placement in step.placements:
                self._cache.drop(placement.slot)
            if self._cache.device.type == "cuda":
                torch.cuda.empty_cache()
            raise

    def _logits(self, step: Step) -> Tensor | None:
        if self._graphs is not None and self._graphs.fit(step.chunks):
            return self._graphs.replay(step.chunks)
        if self._prefill_graphs is not None and self._prefill_graphs.fit(step.chunks):
            return self._prefill_graphs.replay(step.chunks)
        return self.forward(pack(step.chunks, self._cache))

    def forward(self, batch: Batch) -> Tensor | None:
        """Logits of the rows that sample, `[rows, vocabulary]`; None where there is none."""
        with running(self._make_step(self._cache, batch)) as packed:
            inputs = {
                "input_ids": batch.tokens[None],
                "position_ids": batch.positions[None],
                "past_key_values": packed,
                "use_cache": True,
            }
            if not len(batch.sampled):  # in the middle of prefill: output would be wasted
                self._model.base_model(**inputs)
                return None
            logits: Tensor = self._model(**inputs, logits_to_keep=batch.sampled).logits[0]
            return logits
