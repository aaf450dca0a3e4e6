"""Models that attend by rules of their own equal `model.generate`: windows, latent attention."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import LlamaConfig, MistralConfig, MistralForCausalLM

from bot.engine import attention, rule
from bot.engine.errors import LoadError
from bot.engine.loader import load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.rule import named_windows
from tests.bot.engine.tiny import (
    CONTEXT,
    EOS,
    VOCABULARY,
    LetterTokenizer,
    reference_of,
    reply,
    without_end,
    write_tokenizer,
)

WINDOW = 13
SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": CONTEXT,
    "initializer_range": 0.25,
    "sliding_window": WINDOW,
    "bos_token_id": 1,
    "eos_token_id": EOS,
    "pad_token_id": 0,
    "tie_word_embeddings": False,
}
MIXED = ["sliding_attention", "full_attention"]
MODELS: dict[str, dict[str, Any]] = {
    "gemma2": {
        "query_pre_attn_scalar": 24,
        "attn_logit_softcapping": 5.0,
        "final_logit_softcapping": 8.0,
    },
    "gemma3_text": {"query_pre_attn_scalar": 24, "layer_types": MIXED},
    "mistral": {},
    "qwen2": {"use_sliding_window": True, "max_window_layers": 1},
    "phi3": {},
    "gpt_oss": {
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "layer_types": MIXED,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
    },
    "deepseek_v3": {
        "num_key_value_heads": 4,
        "kv_lora_rank": 20,
        "q_lora_rank": 24,
        "qk_rope_head_dim": 8,
        "qk_nope_head_dim": 16,
        "v_head_dim": 12,
        "head_dim": 8,
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "n_group": 1,
        "topk_group": 1,
        "moe_intermediate_size": 32,
        "first_k_dense_replace": 1,
        "sliding_window": None,
    },
}


def write(kind: str, folder: Path) -> None:
    """A tiny random checkpoint; sinks, which begin as nothing, of all sizes."""
    torch.manual_seed(7)
    vendor: Any = transformers
    config = vendor.AutoConfig.for_model(kind, **SIZES | MODELS[kind])
    model = vendor.AutoModelForCausalLM.from_config(config)
    for name, weights in model.named_parameters():
        if name.endswith("sinks"):
            torch.nn.init.normal_(weights, std=2)
    model.save_pretrained(folder)
    write_tokenizer(folder)


@pytest.mark.parametrize("kind", MODELS)
async def test_a_model_with_a_rule_of_its_own_equals_generate(kind: str, tmp_path: Path) -> None:
    """At once, in chunks, with a prefix from the cache, with prompts longer than the window."""
    write(kind, tmp_path)
    model = load_model(tmp_path, quantization="none", dtype="float32", device="cpu")
    reference = reference_of(tmp_path)
    prompts = [[(7 * i + 3 * j * j) % 290 + 5 for j in range(7 + 17 * i)] for i in range(3)]
    prompts.append([*prompts[2][:30], 9, 8, 7])  # shares its beginning
    options = EngineOptions(max_step_tokens=11)
    async with LocalEngine.from_loaded(replace(model, tokenizer=LetterTokenizer()), options) as e:
        first = await asyncio.gather(*(reply(e, p, f"c{i}") for i, p in enumerate(prompts)))
        prompt = [*prompts[2], *first[2].tokens, 33, 44]
        again = await reply(e, prompt, "c2")
    for asked, got in zip([*prompts, prompt], [*first, again], strict=True):
        assert got.tokens == without_end(reference(asked, 12))
    assert again.end.cached_tokens > len(prompts[2])


def test_a_window_that_is_not_handed_on_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration names it and attention is not told: the model would see too much."""
    MistralForCausalLM(MistralConfig(**SIZES)).save_pretrained(tmp_path)
    write_tokenizer(tmp_path)
    monkeypatch.setattr(
        attention, "rule_of", lambda *given: replace(rule.rule_of(*given), window=None)
    )
    with pytest.raises(LoadError, match="mistral: layer 0 has a window of 13 and hands on None"):
        load_model(tmp_path, quantization="none", dtype="float32", device="cpu")


def test_a_configuration_names_each_layers_window() -> None:
    """By the kinds of its layers; without kinds all have it; one that is not used is none."""
    config = LlamaConfig(num_hidden_layers=2)
    assert named_windows(config) == (None, None)
    config.sliding_window = 64
    assert named_windows(config) == (64, 64)
    config.layer_types = MIXED
    assert named_windows(config) == (64, None)
    config.use_sliding_window = False
    assert named_windows(config) == (None, None)
