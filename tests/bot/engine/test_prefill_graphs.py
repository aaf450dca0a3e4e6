"""The rules of `bot/engine/prefill_graphs.py`, and what of it needs no GPU.

A graph reads tensors alone, at the same addresses each time. Without CUDA one is played by a
forward over the batch that was there when it was "captured", whose numbers on the host are of
another step: what such a forward gives has come from the tensors.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.engine.attention import PackedStep
from bot.engine.batch import Batch, bucketed, pack
from bot.engine.graphs import Captured
from bot.engine.in_turn import attend_in_turn
from bot.engine.kv_cache import KVCache
from bot.engine.model_runner import ModelRunner
from bot.engine.prefill_graphs import FEWEST, PrefillGraphs, buckets
from bot.engine.rule import Rule
from bot.engine.sequence import Step
from tests.bot.engine.test_graphs import CPU, META, chunk, filled, tiny

MOST = 3  # chunks in a step
MIXED = (
    (chunk(0, 0, (1, 2, 3, 4, 5)),),
    (chunk(1, 9, (5,)), chunk(0, 2, (7, 8, 9), samples=False), chunk(2, 4, (3, 1))),
    (chunk(2, 0, tuple(range(1, 17))),),  # the bucket's own size
    (chunk(1, 0, (4, 4, 4), samples=False),),
)


class OfTensors(PackedStep):
    """A step that attends as flash attention does: by tensors, never by numbers on the host."""

    def __init__(self, cache: KVCache, batch: Batch) -> None:
        super().__init__(cache, batch)
        self.attend = self._attend

    @staticmethod
    def _attend(cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule) -> Tensor:
        output = query.new_zeros(query.shape[1], query.shape[0], query.shape[2])
        starts, lengths = batch.query_starts.tolist(), batch.key_lengths.tolist()
        for part, (first, length) in enumerate(
            zip(batch.key_starts.tolist()[:-1], lengths, strict=True)
        ):
            q = query[:, starts[part] : starts[part + 1]]  # the last of the keys
            k, v = (block[layer, :, first : first + length] for block in (cache.keys, cache.values))
            seen = torch.ones(q.shape[1], length, dtype=torch.bool).tril(length - q.shape[1])
            scores = (q.float() @ k.float().transpose(1, 2)) * rule.scale
            weights = scores.masked_fill(~seen, float("-inf")).softmax(-1).nan_to_num()
            output[starts[part] : starts[part + 1]] = (weights @ v.float()).transpose(0, 1)
        return output


class Played:
    """In place of a CUDA graph."""

    def __init__(self, runner: ModelRunner, inputs: Batch, logits: Tensor) -> None:
        self._runner, self._inputs, self._logits = runner, inputs, logits

    def replay(self) -> None:
        """Run, and write where the graph would."""
        logits = self._runner.forward(self._inputs)
        assert logits is not None
        self._logits.copy_(logits)


def played(runner: ModelRunner, cache: KVCache, sizes: Sequence[int]) -> PrefillGraphs:
    """Graphs of such buckets, as if they had been captured."""
    graphs = {}
    for size in sizes:
        inputs = bucketed((), cache, size, MOST)
        logits = torch.zeros(MOST, 300, dtype=torch.bfloat16)
        graph: Any = Played(runner, inputs, logits)
        graphs[size] = Captured(graph, inputs, logits)
    return PrefillGraphs(cache, graphs, MOST)


def two_caches() -> list[KVCache]:
    """With the same random contents."""
    caches = [filled(CPU), filled(CPU)]
    torch.manual_seed(2)
    for block in ("keys", "values"):
        getattr(caches[0], block).normal_()
        getattr(caches[1], block).copy_(getattr(caches[0], block))
    return caches


def test_a_bucket_wastes_a_third_of_a_step_at_most() -> None:
    """From the second on; there is one for every step that the budget allows."""
    assert buckets(FEWEST) == (FEWEST,) and buckets(7) == (7,)
    assert buckets(64) == (16, 24, 32, 48, 64)
    for most in (1, 40, 200, 1024):
        sizes = buckets(most)
        assert sizes[-1] == most and list(sizes) == sorted(set(sizes))
        for small, large in itertools.pairwise(sizes):
            assert (large - small - 1) / large <= 1 / 3


def test_every_step_of_a_bucket_has_tensors_of_the_same_shapes() -> None:
    """So that a graph's addresses hold any of them; the rest sees the spare token alone."""
    cache = filled(CPU)
    batches = [bucketed(chunks, cache, 16, MOST) for chunks in ((), *MIXED)]
    for name in ("tokens", "positions", "places", "sampled", "query_starts", "key_starts"):
        assert len({getattr(batch, name).shape for batch in batches}) == 1, name
    for chunks, batch in zip(((), *MIXED), batches, strict=True):
        rows = sum(len(each.tokens) for each in chunks)
        assert batch.places[rows:].tolist() == [cache.tokens] * (16 - rows)
        assert batch.key_lengths.tolist()[len(chunks)] == 1
        assert batch.query_starts.tolist()[len(chunks) :] == [rows] + [16] * (
            MOST + 1 - len(chunks)
        )
        assert batch.key_starts.tolist()[len(chunks) : -1] == [cache.tokens] * (
            MOST + 1 - len(chunks)
        )


