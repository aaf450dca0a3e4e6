"""The rules of `bot/engine/cuda/rotary_write.py`, on models that the engine runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from bot.engine.cuda.put_off import computed
from bot.engine.cuda.rotary import FUNCTION, fuse_rotary, fused
from bot.engine.cuda.rotary_write import Turned, put_off, rotated_into
from bot.engine.kv_cache import CacheShape, KVCache
from tests.bot.engine.cuda.layer_models import run, tiny_model

MODULES: list[Any] = [
    importlib.import_module(f"transformers.models.{name}.modeling_{name}")
    for name in ("gpt_neox", "llama")
]
Measure = Callable[[Callable[[], object]], float]


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The vendor's functions are its own again afterwards."""
    before = [(module, getattr(module, FUNCTION)) for module in MODULES]
    yield
    for module, function in before:
        setattr(module, FUNCTION, function)


def writing_is_fastest() -> Measure:
    """Times of a model's own way, of one launch, and of one with the cache's writes."""
    times = iter([3.0, 2.0, 1.0])
    return lambda run: next(times)


@pytest.mark.parametrize(("kind", "dtype"), [("neox", torch.float16), ("llama", torch.float32)])
def test_a_model_caches_and_computes_the_same_in_one_launch_a_layer(
    kind: str, dtype: torch.dtype, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys and values are where the cache's own writes put them; to the last bit in half."""
    model = tiny_model(kind, dtype, device)
    expected = run(model, dtype, device)
    assert fuse_rotary(model, dtype, writing_is_fastest(), device)
    written: list[Any] = []
    monkeypatch.setattr(KVCache, "write", lambda *given: written.append(given))
    got = run(model, dtype, device)
    assert written == []
    for mine, theirs in zip(got, expected, strict=True):
        torch.testing.assert_close(mine, theirs)
        assert dtype == torch.float32 or torch.equal(mine, theirs)


def example(device: str, rotated: int = 8) -> tuple[torch.Tensor, ...]:
    """Queries, keys, cos, sin, values of three tokens."""
    torch.manual_seed(1)
    q, k, v = (torch.randn(1, heads, 3, 16, device=device) for heads in (4, 2, 2))
    cos, sin = (torch.randn(1, 3, rotated, device=device) for _ in range(2))
    return q, k, cos, sin, v


@torch.inference_mode()
def test_what_a_layer_changes_on_the_way_is_rotated_first(device: str) -> None:
    """Scaled keys or queries, values of another layout, keys of another rotation."""
    q, k, cos, sin, v = example(device)
    given = q, k, cos, sin
    turned = fused(*given)
    places = torch.tensor([4, 0, 2], device=device)
    cases: tuple[Any, ...] = (
        lambda q, k, v: (q, k * 2, v),
        lambda q, k, v: (q * 2, k, v),
        lambda q, k, v: (q, k, v.mT.contiguous().mT),
        lambda q, k, v: (q, put_off(*given, fused)[1], v),
    )
    for case in cases:
        caches = [KVCache(CacheShape(1, 2, 16), 6, torch.float32, k.device) for _ in range(2)]
        for cache in caches:
            cache.keys.zero_()
            cache.values.zero_()
        got = rotated_into(caches[0], 0, places, *case(*put_off(*given, fused), v))
        query, key, value = computed(case(*turned, v))
        caches[1].write(0, places, key[0], value[0])
        assert torch.equal(got, query)
        assert torch.equal(caches[0].keys, caches[1].keys)
        assert torch.equal(caches[0].values, caches[1].values)


@torch.inference_mode()
def test_a_rotation_that_is_looked_at_is_done_once_for_both(device: str) -> None:
    """As at once; then nothing waits for the cache any more."""
    q, k, cos, sin, _ = example(device)
    times: list[int] = []

    def counted(*given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        times.append(1)
        return fused(*given)

    query, key = put_off(q, k, cos, sin, counted)
    for waiting, expected in zip((query, key), fused(q, k, cos, sin), strict=True):
        assert torch.equal(waiting, expected)
    assert len(times) == 1
    assert isinstance(query, Turned) and not query.rotation.is_open


def test_where_it_fails_or_is_slower_the_rotation_alone_stays(
    device: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a line that says why; slower needs none."""
    model = tiny_model("neox", torch.float32, device)
    module: Any = sys.modules[type(model).__module__]
    theirs = getattr(module, FUNCTION)
    times = iter([3.0, 1.0, 2.0])
    undo = fuse_rotary(model, torch.float32, lambda run: next(times), device)
    q, k, cos, sin, _ = example(device)
    assert undo is not None
    with torch.inference_mode():
        assert type(getattr(module, FUNCTION)(q, k, cos, sin)[0]) is torch.Tensor
    undo()
    assert getattr(module, FUNCTION) is theirs and caplog.messages == []

    def other(cache: Any, layer: int, places: Any, rotation: Any, value: Any) -> Any:
        return rotation.given[0].clone()

    monkeypatch.setattr("bot.engine.cuda.rotary_write._in_one", other)
    times = iter([3.0, 1.0])
    assert fuse_rotary(model, torch.float32, lambda run: next(times), device)
    assert caplog.messages == [
        "rotary embeddings are not written in one launch: ArithmeticError: other numbers"
    ]
    with torch.inference_mode():
        assert type(getattr(module, FUNCTION)(q, k, cos, sin)[0]) is torch.Tensor
