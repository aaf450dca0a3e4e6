"""The rules of `bot/engine/cpu/attention.py`."""

from __future__ import annotations

import errno
from typing import Any

import numba
import pytest
import torch
from torch import Tensor

from bot.engine.batch import Batch, Part, on_device
from bot.engine.cpu import attention as cpu_attention
from bot.engine.cpu import compiler
from bot.engine.cpu.attention import attend_decoding, exponential, rounded, widened
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.rule import Rule

CPU = torch.device("cpu")
UNTOUCHED = 7.0


def filled(heads: int, head_dim: int, tokens: int, value_dim: int = 0) -> KVCache:
    """A cache of random numbers."""
    cache = KVCache(CacheShape(2, heads, head_dim, value_dim), tokens, torch.bfloat16, CPU)
    cache.keys.normal_()
    cache.values.normal_()
    return cache


def batch_of(parts: list[Part]) -> Batch:
    """A batch with these parts, of which only the places matter."""
    total = parts[-1].end
    return on_device(parts, [0] * total, [0] * total, [0] * total, [], CPU)


def plain(query: Tensor) -> Rule:
    """The usual rule."""
    return Rule(query.shape[-1] ** -0.5)


def attended(cache: KVCache, parts: list[Part], query: Tensor, rule: Rule | None = None) -> Tensor:
    """The output of layer 1, `[T, heads, head_dim]`."""
    heads, total, _ = query.shape
    output = torch.full((total, heads, cache.shape.width), UNTOUCHED, dtype=query.dtype)
    attend_decoding(cache, batch_of(parts), 1, query, rule or plain(query), output)
    return output