def test_a_replayed_step_gives_what_the_plain_one_gives() -> None:
    """Prompts, chunks in the middle and decoding sequences mixed, one after the other."""
    model = tiny(CPU)
    mine, theirs = two_caches()
    with torch.inference_mode():
        graphs = played(ModelRunner(model, mine, OfTensors), mine, (16, 24))
        plain = ModelRunner(model, theirs, OfTensors)
        for chunks in MIXED:
            assert graphs.fit(chunks)
            got, expected = graphs.replay(chunks), plain.forward(pack(chunks, theirs))
            if expected is None:
                assert got is None
            else:
                torch.testing.assert_close(got, expected, rtol=0.02, atol=0.02)
            for block in ("keys", "values"):  # but for the spare token
                blocks = [getattr(cache, block)[:, :, :-1] for cache in (mine, theirs)]
                torch.testing.assert_close(*blocks, rtol=0.02, atol=0.02)


def test_the_tests_own_attention_is_the_engine_s() -> None:
    """Else the test above would say little."""
    cache, _ = two_caches()
    batch = pack(MIXED[1], cache)
    query = torch.randn(4, len(batch.tokens), 16).bfloat16()
    rule = Rule(scale=0.25)
    torch.testing.assert_close(
        OfTensors._attend(cache, batch, 1, query, rule),
        attend_in_turn(cache, batch, 1, query, rule),
        rtol=0.03,
        atol=0.03,
    )


def test_the_runner_replays_what_fits_and_runs_the_rest() -> None:
    """More tokens than the largest bucket, or more chunks than were captured, run as they are."""
    model = tiny(CPU)
    cache, _ = two_caches()
    runner = ModelRunner(model, cache)
    graphs = played(ModelRunner(model, cache, OfTensors), cache, (16,))
    assert not graphs.fit((chunk(0, 0, (1,) * 12), chunk(1, 0, (1,) * 5)))
    assert not graphs.fit([chunk(slot % 3, 0, (1, 2)) for slot in range(4)])
    runner._prefill_graphs = graphs
    step = Step(MIXED[1], (), frozenset(range(3)))
    replayed = runner.run(step)
    runner._prefill_graphs = None
    assert replayed == runner.run(step) and len(replayed) == 2


def test_a_bucket_s_forward_has_the_right_shapes_on_the_way_that_cuda_takes() -> None:
    """On the meta device, through the kernel of variable lengths."""
    cache = filled(META)
    logits = ModelRunner(tiny(META), cache).forward(bucketed(MIXED[1], cache, 24, MOST))
    assert logits is not None and logits.shape == (MOST, 300)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_card_a_replayed_prefill_gives_what_the_plain_one_gives() -> None:
    """The real graphs, with the cache deeper than any step was when they were captured."""
    cuda = torch.device("cuda")
    torch.manual_seed(0)
    model, cache = tiny(cuda), filled(cuda)
    with torch.inference_mode():
        cache.keys.normal_()
        cache.values.normal_()
    plain, replayed = ModelRunner(model, cache), ModelRunner(model, cache)
    replayed.capture(MOST, 40)
    graphs = replayed._prefill_graphs
    assert graphs is not None
    for chunks in (*MIXED, *MIXED):
        with torch.inference_mode():
            expected = plain.forward(pack(chunks, cache))
            got = graphs.replay(chunks)
        if expected is None:
            assert got is None
        else:
            torch.testing.assert_close(got, expected, rtol=0.02, atol=0.02)
