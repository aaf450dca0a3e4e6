"""The rules of `bot/engine/kv_cache.py`."""

from __future__ import annotations

import torch
from transformers import LlamaConfig

from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.slots import Placement

SHAPE = CacheShape(layers=2, heads=3, head_dim=4)


def cache() -> KVCache:
    """An empty cache."""
    return KVCache(SHAPE, torch.float32, torch.device("cpu"))


def test_a_region_that_grows_keeps_its_tokens() -> None:
    """What was computed before is still there in the larger region."""
    c = cache()
    c.prepare(Placement(0, 4, 0, 0, None))
    c.keys[0].fill_(1.0)
    c.values[0].fill_(2.0)
    c.prepare(Placement(0, 8, 3, 3, None))
    assert c.keys[0].shape == (2, 3, 8, 4)
    assert bool((c.keys[0][:, :, :3] == 1).all()) and bool((c.values[0][:, :, :3] == 2).all())


def test_a_shared_prefix_is_copied_from_another_slot() -> None:
    """Only tokens `keep` to `matched` are overwritten."""
    c = cache()
    for slot, number in ((0, 1.0), (1, 5.0)):
        c.prepare(Placement(slot, 8, 0, 0, None))
        c.keys[slot].fill_(number)
        c.values[slot].fill_(number)
    c.prepare(Placement(1, 8, keep=2, matched=6, source=0))
    assert c.keys[1][0, 0, :, 0].tolist() == [5, 5, 1, 1, 1, 1, 5, 5]
    assert c.values[1][1, 2, :, 3].tolist() == [5, 5, 1, 1, 1, 1, 5, 5]


def test_regions_of_slots_that_are_gone_are_freed() -> None:
    """Memory is held for live slots only."""
    c = cache()
    c.prepare(Placement(0, 4, 0, 0, None))
    c.prepare(Placement(1, 4, 0, 0, None))
    c.keep_only({1, 7})
    assert set(c.keys) == set(c.values) == {1}


def test_the_shape_counts_key_value_heads() -> None:
    """Grouped-query attention keeps fewer heads than it has queries."""
    config = LlamaConfig(
        hidden_size=64, num_attention_heads=8, num_key_value_heads=2, num_hidden_layers=3
    )
    shape = CacheShape.of(config)
    assert shape == CacheShape(layers=3, heads=2, head_dim=8)
    assert shape.bytes_per_token(torch.bfloat16) == 3 * 2 * 2 * 8 * 2
