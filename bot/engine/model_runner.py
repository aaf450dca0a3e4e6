"""Runs one step on the model: memory, forward, sampling. It decides nothing.

`run` is called on the engine's one thread and reads only the step it is given.
"""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import PreTrainedModel

from bot.engine.attention import PackedStep
from bot.engine.kv_cache import KVCache
from bot.engine.sampling import Sampler
from bot.engine.sequence import Step


class ModelRunner:
    """A model with its cache and its sampler."""

    def __init__(self, model: PreTrainedModel, cache: KVCache, device: torch.device) -> None:
        self._model = model
        self._cache = cache
        self._device = device
        self._sampler = Sampler()

    @torch.inference_mode()
    def run(self, step: Step) -> list[int]:
        """The next token of each chunk that samples, in order.

        Raises whatever went wrong; the memory of the step's slots is freed then.
        """
        try:
            self._cache.keep_only(step.live)
            for placement in step.placements:
                self._cache.prepare(placement)
            logits = self._forward(step)
            if logits is None:
                return []
            return self._sampler.sample(logits, [c.sequence for c in step.chunks if c.samples])
        except BaseException:
            for chunk in step.chunks:
                self._cache.drop(chunk.slot.id)
            for placement in step.placements:
                self._cache.drop(placement.slot)
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            raise

    def _forward(self, step: Step) -> Tensor | None:
        """Logits of the rows that sample, `[rows, vocabulary]`; None where there is none."""
        tokens: list[int] = []
        positions: list[int] = []
        rows: list[int] = []
        for chunk in step.chunks:
            tokens += chunk.tokens
            positions += range(chunk.start, chunk.start + len(chunk.tokens))
            if chunk.samples:
                rows.append(len(tokens) - 1)
        packed = PackedStep(self._cache, step.chunks, self._device)
        inputs = {
            "input_ids": torch.tensor([tokens], device=self._device),
            "position_ids": torch.tensor([positions], device=self._device),
            "past_key_values": packed,
            "packed": packed,
            "use_cache": True,
        }
        if not rows:  # in the middle of prefill: the output layer would be wasted
            self._model.base_model(**inputs)
            return None
        keep = torch.tensor(rows, device=self._device)
        logits: Tensor = self._model(**inputs, logits_to_keep=keep).logits[0]
        return logits
