"""The rules of `bot/engine/kv_cache.py`."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
import torch
from transformers import LlamaConfig

from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.slot import Placement

SHAPE = CacheShape(layers=2, heads=3, head_dim=4)


def cache(tokens: int = 32) -> KVCache:
    """A cache with nothing in it."""
    return KVCache(SHAPE, tokens, torch.float32, torch.device("cpu"))


def fill(c: KVCache, slot: int, numbers: list[float]) -> None:
    """Write one number for each of a slot's first tokens; values are the keys' negatives."""
    begin = c.region(slot).begin
    places = torch.arange(begin, begin + len(numbers))
    for layer in range(SHAPE.layers):
        rows = (
            torch.tensor(numbers, dtype=torch.float32)[None, :, None].expand(
                SHAPE.heads, -1, SHAPE.head_dim
            )
            + layer
        )
        c.write(layer, places, rows, -rows)


def content(c: KVCache, slot: int, count: int) -> list[float]:
    """The numbers of a slot's first tokens, the same in every layer, head and dimension."""
    begin = c.region(slot).begin
    keys, values = c.keys[:, :, begin : begin + count], c.values[:, :, begin : begin + count]
    layers = torch.arange(SHAPE.layers)[:, None, None, None]
    assert torch.equal(keys, -values)
    numbers: list[float] = (keys - layers)[0, 0, :, 0].tolist()
    assert torch.equal(keys - layers, (keys - layers)[:1, :1, :, :1].expand_as(keys))
    return numbers


def test_a_region_that_grows_keeps_its_tokens() -> None:
    """What was computed before is still there in the larger region."""
    c = cache()
    c.prepare(Placement(0, 4, 0, 0, None))
    fill(c, 0, [1, 2, 3, 4])
    c.prepare(Placement(0, 8, 3, 3, None))
    assert c.region(0).capacity == 8
    assert content(c, 0, 3) == [1, 2, 3]


def test_a_region_grows_into_the_room_around_it() -> None:
    """Also where the old and the new one together would not fit, and overlap."""
    c = cache(12)
    c.prepare(Placement(0, 4, 0, 0, None))
    c.prepare(Placement(1, 4, 0, 0, None))
    fill(c, 1, [5, 6, 7, 8])
    c.drop(0)
    c.prepare(Placement(1, 10, 4, 4, None))
    assert content(c, 1, 4) == [5, 6, 7, 8]


def test_a_shared_prefix_is_copied_from_another_slot() -> None:
    """Only tokens `keep` to `matched` are overwritten."""
    c = cache()
    for slot, number in ((0, 1.0), (1, 5.0)):
        c.prepare(Placement(slot, 8, 0, 0, None))
        fill(c, slot, [number] * 8)
    c.prepare(Placement(1, 8, keep=2, matched=6, source=0))
    assert content(c, 1, 8) == [5, 5, 1, 1, 1, 1, 5, 5]


def test_regions_of_slots_that_are_gone_are_freed() -> None:
    """Memory is held for live slots only."""
    c = cache()
    c.prepare(Placement(0, 4, 0, 0, None))
    c.prepare(Placement(1, 4, 0, 0, None))
    c.keep_only({1, 7})
    assert c.slots == {1}


def test_scattered_gaps_are_joined_when_no_one_is_large_enough() -> None:
    """Every slot's tokens move with it, those of the one that grows too."""
    c = cache(20)
    for slot in range(5):
        c.prepare(Placement(slot, 4, 0, 0, None))
        fill(c, slot, [10.0 * slot + i for i in range(4)])
    c.drop(0)
    c.drop(2)
    c.prepare(Placement(3, 12, 3, 3, None))
    assert content(c, 3, 3) == [30, 31, 32]
    assert content(c, 1, 4) == [10, 11, 12, 13]
    assert content(c, 4, 4) == [40, 41, 42, 43]


def test_more_than_there_is_cannot_be_placed() -> None:
    """The slot table never asks for it; if it did, nobody's tokens would be overwritten."""
    c = cache(8)
    c.prepare(Placement(0, 6, 0, 0, None))
    with pytest.raises(MemoryError, match="10 tokens do not fit into 8"):
        c.prepare(Placement(1, 4, 0, 0, None))


@pytest.mark.parametrize("seed", range(20))
def test_no_sequence_of_placements_loses_or_mixes_tokens(seed: int) -> None:
    """At random: new slots, growing ones, copied prefixes and freed ones, to the last token."""
    chance = random.Random(seed)
    c = cache(64)
    expected: dict[int, list[float]] = {}
    capacities: dict[int, int] = {}
    for number in range(200):
        if expected and chance.random() < 0.3:
            gone = chance.choice(list(expected))
            del expected[gone], capacities[gone]
            c.keep_only(expected.keys())
        slot = chance.randrange(8)
        free = 64 - sum(capacities.values()) + capacities.get(slot, 0)
        capacity = max(capacities.get(slot, 0), chance.randint(1, 20))
        if capacity > free:
            continue
        mine = expected.get(slot, [])
        keep = chance.randint(0, min(len(mine), capacity))
        source = chance.choice([s for s in expected if s != slot] or [None])
        matched = keep
        if source is not None:
            matched = max(keep, min(len(expected[source]), capacity))
        c.prepare(Placement(slot, capacity, keep, matched, source))
        shared = expected[source][keep:matched] if source is not None else []
        new = [float(number * 100 + i) for i in range(chance.randint(0, capacity - matched))]
        expected[slot] = [*mine[:keep], *shared, *new]
        capacities[slot] = capacity
        fill(c, slot, expected[slot])
        regions = sorted((c.region(s) for s in c.slots), key=lambda region: region.begin)
        assert all(a.end <= b.begin for a, b in pairwise(regions))
        assert all(region.end <= 64 for region in regions)
        for each, numbers in expected.items():
            assert content(c, each, len(numbers)) == numbers


def test_the_shape_counts_key_value_heads() -> None:
    """Grouped-query attention keeps fewer heads than it has queries."""
    config = LlamaConfig(
        hidden_size=64, num_attention_heads=8, num_key_value_heads=2, num_hidden_layers=3
    )
    shape = CacheShape.of(config)
    assert shape == CacheShape(layers=3, heads=2, head_dim=8)
    assert shape.bytes_per_token(torch.bfloat16) == 3 * 2 * 2 * 8 * 2
