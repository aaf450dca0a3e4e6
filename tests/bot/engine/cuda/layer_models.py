"""Tiny models for tests of what layers do between their products, and a step of the engine's."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from bot.engine.attention import IMPLEMENTATION, register
from bot.engine.batch import pack
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Chunk, Sequence
from bot.engine.slot import Placement, Slot
from bot.messages import Sampling

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "neox": ("gpt_neox", {"use_parallel_residual": False}),
    "neox, parallel": ("gpt_neox", {"use_parallel_residual": True}),
    "llama": ("llama", {"num_key_value_heads": 1}),
    "qwen3": ("qwen3", {"num_key_value_heads": 1, "head_dim": 32}),
    "gemma": ("gemma", {"num_key_value_heads": 1, "head_dim": 16}),
}


def tiny_model(name: str, dtype: torch.dtype, device: str) -> Any:
    """Two layers of random numbers, that attend through the engine."""
    register()
    kind, more = KINDS[name]
    untyped: Any = AutoConfig
    config = untyped.for_model(
        kind,
        vocab_size=60,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=64,
        **more,
    )
    torch.manual_seed(3)
    untyped = AutoModelForCausalLM
    model = untyped.from_config(config, attn_implementation=IMPLEMENTATION, dtype=dtype)
    for name, weights in model.named_parameters():
        weights.requires_grad_(False)
        if "norm" in name:
            weights.normal_(1, 0.2)
    return model.to(device).eval()


def run(model: Any, dtype: torch.dtype, device: str) -> list[torch.Tensor]:
    """A prompt and a decoding sequence in one step: logits, keys, values."""
    cache = KVCache(CacheShape.of(model.config), 32, dtype, torch.device(device))
    chunks = []
    with torch.inference_mode():
        for block in (cache.keys, cache.values):
            block.copy_(torch.linspace(-1, 1, block.numel()).reshape(block.shape))
        for slot, (start, tokens) in enumerate(((0, (5, 9, 33)), (4, (17,)))):
            cache.prepare(Placement(slot, 16, 0, 0, None))
            sequence = Sequence(tokens, Sampling(temperature=0), "", 16)
            chunks.append(Chunk(sequence, Slot(slot, "", 16), start, tokens, True))
        logits = ModelRunner(model, cache).forward(pack(chunks, cache))
    assert logits is not None
    return [logits, cache.keys, cache.values]
