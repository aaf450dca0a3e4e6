"""A tiny configuration of any causal architecture that transformers has.

An architecture's own defaults are kept, but for sizes, which have the same few names all over the
library. What a kind cannot be made without is said in `EXTRA`; `VARIANTS` are ways in which the
same architecture is also built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.engine.language_part import KINDS
from tests.bot.engine.tiny import CONTEXT, EOS, VOCABULARY

LAYERS, WIDTH, HEADS, HEAD = 4, 64, 4, 16
WINDOW = 12  # shorter than the prompts

SIZES: dict[str, Any] = {
    **dict.fromkeys(("vocab_size", "src_vocab_size", "vocab_size_per_layer_input"), VOCABULARY),
    **dict.fromkeys(
        (
            "hidden_size",
            "d_model",
            "n_embd",
            "emb_dim",
            "embedding_dim",
            "embedding_size",
            "word_embed_proj_dim",
            "input_embedding_size",
            "output_embedding_size",
            "lru_width",
            "attention_hidden_size",
        ),
        WIDTH,
    ),
    **dict.fromkeys(
        (
            "num_hidden_layers",
            "n_layer",
            "n_layers",
            "num_layers",
            "decoder_layers",
            "encoder_layers",
            "num_encoder_layers",
            "num_decoder_layers",
            "num_blocks",
        ),
        LAYERS,
    ),
    **dict.fromkeys(
        (
            "num_attention_heads",
            "n_head",
            "n_heads",
            "num_heads",
            "attention_heads",
            "decoder_attention_heads",
            "encoder_attention_heads",
            "num_encoder_attention_heads",
            "num_decoder_attention_heads",
            "swa_num_attention_heads",
            "linear_num_value_heads",
            "linear_num_heads",
            "mamba_num_heads",
            "mamba_n_heads",
        ),
        HEADS,
    ),
    **dict.fromkeys(
        ("num_key_value_heads", "num_kv_heads", "swa_num_key_value_heads", "linear_num_key_heads"),
        2,
    ),
    **dict.fromkeys(
        (
            "head_dim",
            "dim_head",
            "d_head",
            "kv_channels",
            "swa_head_dim",
            "attention_head_size",
            "attention_head_dim",
            "linear_key_head_dim",
            "linear_value_head_dim",
            "linear_head_dim",
            "index_head_dim",
            "v_head_dim",
            "qk_nope_head_dim",
        ),
        HEAD,
    ),
    **dict.fromkeys(
        (
            "intermediate_size",
            "ffn_dim",
            "decoder_ffn_dim",
            "encoder_ffn_dim",
            "dim_ff",
            "dff",
            "d_inner",
            "ffn_hidden_size",
            "feed_forward_size",
            "moe_intermediate_size",
            "shared_expert_intermediate_size",
            "shared_experts_intermediate_size",
            "moe_shared_expert_intermediate_size",
            "shared_intermediate_size",
            "expert_ffn_hidden_size",
            "dense_intermediate_size",
            "intermediate_size_mlp",
        ),
        96,
    ),
    **dict.fromkeys(
        (
            "max_position_embeddings",
            "n_positions",
            "n_ctx",
            "max_seq_len",
            "model_max_length",
            "context_length",
            "max_target_positions",
        ),
        CONTEXT,
    ),
    **dict.fromkeys(
        (
            "num_experts",
            "num_local_experts",
            "n_routed_experts",
            "moe_num_experts",
        ),
        4,
    ),
    **dict.fromkeys(
        ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k"),
        2,
    ),
    **dict.fromkeys(("n_group", "topk_group", "num_expert_group"), 1),
    **dict.fromkeys(
        (
            "sliding_window",
            "sliding_window_size",
            "window_size",
            "local_attention",
            "attention_window_size",
            "attention_chunk_size",
            "keep_window_size",
        ),
        WINDOW,
    ),
    "encoder_hash_byte_group_vocab": 128,
    "global_head_dim": HEAD,
    "qk_rope_head_dim": 8,
    "index_n_heads": 4,
    "index_topk": 8,
    "qk_head_dim": 24,
    "q_lora_rank": 24,
    "kv_lora_rank": 16,
    "rotary_dim": 8,
    "first_k_dense_replace": 1,
    "hidden_size_per_layer_input": 8,
    "num_kv_shared_layers": 0,
    "mamba_d_state": 16,
    "state_size": 16,
    "ssm_state_size": 16,
    "mamba_d_head": 32,
    "mamba_head_dim": 16,
}
SPECIAL = {"bos_token_id": 1, "eos_token_id": EOS, "pad_token_id": 0}
PER_LAYER = ("layer_types", "mlp_layer_types", "layers_block_type", "indexer_types")
DROPPED = ("id2label", "label2id", "architectures", "model_type", "transformers_version")

# What an architecture cannot be made tiny without.
_WIDE = {"per_layer_config": {LAYERS - 1: {"head_dim": 2 * HEAD}}}  # the one that sees all
_OF_IMAGES = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]}
EXTRA: dict[str, dict[str, Any]] = {
    "qwen2_vl_text": {"rope_parameters": _OF_IMAGES},
    "qwen2_5_vl_text": {"rope_parameters": _OF_IMAGES},
    "qwen3_vl_text": {"rope_parameters": _OF_IMAGES},
    "nemotron_h": {"mamba_num_heads": 8, "n_groups": 2},
    "zamba": {
        "layers_block_type": ["mamba", "hybrid"] * 2,
        "attention_hidden_size": 128,
        "attention_head_dim": 32,
        "num_key_value_heads": HEADS,
    },
    "zamba2": {"hybrid_layer_ids": [1, 3], "attention_hidden_size": 128, "attention_head_dim": 32},
    "gpt_neo": {"attention_types": [[["global", "local"], LAYERS // 2]]},
    "gemma3n_text": {
        "intermediate_size": 96,
        "activation_sparsity_pattern": [0.5, 0.0, 0.0, 0.0],
    },
    "gemma4_text": _WIDE,
    "gemma4_unified_text": _WIDE,
    "dbrx": {
        "attn_config": {"kv_n_heads": 2, "clip_qkv": 8.0, "rope_theta": 10_000.0},
        "ffn_config": {"hidden_size": WIDTH, "ffn_hidden_size": 96, "moe_top_k": 2},
    },
    "cohere_compass_text": {
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "rope_parameters": {
            kind: {"rope_type": "default", "rope_theta": 10_000.0}
            for kind in ("sliding_attention", "full_attention")
        },
    },
    "reformer": {"is_decoder": True, "axial_pos_embds_dim": [16, 48], "axial_pos_shape": [16, 16]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention", "conv", "full_attention"]},
    "hunyuan_v1_dense": {"head_dim": HEAD},
    "hunyuan_v1_moe": {"head_dim": HEAD},
    "ministral": {"head_dim": HEAD},
    "nemotron": {"num_key_value_heads": 2},
    "deepseek_v2": {"num_experts_per_tok": 2},
    "qwen4_exp_text": {
        "num_attention_heads": 4,
        "ngram_vocab_size_base": 64,
        "ple_embed_dim": 32,
        "indexer_budget": 8,
        "indexer_compress_ratio": 2,
        "indexer_n_heads": 4,
        "indexer_kv_heads": 1,
        "indexer_head_dim": HEAD,
    },
    "dots1": {"n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2},
    "mamba2": {"num_heads": 8, "head_dim": 16, "expand": 2},
    "falcon_h1": {"mamba_d_ssm": 128, "mamba_n_heads": 4, "mamba_d_head": 32},
    "minimax_m3_vl_text": {"index_block_size": 8, "index_topk_blocks": 2},
    "xmod": {"default_language": "en_XX"},
}


@dataclass(frozen=True, slots=True)
class Variant:
    """An architecture built in another way than its defaults say."""

    kind: str
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}, {self.name}" if self.name else self.kind


_DECODER = {"is_decoder": True}
_LONG = {
    "rope_type": "longrope",
    "rope_theta": 10_000.0,
    "short_factor": [1.0 + 0.1 * n for n in range(HEAD // 2)],
    "long_factor": [2.0 + n for n in range(HEAD // 2)],
    "factor": 4.0,
    "original_max_position_embeddings": 64,
}
_MINISTRAL = {
    "model_type": "ministral3",
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": 96,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": 2,
    "head_dim": HEAD,
    "max_position_embeddings": CONTEXT,
    **SPECIAL,
}
VARIANTS: tuple[Variant, ...] = (
    *(
        Variant(kind, "as a decoder", _DECODER)
        for kind in (
            "bert",
            "bert-generation",
            "camembert",
            "data2vec-text",
            "electra",
            "ernie",
            "roberta",
            "roberta-prelayernorm",
            "roc_bert",
            "roformer",
            "xlm-roberta",
            "xlm-roberta-xl",
            "xmod",
        )
    ),
    Variant("phi3", "longrope", {"rope_parameters": _LONG, "original_max_position_embeddings": 64}),
    *(
        Variant("llama", name, {"rope_parameters": {"rope_theta": 10_000.0, **rope}})
        for name, rope in {
            "linear": {"rope_type": "linear", "factor": 2.0},
            "dynamic": {"rope_type": "dynamic", "factor": 2.0},
            "dynamic from 64 on": {
                "rope_type": "dynamic",
                "factor": 4.0,
                "original_max_position_embeddings": 64,
            },
            "yarn": {
                "rope_type": "yarn",
                "factor": 4.0,
                "original_max_position_embeddings": 64,
            },
            "longrope": _LONG,
            "llama3": {
                "rope_type": "llama3",
                "factor": 4.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
        }.items()
    ),
    Variant("llama", "tied", {"tie_word_embeddings": True}),
    Variant("llama", "with biases", {"attention_bias": True, "mlp_bias": True}),
    Variant("gpt_neox", "one after the other", {"use_parallel_residual": False}),
    Variant("mistral", "no window", {"sliding_window": None}),
    Variant("mixtral", "with a window", {"sliding_window": WINDOW}),
    Variant("phi3", "with a window", {"sliding_window": WINDOW}),
    *(
        Variant(
            kind,
            "with a window",
            {"use_sliding_window": True, "sliding_window": WINDOW, "max_window_layers": 2},
        )
        for kind in ("qwen2", "qwen3", "qwen2_moe", "qwen3_moe")
    ),
    Variant("mistral3", "with Ministral 3", {"text_config": _MINISTRAL}),
    Variant("starcoder2", "with a window", {"sliding_window": WINDOW}),
    Variant("falcon", "alibi", {"alibi": True}),
    Variant("falcon", "as the newer ones", {"new_decoder_architecture": True}),
    Variant("gpt_bigcode", "many heads", {"multi_query": False, "num_key_value_heads": HEADS}),
    Variant("gemma3_text", "no window", {"layer_types": ["full_attention"] * LAYERS}),
    Variant("opt", "projected", {"word_embed_proj_dim": 32, "do_layer_norm_before": False}),
    Variant("stablelm", "qk norm", {"qk_layernorm": True, "use_parallel_residual": True}),
    Variant("lfm2", "with convolutions", {"layer_types": ["conv", "full_attention"] * 2}),
    Variant("cohere", "qk norm", {"use_qk_norm": True}),
    Variant("phi", "qk norm", {"qk_layernorm": True}),
)


def all_variants() -> Iterator[Variant]:
    """Every causal architecture of the installed transformers by its defaults, and `VARIANTS`;
    and models that see as well, of which the language model runs."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    for kind in sorted({*MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, *KINDS}):
        yield Variant(kind)
        yield from (variant for variant in VARIANTS if variant.kind == kind)