def exactly(cache: KVCache, part: Part, query: Tensor, rule: Rule | None = None) -> Tensor:
    """One part's output in float64, `[heads, head_dim]`."""
    rule = rule or plain(query)
    heads = query.shape[0]
    end = part.first + part.length
    seen = slice(max(part.first, end - (rule.window or part.length)), end)
    keys, values = (
        block[1, :, seen].double().repeat_interleave(heads // cache.shape.heads, 0)
        for block in (cache.keys, cache.values)
    )
    scores = keys @ query[:, part.begin, :, None].double() * rule.scale  # [heads, tokens, 1]
    if rule.softcap:
        scores = (scores / rule.softcap).tanh() * rule.softcap
    if rule.sinks is not None:
        scores = torch.cat([scores, rule.sinks.double()[:, None, None]], 1)
        values = torch.cat([values, torch.zeros_like(values[:, :1])], 1)
    output: Tensor = (scores.softmax(1) * values).sum(1)
    return output


@pytest.mark.parametrize(("heads", "kv_heads"), [(22, 22), (8, 2), (3, 1)])
@pytest.mark.parametrize("head_dim", [8, 80, 128])
def test_every_sequence_attends_to_its_own_tokens(heads: int, kv_heads: int, head_dim: int) -> None:
    """Of any length, in any order in the cache, within the rounding of the output."""
    torch.manual_seed(5)
    cache = filled(kv_heads, head_dim, 3_000)
    lengths = [(2_900, 1), (1, 300), (400, 2_048), (301, 2), (2_700, 33)]
    parts = [Part(i, i + 1, length - 1, first) for i, (first, length) in enumerate(lengths)]
    query = torch.randn(len(parts), heads, head_dim).bfloat16().transpose(0, 1)
    output = attended(cache, parts, query)
    for part in parts:
        expected = exactly(cache, part, query)
        torch.testing.assert_close(output[part.begin].double(), expected, rtol=2**-8, atol=1e-5)


@pytest.mark.parametrize("window", [None, 1, 20, 400])
@pytest.mark.parametrize("softcap", [None, 3.0])
@pytest.mark.parametrize("sinks", [False, True])
def test_a_rule_of_the_layer_holds(window: int | None, softcap: float | None, sinks: bool) -> None:
    """Windows shorter and longer than the sequence, soft-capping, sinks, each with the others."""
    torch.manual_seed(9)
    cache = filled(2, 16, 500)
    rule = Rule(0.7, window, softcap, torch.randn(8).bfloat16() * 3 if sinks else None)
    parts = [Part(0, 1, 149, 20), Part(1, 2, 0, 300), Part(2, 3, 19, 400)]
    query = torch.randn(3, 8, 16).bfloat16().transpose(0, 1)
    output = attended(cache, parts, query, rule)
    for part in parts:
        expected = exactly(cache, part, query, rule)
        torch.testing.assert_close(output[part.begin].double(), expected, rtol=2**-8, atol=1e-5)


def test_values_may_be_of_another_size_than_keys() -> None:
    """As in multi-head latent attention."""
    torch.manual_seed(10)
    cache = filled(3, 24, 100, 16)
    part, query = Part(0, 1, 40, 30), torch.randn(3, 1, 24).bfloat16()
    torch.testing.assert_close(
        attended(cache, [part], query)[0].double(),
        exactly(cache, part, query),
        rtol=2**-8,
        atol=1e-5,
    )


def test_chunks_of_more_rows_are_left_alone() -> None:
    """They are somebody else's, between those that are not."""
    torch.manual_seed(6)
    cache = filled(2, 16, 100)
    parts = [Part(0, 3, 4, 10), Part(3, 4, 20, 30), Part(4, 6, 0, 60)]
    query = torch.randn(2, 6, 16).bfloat16()
    output = attended(cache, parts, query)
    assert (output[:3] == UNTOUCHED).all() and (output[4:] == UNTOUCHED).all()
    torch.testing.assert_close(
        output[3].double(), exactly(cache, parts[1], query), rtol=2**-8, atol=1e-5
    )


@pytest.mark.parametrize("size", [30.0, 3e3])
def test_scores_of_any_size_give_weights(size: float) -> None:
    """One token may have all the weight; nothing overflows."""
    torch.manual_seed(7)
    cache = filled(4, 64, 200)
    parts = [Part(0, 1, 149, 20)]
    query = (torch.randn(4, 1, 64) * size).bfloat16()
    torch.testing.assert_close(
        attended(cache, parts, query)[0].double(),
        exactly(cache, parts[0], query),
        rtol=2**-7,
        atol=1e-4,
    )


@pytest.mark.parametrize("where", ["query", "keys", "values"])
def test_what_is_no_number_stays_none(where: str) -> None:
    """So that the sampler sees that a model computes none."""
    cache = filled(2, 16, 40)
    query = torch.randn(2, 1, 16).bfloat16()
    if where == "query":
        query[:] = torch.nan
    else:
        getattr(cache, where)[1, :, 5] = torch.nan
    assert attended(cache, [Part(0, 1, 19, 3)], query).isnan().all()


@pytest.mark.parametrize(
    "trouble", [OSError(errno.ENOSPC, "No space left on device"), EOFError("Ran out of input")]
)
def test_without_a_place_to_keep_it_the_loop_is_compiled_all_the_same(
    trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk or a damaged file only makes the next start slower by two seconds."""
    original: Any = numba.njit
    asked: list[bool] = []

    def njit(signature: object, cache: bool = False, **options: object) -> object:
        asked.append(cache)
        if cache:
            raise trouble
        return original(signature, **options)

    monkeypatch.setattr(compiler, "njit", njit)
    monkeypatch.setattr(cpu_attention, "attend", cpu_attention.compiled_loop())
    assert asked == [True, False]
    torch.manual_seed(8)
    cache = filled(2, 16, 40)
    part, query = Part(0, 1, 19, 3), torch.randn(2, 1, 16).bfloat16()
    torch.testing.assert_close(
        attended(cache, [part], query)[0].double(),
        exactly(cache, part, query),
        rtol=2**-8,
        atol=1e-5,
    )


def test_numbers_become_bfloat16_as_torch_makes_them() -> None:
    """The nearest, of two the even one; there and back."""
    bits = torch.randint(-(2**31), 2**31, (20_000,), dtype=torch.int64).to(torch.int32)
    numbers = bits.view(torch.float32)
    numbers = torch.cat([numbers[numbers.isfinite()], torch.tensor([0.0, -0.0, torch.inf, 1.5])])
    halves = torch.tensor([1 + 2**-8, 1 + 3 * 2**-8])  # exactly between two
    for number in torch.cat([numbers, halves]).numpy():
        expected = torch.tensor(number).bfloat16()
        assert rounded(number) == expected.view(torch.uint16).item()
        assert widened(rounded(number)) == expected.float().item()


def test_the_exponential_is_exact_to_float32() -> None:
    """Between 0 and where it is nothing; and below that it stays nothing."""
    for x in torch.linspace(-87, 0, 5_001).numpy():
        assert exponential(x) == pytest.approx(torch.tensor(x).double().exp().item(), rel=4e-6)
    assert exponential(torch.tensor(-1e30).numpy()[()]) < 2e-38
