"""The rules of `bot/engine/attention.py`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from bot.engine import in_turn
from bot.engine.attention import (
    PackedStep,
    packed_attention,
    running,
)
from bot.engine.batch import Batch, pack
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.loader import load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.rule import Rule, UnsupportedModel
from bot.engine.sequence import Chunk, Sequence
from bot.engine.slot import Placement, Slot
from bot.engine.varlen import attend_at_once, supports_varlen
from bot.messages import Sampling
from tests.bot.engine.tiny import (
    VOCABULARY,
    LetterTokenizer,
    reference_of,
    reply,
    without_end,
    write_tokenizer,
)

HEADS, KV_HEADS, DIM = 4, 2, 8
Lengths = tuple[tuple[int, int], ...]


class Layer(nn.Module):
    """Stands for the first layer of a model."""

    layer_idx = 0


@dataclass
class Case:
    """Three parts over scattered slots: cold, with a past, and decoding."""

    cache: KVCache
    batch: Batch
    query: Tensor  # [1, heads, T, head_dim]
    key: Tensor
    value: Tensor
    lengths: Lengths


LENGTHS = ((0, 5), (7, 3), (4, 1))  # past, new tokens
DECODING = ((6, 1), (0, 1), (13, 1))


def case(
    device: torch.device,
    dtype: torch.dtype,
    dim: int = DIM,
    values: int = 0,
    lengths: Lengths = LENGTHS,
) -> Case:
    """Random numbers on a device."""
    generator = torch.Generator().manual_seed(1)
    cache = KVCache(CacheShape(1, KV_HEADS, dim, values), 80, dtype, device)
    for block in (cache.keys, cache.values):
        block.copy_(torch.randn(block.shape, generator=generator))
    chunks = []
    for index, (past, new) in enumerate(lengths):
        cache.prepare(Placement(2 * index, 16, 0, 0, None))
        cache.prepare(Placement(2 * index + 1, 3, 0, 0, None))  # so that they lie apart
        sequence = Sequence((1,), Sampling(), "", 16)
        chunks.append(Chunk(sequence, Slot(2 * index, "", 16), past, (0,) * new, True))
    total = sum(new for _, new in lengths)
    query, key, value = (
        torch.randn(1, heads, total, size, generator=generator).to(device, dtype)
        for heads, size in ((HEADS, dim), (KV_HEADS, dim), (KV_HEADS, values or dim))
    )
    return Case(cache, pack(chunks, cache), query, key, value, lengths)


def check(
    c: Case, window: int | None = None, softcap: float | None = None, sinks: Tensor | None = None
) -> None:
    """The hooks' result equals attention written out by hand, in float32."""
    packed = PackedStep(c.cache, c.batch)
    packed.update(c.key, c.value, 0)
    with running(packed):
        output, _ = packed_attention(
            Layer(),
            c.query,
            c.key,
            c.value,
            None,
            scaling=0.3,
            sliding_window=window,
            softcap=softcap,
            s_aux=sinks,
        )
    exact = c.cache.dtype == torch.float32
    assert output.shape == (1, c.query.shape[2], HEADS, c.value.shape[3])
    row = 0
    for index, (past, new) in enumerate(c.lengths):
        begin = c.cache.region(2 * index).begin
        for offset in range(new):
            end = begin + past + offset + 1
            first = begin if window is None else max(begin, end - window)
            for head in range(HEADS):
                group = head // (HEADS // KV_HEADS)
                written = c.cache.keys[0, group, begin + past]
                assert torch.equal(written, c.key[0, group, row - offset])
                k = c.cache.keys[0, group, first:end].float()
                v = c.cache.values[0, group, first:end].float()
                scores = k @ c.query[0, head, row].float() * 0.3
                if softcap:
                    scores = (scores / softcap).tanh() * softcap
                weights = scores.exp()
                total = weights.sum() + (0 if sinks is None else sinks[head].float().exp())
                expected = weights @ v / total
                within = 1e-5 if exact else 0.02
                torch.testing.assert_close(
                    output[0, row, head].float(), expected, rtol=within, atol=within
                )
            row += 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_token_sees_its_own_sequence_up_to_itself(dtype: torch.dtype) -> None:
    """Packed chunks, with and without a past, equal attention written out by hand."""
    check(case(torch.device("cpu"), dtype))
    check(case(torch.device("cpu"), dtype, values=4))


