"""Runs one step on the model: memory, forward, sampling. It decides nothing.

`run` is called on the engine's one thread and reads only the step it is given. Where a GPU replays
decode steps it has two halves: `begin` hands a step over, `finish` reads its tokens, and the step
after it may be begun in between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from bot.engine.attention import PackedStep, running
from bot.engine.batch import Batch, following, pack
from bot.engine.flight import Flight, Numbers
from bot.engine.graphs import DecodeGraphs
from bot.engine.kv_cache import KVCache
from bot.engine.prefill_graphs import PrefillGraphs
from bot.engine.sampling import Following, Sampler
from bot.engine.sequence import Step

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class ModelRunner:
    """A model with its cache and its sampler. `make_step`: what stands for the cache in a step.

    `ahead`: whether steps may be begun before the one before is read; None: where that pays.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        cache: KVCache,
        make_step: Callable[[KVCache, Batch], PackedStep] = PackedStep,
        ahead: bool | None = None,
    ) -> None:
        self._model = model
        self._make_step = make_step
        self._cache = cache
        self._ahead = ahead
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
            self._prepare(step)
            logits = self._logits(step)
            if logits is None:
                return []
            return self._sampler.sample(logits, [c.sequence for c in step.chunks if c.samples])
        except BaseException:
            self._free(step)
            raise

    def runs_ahead(self) -> bool:
        """Whether steps are to be begun and finished: a processor has nothing to wait for."""
        return self._graphs is not None if self._ahead is None else self._ahead

    @torch.inference_mode()
    def begin(self, flight: Flight, after: Flight | None = None) -> None:
        """Hand a step over, perhaps behind one that is not read. What fails, `finish` raises."""
        try:
            drawn = None
            if after is not None:
                if after.drawn is None:
                    raise RuntimeError("the step before this one failed")
                after.numbers = Numbers(after.drawn.tokens)
                drawn = after.drawn.tokens
            self._prepare(flight.step)
            logits = self._logits(flight.step, drawn)
            if logits is not None:
                chunks = [chunk for chunk in flight.step.chunks if chunk.samples]
                places = [chunk.start + len(chunk.tokens) for chunk in chunks]
                rows = [chunk.follows or 0 for chunk in chunks]
                sequences = [chunk.sequence for chunk in chunks]
                flight.drawn = self._sampler.draw(logits, sequences, Following(places, rows, drawn))
        except BaseException as error:
            self._free(flight.step)
            flight.error = error

    @torch.inference_mode()
    def finish(self, flight: Flight) -> list[int | None]:
        """The next token of each chunk that samples, in order; None where a chunk ran on a token
        that came out otherwise. Raises as `run` does."""
        if flight.error is not None:
            try:
                raise flight.error
            finally:
                flight.error = None  # or each would hold the other
        if flight.drawn is None:
            return []
        try:
            numbers = flight.numbers or flight.drawn.tokens
            tokens: list[int] = numbers.tolist()
            return self._sampler.read(flight.drawn, tokens)
        except BaseException:
            self._free(flight.step)
            raise

    def _prepare(self, step: Step) -> None:
        """Give the step's slots their memory."""
        self._cache.keep_only(step.live)
        for placement in step.placements:
            self._cache.prepare(placement)

    def _free(self, step: Step) -> None:
        """Drop what a failed step may have half written."""
        for chunk in step.chunks:
            self._cache.drop(chunk.slot.id)
        for placement in step.placements:
            self._cache.drop(placement.slot)
        if self._cache.device.type == "cuda":
            torch.cuda.empty_cache()

    def _logits(self, step: Step, drawn: Tensor | None = None) -> Tensor | None:
        if self._graphs is not None and self._graphs.fit(step.chunks):
            return self._graphs.replay(step.chunks, drawn)
        if drawn is not None:
            return self.forward(following(pack(step.chunks, self._cache), step.chunks, drawn))
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
