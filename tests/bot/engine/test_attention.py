"""The rules of `bot/engine/attention.py`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from bot.engine.attention import PackedStep, UnsupportedModel, packed_attention
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.loader import load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.sequence import Chunk, Sequence
from bot.engine.slots import Placement, Slot
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


class Layer(nn.Module):
    """Stands for the first layer of a model."""

    layer_idx = 0


def test_every_token_sees_its_own_sequence_up_to_itself() -> None:
    """Packed chunks, with and without a past, equal attention written out by hand."""
    generator = torch.Generator().manual_seed(1)
    device = torch.device("cpu")
    cache = KVCache(CacheShape(1, KV_HEADS, DIM), torch.float32, device)
    chunks, lengths = [], [(0, 5), (7, 3), (4, 1)]  # past, new tokens
    for index, (past, new) in enumerate(lengths):
        cache.prepare(Placement(index, 16, 0, 0, None))
        for region in (cache.keys[index], cache.values[index]):
            region.normal_(generator=generator)
        sequence = Sequence((1,), Sampling(), "", 16)
        chunks.append(Chunk(sequence, Slot(index, "", 16), past, (0,) * new, True))
    total = sum(new for _, new in lengths)
    query = torch.randn(1, HEADS, total, DIM, generator=generator)
    key = torch.randn(1, KV_HEADS, total, DIM, generator=generator)
    value = torch.randn(1, KV_HEADS, total, DIM, generator=generator)

    packed = PackedStep(cache, chunks, device)
    packed.update(key, value, 0)
    output, _ = packed_attention(Layer(), query, key, value, None, packed=packed, scaling=0.3)
    assert output.shape == (1, total, HEADS, DIM)

    row = 0
    for index, (past, new) in enumerate(lengths):
        for offset in range(new):
            seen = past + offset + 1
            for head in range(HEADS):
                group = head // (HEADS // KV_HEADS)
                k = cache.keys[index][0, group, :seen]
                v = cache.values[index][0, group, :seen]
                assert torch.equal(k[past], key[0, group, row - offset])
                expected = (k @ query[0, head, row] * 0.3).softmax(0) @ v
                torch.testing.assert_close(output[0, row, head], expected)
            row += 1


@pytest.mark.parametrize("option", ["sliding_window", "softcap", "s_aux"])
def test_attention_that_would_come_out_wrong_is_refused(option: str) -> None:
    """An option that changes the result is never ignored."""
    cache = KVCache(CacheShape(1, 1, 8), torch.float32, torch.device("cpu"))
    packed = PackedStep(cache, [], torch.device("cpu"))
    x = torch.zeros(1, 1, 0, 8)
    with pytest.raises(UnsupportedModel, match=option):
        packed_attention(Layer(), x, x, x, None, packed=packed, **{option: 4})
    with pytest.raises(UnsupportedModel, match="hand its options on"):
        packed_attention(Layer(), x, x, x, None)


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
