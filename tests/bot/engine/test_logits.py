"""The engine's logits agree with transformers' own forward of the same weights."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from bot.app import DEMO_FOLDER
from bot.engine.batch import pack
from bot.engine.cpu.integer_linear import IntegerLinear
from bot.engine.cpu.output_layer import Int8OutputLayer
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.loader import load_model
from bot.engine.memory import Quantization
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Chunk, Sequence
from bot.engine.slot import Placement, Slot
from bot.messages import Sampling

PROMPTS = (
    "ユーザー: 「猫」は英語で何ですか。\nシステム: 「猫」は英語で「cat」です。",
    "ユーザー: はじめまして、田中です。\nシステム: はじめまして、田中さん。\nユーザー: 私の名",
    "ユーザー: What does 水 mean?\nシステム: ",
)
CUDA = pytest.param(
    "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
)


def plain_logits(
    device: str, quantization: Quantization, dtype: torch.dtype, prompts: list[list[int]]
) -> list[Tensor]:
    """Each prompt alone through transformers, with its own attention; `[tokens, vocabulary]`."""
    options: dict[str, Any] = {}
    if quantization == "nf4":
        vendor: Any = BitsAndBytesConfig
        options["quantization_config"] = vendor(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
        )
    model: Any = AutoModelForCausalLM.from_pretrained(
        DEMO_FOLDER, dtype=dtype, device_map={"": device}, attn_implementation="sdpa", **options
    )
    model.eval()
    with torch.inference_mode():
        return [model(torch.tensor([ids], device=device)).logits[0].float() for ids in prompts]


def packed_logits(runner: ModelRunner, cache: KVCache, prompts: list[list[int]]) -> list[Tensor]:
    """All prompts side by side, in chunks of random sizes: each one's `[tokens, vocabulary]`."""
    chance = random.Random(4)
    got: list[list[Tensor]] = [[] for _ in prompts]
    slots = [Slot(number, str(number), 256) for number in range(len(prompts))]
    sequences = [Sequence(tuple(ids), Sampling(temperature=0), "", 256) for ids in prompts]
    for slot in slots:
        cache.prepare(Placement(slot.id, 256, 0, 0, None))
    done = [0] * len(prompts)
    while any(done[i] < len(ids) for i, ids in enumerate(prompts)):
        chunks, owners = [], []
        for i, ids in enumerate(prompts):
            count = min(chance.choice((1, 1, 4, 9)), len(ids) - done[i])
            if count:
                tokens = tuple(ids[done[i] : done[i] + count])
                chunks.append(Chunk(sequences[i], slots[i], done[i], tokens, True))
                owners += [i] * count
                done[i] += count
        batch = pack(chunks, cache)
        every_row = torch.arange(len(owners), device=cache.device)
        with torch.inference_mode():
            logits = runner.forward(replace(batch, sampled=every_row))
        assert logits is not None
        for i, row in zip(owners, logits.float(), strict=True):
            got[i].append(row)
    return [torch.stack(rows) for rows in got]


@pytest.mark.parametrize("device", ["cpu", CUDA])
@pytest.mark.parametrize(
    ("quantization", "dtype", "bound"),
    [("nf4", torch.bfloat16, 0.025), ("none", torch.bfloat16, 0.01), ("none", torch.float32, 1e-5)],
)
def test_logits_agree_with_the_plain_forward_of_the_same_weights(
    device: str, quantization: Quantization, dtype: torch.dtype, bound: float
) -> None:
    """Packed, chunked, cached, and on a CPU in 8 bits what comes into 4-bit and output layers."""
    loaded = load_model(
        DEMO_FOLDER, quantization=quantization, device=device, dtype=str(dtype).split(".")[1]
    )
    output_layer: Any = loaded.model
    eight_bits = isinstance(output_layer.get_output_embeddings(), Int8OutputLayer | IntegerLinear)
    assert eight_bits == (quantization == "nf4" and device == "cpu")
    prompts = [loaded.tokenizer.encode(text) for text in PROMPTS]
    expected = plain_logits(device, quantization, dtype, prompts)
    cache = KVCache(CacheShape.of(loaded.model.config), 1024, loaded.dtype, loaded.device)
    got = packed_logits(ModelRunner(loaded.model, cache), cache, prompts)
    difference = torch.cat([row - reference for row, reference in zip(got, expected, strict=True)])
    relative = float(difference.norm() / torch.cat(expected).norm())
    print(f"{device}, {quantization}, {dtype}: relative error {relative:.2e}")
    assert relative < bound


def test_products_of_whole_numbers_add_nothing_to_what_4_bits_have_changed() -> None:
    """The logits are as far from those of the dense model as transformers' in 4 bits are."""
    loaded = load_model(DEMO_FOLDER, quantization="nf4", device="cpu", dtype="bfloat16")
    prompts = [loaded.tokenizer.encode(text) for text in PROMPTS]
    dense = torch.cat(plain_logits("cpu", "none", torch.float32, prompts))
    plain = torch.cat(plain_logits("cpu", "nf4", torch.bfloat16, prompts))
    cache = KVCache(CacheShape.of(loaded.model.config), 1024, loaded.dtype, loaded.device)
    ours = torch.cat(packed_logits(ModelRunner(loaded.model, cache), cache, prompts))
    away = [float((logits - dense).norm() / dense.norm()) for logits in (plain, ours)]
    print("away from dense: transformers' in 4 bits {:.3f}, ours {:.3f}".format(*away))
    assert away[1] < 1.05 * away[0]