RULES: list[dict[str, Any]] = [
    {"window": 1},
    {"window": 3},
    {"window": 50},
    {"softcap": 0.8},
    {"sinks": torch.tensor([0.5, -2.0, 3.0, 0.0])},
    {"window": 4, "softcap": 0.8, "sinks": torch.tensor([0.5, -2.0, 3.0, 0.0])},
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rule", RULES)
def test_windows_soft_capping_and_sinks_are_a_layers_own(
    rule: dict[str, Any], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In chunks with and without a past and in decoding; however many rows go at once."""
    check(case(torch.device("cpu"), dtype, lengths=DECODING), **rule)
    check(case(torch.device("cpu"), dtype), **rule)
    monkeypatch.setattr(in_turn, "ROWS", 2)
    check(case(torch.device("cpu"), dtype), **rule)


@pytest.mark.parametrize("rule", RULES)
def test_a_gpus_attention_has_the_right_shapes_without_one(rule: dict[str, Any]) -> None:
    """Every rule, through the kernel of variable lengths or beside it."""
    c, meta = case(torch.device("cpu"), torch.bfloat16), torch.device("meta")
    cache = KVCache(c.cache.shape, 80, torch.bfloat16, meta)
    sinks = rule["sinks"].to(meta) if "sinks" in rule else None
    there = replace(Rule(0.3, **rule), sinks=sinks)
    attended = attend_at_once(cache, c.batch, 0, c.query[0].to(meta), there)
    assert attended.shape == (c.query.shape[2], HEADS, DIM) and attended.dtype == torch.bfloat16


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("rule", [{}, *RULES])
def test_the_kernel_of_variable_lengths_sees_the_same(
    rule: dict[str, Any], dtype: torch.dtype
) -> None:
    """One kernel over slots that lie apart; float32, which it has not, goes part by part."""
    device = torch.device("cuda")
    if "sinks" in rule:
        rule = rule | {"sinks": rule["sinks"].to(device)}
    check(case(device, dtype, 64), **rule)
    check(case(device, dtype, 64, lengths=DECODING), **rule)
    check(case(device, dtype, 64, 48), **rule)


def test_a_gpus_attention_is_chosen_by_type_and_shape() -> None:
    """Flash attention computes half precision with heads of up to 256."""
    meta, cpu = torch.device("meta"), torch.device("cpu")
    assert supports_varlen(meta, torch.bfloat16, 128) and supports_varlen(meta, torch.float16, 256)
    assert not supports_varlen(meta, torch.float32, 128)
    assert not supports_varlen(meta, torch.bfloat16, 264)
    assert not supports_varlen(meta, torch.bfloat16, 100)
    assert not supports_varlen(cpu, torch.bfloat16, 128)


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ({"position_bias": torch.zeros(1)}, "position_bias"),
        ({"block_indices": 4}, "block_indices"),
        ({"is_causal": False}, "no order"),
        ({"sliding_window": 0}, "a window of 0"),
        ({"s_aux": torch.zeros(HEADS + 1)}, "sinks"),
    ],
)
def test_attention_that_would_come_out_wrong_is_refused(option: dict[str, Any], why: str) -> None:
    """An option that changes the result is never ignored, whatever it is called."""
    c = case(torch.device("cpu"), torch.float32)
    packed = PackedStep(c.cache, c.batch)
    with running(packed), pytest.raises(UnsupportedModel, match=why):
        packed_attention(Layer(), c.query, c.key, c.value, None, **option)
    with pytest.raises(UnsupportedModel, match="outside of a step"):
        packed_attention(Layer(), c.query, c.key, c.value, None)


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
async def test_other_rotary_models_with_grouped_queries_are_served(
    kind: str, tmp_path: Path
) -> None:
    """Not only GPT-NeoX: the engine's hooks are transformers' own."""
    torch.manual_seed(3)
    options: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
        "initializer_range": 0.25,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    if kind == "llama":
        LlamaForCausalLM(LlamaConfig(**options)).save_pretrained(tmp_path)
    else:
        Qwen2ForCausalLM(Qwen2Config(**options)).save_pretrained(tmp_path)
    write_tokenizer(tmp_path)
    model = load_model(tmp_path, quantization="none", dtype="float32", device="cpu")
    reference = reference_of(tmp_path)
    prompts = [[(7 * i + 3 * j) % 290 + 5 for j in range(9 + 6 * i)] for i in range(4)]
    engine = LocalEngine.from_loaded(
        replace(model, tokenizer=LetterTokenizer()), EngineOptions(max_step_tokens=11)
    )
    async with engine:
        replies = await asyncio.gather(
            *(reply(engine, prompt, f"c{i}") for i, prompt in enumerate(prompts))
        )
    for prompt, got in zip(prompts, replies, strict=True):
        assert got.tokens == without_end(reference(prompt, 12))