def configuration(variant: Variant) -> Any:
    """A tiny configuration. Raises whatever transformers does where there can be none."""
    from transformers import AutoConfig

    make: Any = AutoConfig.for_model
    known = make(variant.kind).to_dict()
    return make(variant.kind, **shrunk(known) | EXTRA.get(variant.kind, {}) | dict(variant.options))


def shrunk(known: Mapping[str, Any]) -> dict[str, Any]:
    """Of a configuration's own values those that make it tiny."""
    small: dict[str, Any] = {}
    for name, value in known.items():
        if name in SIZES and isinstance(value, int) and not isinstance(value, bool):
            small[name] = min(value, SIZES[name]) if value > 0 else value
        elif isinstance(value, list) and name in SIZES:
            small[name] = SIZES[name]
        elif name in SPECIAL:
            small[name] = SPECIAL[name]
        elif name in PER_LAYER and isinstance(value, list) and len(value) > LAYERS:
            small[name] = picked(value)
        elif name.endswith("_config") and isinstance(value, dict):
            small[name] = {k: v for k, v in value.items() if k not in DROPPED}
            small[name] |= shrunk(value) | EXTRA.get(value.get("model_type", ""), {})
    if "kv_lora_rank" in known:  # latent attention: heads are made of two parts
        small |= {"head_dim": SIZES["qk_rope_head_dim"], "num_key_value_heads": HEADS}
    return small


def picked(kinds: Sequence[Any]) -> list[Any]:
    """So many layers as a tiny model has, of every kind, in their order."""
    first = [kinds.index(kind) for kind in dict.fromkeys(kinds)][:LAYERS]
    others = [place for place in range(len(kinds)) if place not in first]
    return [kinds[place] for place in sorted(first + others[: LAYERS - len(first)])]
