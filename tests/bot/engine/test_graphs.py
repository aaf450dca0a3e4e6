"""The rules of `bot/engine/graphs.py` and `bot/engine/batch.py`, and what of CUDA needs no GPU."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from bot.engine.attention import IMPLEMENTATION, choose_attention, register
from bot.engine.batch import Part, pack, padded
from bot.engine.graphs import DecodeGraphs, size_for, sizes
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Chunk, Sequence, Step
from bot.engine.slot import Placement, Slot
from bot.engine.varlen import attend_at_once
from bot.messages import Sampling

SHAPE = CacheShape(layers=2, heads=4, head_dim=16)
CPU, META = torch.device("cpu"), torch.device("meta")


def chunk(slot: int, start: int, tokens: tuple[int, ...], samples: bool = True) -> Chunk:
    """A chunk of a prompt in a slot of 16 tokens."""
    sequence = Sequence((1,), Sampling(temperature=0), "", 16)
    return Chunk(sequence, Slot(slot, "", 16), start, tokens, samples)


def filled(device: torch.device, dtype: torch.dtype = torch.bfloat16) -> KVCache:
    """A cache with regions for slots 0, 1 and 2."""
    cache = KVCache(SHAPE, 64, dtype, device)
    for slot in range(3):
        cache.prepare(Placement(slot, 16, 0, 0, None))
    return cache


def tiny(device: torch.device, kind: str = "gpt_neox") -> PreTrainedModel:
    """A model of the cache's shape; on the meta device it has shapes and no numbers.

    Of the kinds besides GPT-NeoX layers attend to a window, and with gemma2 are soft-capped.
    """
    register()
    untyped: Any = AutoConfig
    config = untyped.for_model(
        kind,
        vocab_size=300,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=16,
        intermediate_size=96,
        max_position_embeddings=64,
        sliding_window=4,
    )
    with torch.device(device):
        untyped = AutoModelForCausalLM
        model: PreTrainedModel = untyped.from_config(
            config, attn_implementation=IMPLEMENTATION, dtype=torch.bfloat16
        )
    model.requires_grad_(False)
    model.train(False)
    return model


def test_sizes_go_up_to_the_largest_batch() -> None:
    """Every batch has a size, and few rows are wasted."""
    assert sizes(1) == (1,) and sizes(2) == (1, 2) and sizes(8) == (1, 2, 4, 8)
    assert sizes(20) == (1, 2, 4, 8, 16, 20)
    for most in range(1, 70):
        for rows in range(1, most + 1):
            size = size_for(rows, sizes(most))
            assert size is not None and rows <= size < rows + 8
    assert size_for(9, sizes(8)) is None


def test_a_step_is_packed_one_chunk_after_the_other() -> None:
    """Rows, positions, places in the block, and what the kernel is told of them."""
    cache = filled(CPU)
    batch = pack(
        [chunk(2, 3, (7, 8), samples=False), chunk(0, 0, (1, 2, 3)), chunk(1, 9, (5,))], cache
    )
    first = [cache.region(slot).begin for slot in (2, 0, 1)]
    assert batch.tokens.tolist() == [7, 8, 1, 2, 3, 5]
    assert batch.positions.tolist() == [3, 4, 0, 1, 2, 9]
    assert batch.places.tolist() == [
        *(first[0] + i for i in (3, 4)),
        *(first[1] + i for i in (0, 1, 2)),
        first[2] + 9,
    ]
    assert batch.sampled.tolist() == [4, 5]
    assert batch.query_starts.tolist() == [0, 2, 5, 6] and batch.query_starts.dtype == torch.int32
    assert batch.key_starts.tolist()[:3] == first and len(batch.key_starts) == 4
    assert batch.key_lengths.tolist() == [5, 3, 10]
    assert (batch.longest, batch.deepest) == (3, 10)


def test_a_padded_batch_keeps_its_rows_and_harms_no_slot() -> None:
    """What is computed for the padding goes into the token that belongs to nobody."""
    cache = filled(CPU)
    batch = padded([chunk(1, 4, (9,)), chunk(0, 2, (3,))], cache, 4)
    assert batch.tokens.tolist() == [9, 3, 0, 0]
    assert batch.sampled.tolist() == [0, 1, 2, 3]
    assert batch.places.tolist()[2:] == [cache.tokens, cache.tokens]
    assert cache.tokens == cache.keys.shape[2] - 1
    assert batch.parts[2] == Part(2, 3, 0, cache.tokens)
    assert batch.key_lengths.tolist() == [5, 3, 1, 1]


def test_only_a_pure_decode_step_is_replayed() -> None:
    """One token each, all of them sampled, and not more than was captured."""
    graphs = DecodeGraphs(filled(CPU), {1: None, 2: None})  # type: ignore[dict-item]
    assert graphs.fit([chunk(0, 3, (1,)), chunk(1, 5, (2,))])
    assert not graphs.fit([chunk(0, 3, (1,)), chunk(1, 5, (2, 3))])
    assert not graphs.fit([chunk(0, 3, (1,), samples=False)])
    assert not graphs.fit([chunk(i % 3, 3, (1,)) for i in range(3)])


def test_a_processor_captures_nothing() -> None:
    """Without CUDA the runner runs every step as it is."""
    cache = filled(CPU)
    model = tiny(CPU)
    assert DecodeGraphs.capture(ModelRunner(model, cache).forward, cache, 4) is None


@pytest.mark.parametrize("kind", ["gpt_neox", "mistral", "gemma2"])
def test_the_cuda_path_has_the_right_shapes_without_a_gpu(kind: str) -> None:
    """A whole forward on the meta device, through the kernel of variable lengths."""
    cache = filled(META)
    assert choose_attention(cache) is attend_at_once
    runner = ModelRunner(tiny(META, kind), cache)
    mixed = pack([chunk(0, 0, (1, 2, 3)), chunk(1, 9, (5,))], cache)
    logits = runner.forward(mixed)
    assert logits is not None and logits.shape == (2, 300) and logits.device.type == "meta"
    assert runner.forward(pack([chunk(0, 0, (1, 2), samples=False)], cache)) is None
    decode = runner.forward(padded([chunk(1, 4, (9,))], cache, 8))
    assert decode is not None and decode.shape == (8, 300)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("kind", ["gpt_neox", "mistral", "gemma2"])
def test_a_replayed_step_gives_what_the_plain_one_gives(kind: str) -> None:
    """For every number of sequences, after other sizes were replayed in between."""
    cuda = torch.device("cuda")
    torch.manual_seed(0)
    model = tiny(cuda, kind)
    cache = filled(cuda)
    with torch.inference_mode():
        cache.keys.normal_()
        cache.values.normal_()
    plain, replayed = ModelRunner(model, cache), ModelRunner(model, cache)
    replayed.capture(3)
    assert replayed._graphs is not None
    for rows in (1, 3, 2, 1, 3):
        chunks = tuple(chunk(slot, 5 + slot, (11 + slot,)) for slot in range(rows))
        step = Step(chunks, (), frozenset(range(3)))
        with torch.inference_mode():
            expected = plain.forward(pack(chunks, cache))
            got = replayed._graphs.replay(chunks)
        assert expected is not None
        torch.testing.assert_close(got, expected, rtol=0.02, atol=0.02)
        chosen = got.argmax(-1).tolist()  # the next replay overwrites them
        assert replayed.run(step) == chosen
