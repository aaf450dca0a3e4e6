"""The rules of `bot/engine/cuda/decoding.py`, in Triton's interpreter where there is no GPU."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.engine import varlen
from bot.engine.batch import Batch, Part, on_device
from bot.engine.cuda import decoding
from bot.engine.in_turn import attend_in_turn
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.rule import Rule

RULES = {
    "plain": Rule(0.2),
    "window": Rule(0.2, window=20),
    "softcap": Rule(0.2, softcap=3.0),
    "all": Rule(0.2, window=40, softcap=3.0, sinks=torch.tensor([0.5])),
}
SHAPES = [(CacheShape(1, 2, 16), 6), (CacheShape(1, 4, 24, 16), 4), (CacheShape(1, 1, 40), 17)]


@pytest.fixture(autouse=True)
def untried() -> Iterator[None]:
    """Nothing is known from other tests, nor left for them."""
    decoding._tried.cache_clear()
    yield
    decoding._tried.cache_clear()


@pytest.mark.parametrize(
    ("rule", "dtype"),
    [("plain", torch.float32), ("all", torch.float32), ("all", torch.float16)],
)
def test_the_kernel_agrees_with_torchs_operations(
    rule: str, dtype: torch.dtype, device: str
) -> None:
    """Grouped queries, more than a tile's; heads of no power of 2; values of another size."""
    for shape, heads in SHAPES:
        cache = KVCache(shape, 1, dtype, torch.device(device))
        assert decoding.usable(cache, heads, RULES[rule])


def test_decoding_that_flash_attention_lacks_goes_through_the_kernel(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Soft-capping and values of another size do, chunks of prompts do not."""
    asked: list[int] = []

    def noted(cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule) -> Tensor:
        asked.append(batch.longest)
        return attend_in_turn(cache, batch, layer, query, rule)

    monkeypatch.setattr(varlen, "attend_decoding", noted)
    monkeypatch.setattr(varlen, "usable", lambda *_: True)
    where = torch.device(device)
    for shape, rule in ((SHAPES[0][0], RULES["softcap"]), (SHAPES[1][0], RULES["plain"])):
        cache = KVCache(shape, 64, torch.float16, where)
        for rows in (1, 2):
            batch = on_device([Part(0, rows, 9, 0)], [0], [0], [0], [], where)
            query = torch.randn(4, rows, shape.head_dim, device=where).half()
            output = varlen.attend_at_once(cache, batch, 0, query, rule)
            assert output.shape == (rows, 4, shape.width)
    assert asked == [1, 1]


def test_a_kernel_that_gives_other_numbers_is_not_used(
    device: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says so, once."""
    attend: Any = decoding.attend_decoding
    monkeypatch.setattr(
        decoding,
        "attend_decoding",
        lambda *given: attend(*given[:-1], replace(given[-1], window=None)),
    )
    cache = KVCache(CacheShape(1, 2, 16), 1, torch.float32, torch.device(device))
    caplog.set_level(logging.WARNING)
    assert not decoding.usable(cache, 4, RULES["window"])
    assert not decoding.usable(cache, 4, RULES["window"])
    assert [line.message for line in caplog.records] == [
        "attention in one kernel is not used: ArithmeticError: other numbers"
    ]


def test_without_triton_torchs_operations_are_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is no package of Kaiwa's."""

    def missing(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'triton'")

    monkeypatch.setattr(decoding, "attend_decoding", missing)
    cache = KVCache(CacheShape(1, 2, 16), 1, torch.float32, torch.device("cpu"))
    assert not decoding.usable(cache, 4, RULES["softcap"])
    assert "No module named 'triton'" in caplog.text
