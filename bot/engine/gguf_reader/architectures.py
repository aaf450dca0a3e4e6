"""Kinds of models in GGUF files: what each is to transformers, and its tensors' names there.

llama.cpp's converter changes some tensors, and its code knows some numbers that no file tells.
Here is what is known and proven; a file that says anything else of its model is refused, and so
is one that holds a tensor which would be left out: the model would answer, and not be itself.
Longer than most files: what is known of one kind is told by how it differs from the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.engine.gguf_reader.header import Header, Stored
from bot.engine.gguf_reader.refused import not_understood
from bot.engine.gguf_reader.told import Told, rotary

Undo = Literal["halves", "one", "heads"]  # see weights.py
FREQUENCIES = "rope_freqs.weight"  # by what each of a model's rotary frequencies is divided


@dataclass(frozen=True, slots=True)
class Tensor:
    """One of a model's: its name to transformers, how it is stored, and what is to be undone."""

    name: str
    stored: Stored
    undo: Undo | None


@dataclass(frozen=True, slots=True)
class _Kind:
    """`config` reads what the file says; `whole` and `layer` are the tensors' names, here and
    there; `biased` those of them that may have a bias; `undo` what was done to some."""

    config: Callable[[Header, Told], dict[str, Any]]
    layer: Mapping[str, str]
    biased: Collection[str] = ()
    whole: Mapping[str, str] | None = None
    layers: str = "model.layers"
    undo: Callable[[str], Undo | None] = lambda name: None


def described(header: Header) -> dict[str, Any]:
    """The model's config.json. Raises LoadError where the file says what is not understood."""
    kind = _kind(header)
    told = Told(header)
    config = kind.config(header, told)
    embedding = header.tensors.get("token_embd.weight")
    if embedding is None or len(embedding.shape) != 2:
        raise not_understood(header.file, "it holds no whole model (token_embd.weight is missing)")
    told.refuse_rest()
    config["vocab_size"] = embedding.shape[0]
    config["tie_word_embeddings"] = "output.weight" not in header.tensors
    for name in ("bos", "eos"):
        config[f"{name}_token_id"] = header.told.get(f"tokenizer.ggml.{name}_token_id")
    return config


def tensors_of(header: Header) -> list[Tensor]:
    """Every tensor of the model. Raises LoadError where one is not known."""
    kind = _kind(header)
    layers = Told(header).take("block_count")
    found = []
    for name, stored in header.tensors.items():
        if name != FREQUENCIES:
            theirs = _name(kind, name, layers)
            if theirs is None:
                raise not_understood(
                    header.file,
                    f"{name} is a tensor that is not known in {header.architecture} with {layers} "
                    "layers",
                )
            found.append(Tensor(theirs, stored, kind.undo(name)))
    return found


def _kind(header: Header) -> _Kind:
    kind = KINDS.get(header.architecture)
    if kind is None:
        raise not_understood(
            header.file,
            f"it is a model of the kind {header.architecture or 'that is not told'}, and known are "
            f"{', '.join(sorted(KINDS))}",
        )
    return kind


def _name(kind: _Kind, name: str, layers: int) -> str | None:
    """What transformers calls it; None where a model of so many layers has none of that name."""
    part, _, suffix = name.rpartition(".")
    layer = re.fullmatch(r"blk\.(\d+)\.(\w+)", part)
    ours = layer[2] if layer else part
    if suffix not in ("weight", "bias") or (suffix == "bias" and ours not in kind.biased):
        return None
    if layer is None:
        theirs = (kind.whole or WHOLE).get(part)
        return theirs and f"{theirs}.{suffix}"
    theirs = kind.layer.get(ours) if int(layer[1]) < layers else None
    return theirs and f"{kind.layers}.{layer[1]}.{theirs}.{suffix}"


WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
ATTENTION = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
}
MLP = {"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
NORMS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
HEAD_NORMS = {"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"}
FOUR_NORMS = {
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
NEOX_WHOLE = {
    "token_embd": "gpt_neox.embed_in",
    "output_norm": "gpt_neox.final_layer_norm",
    "output": "lm_head",
}
NEOX = {
    "attn_norm": "input_layernorm",
    "attn_qkv": "attention.query_key_value",
    "attn_output": "attention.dense",
    "ffn_norm": "post_attention_layernorm",
    "ffn_up": "mlp.dense_h_to_4h",
    "ffn_down": "mlp.dense_4h_to_h",
}


def _shape(told: Told, model_type: str) -> dict[str, Any]:
    """What all kinds tell of their size."""
    hidden, heads = told.take("embedding_length"), told.take("attention.head_count")
    return {
        "model_type": model_type,
        "max_position_embeddings": told.take("context_length"),
        "hidden_size": hidden,
        "num_hidden_layers": told.take("block_count"),
        "intermediate_size": told.take("feed_forward_length"),
        "num_attention_heads": heads,
    }


def _like_llama(header: Header, told: Told, model_type: str) -> dict[str, Any]:
    config = _shape(told, model_type)
    heads = config["num_attention_heads"]
    size = told.take("attention.key_length", config["hidden_size"] // heads)
    told.must_be("attention.value_length", size)
    told.must_be("rope.dimension_count", size)
    return config | {
        "num_key_value_heads": told.take("attention.head_count_kv", heads),
        "rms_norm_eps": told.take("attention.layer_norm_rms_epsilon"),
        "head_dim": size,
        "rope_parameters": rotary(header, told, FREQUENCIES, config["max_position_embeddings"]),
    }


def _llama(header: Header, told: Told) -> dict[str, Any]:
    """Mistral's, too, and whatever else computes the same."""
    return _like_llama(header, told, "llama") | {
        "attention_bias": "blk.0.attn_q.bias" in header.tensors,
        "mlp_bias": "blk.0.ffn_up.bias" in header.tensors,
    }


def _qwen2(header: Header, told: Told) -> dict[str, Any]:
    config = _like_llama(header, told, "qwen2")
    if config["head_dim"] * config["num_attention_heads"] != config["hidden_size"]:
        raise not_understood(header.file, "its heads are of another size than a Qwen 2 has")
    return config


def _qwen3(header: Header, told: Told) -> dict[str, Any]:
    bias = "blk.0.attn_q.bias" in header.tensors
    return _like_llama(header, told, "qwen3") | {"attention_bias": bias}


def _gemma(header: Header, told: Told) -> dict[str, Any]:
    return _like_llama(header, told, "gemma") | {"hidden_act": "gelu_pytorch_tanh"}


def _gemma2(header: Header, told: Told) -> dict[str, Any]:
    config = _like_llama(header, told, "gemma2")
    told.must_be("attention.sliding_window_pattern", 2)
    return config | {
        "sliding_window": told.take("attention.sliding_window"),
        "attn_logit_softcapping": told.take("attn_logit_softcapping", 50.0),
        "final_logit_softcapping": told.take("final_logit_softcapping", 30.0),
        "query_pre_attn_scalar": _scalar(config, layers_of_the_largest=46),
    }


def _gemma3(header: Header, told: Told) -> dict[str, Any]:
    config = _like_llama(header, told, "gemma3_text")
    local = {"rope_type": "default", "rope_theta": told.take("rope.freq_base_swa", 10_000.0)}
    told.must_be("attention.sliding_window_pattern", 6)
    positions = {"full_attention": config["rope_parameters"], "sliding_attention": local}
    return config | {
        "sliding_window": told.take("attention.sliding_window"),
        "layer_types": [
            "full_attention" if layer % 6 == 5 else "sliding_attention"
            for layer in range(config["num_hidden_layers"])
        ],
        "final_logit_softcapping": told.take("final_logit_softcapping", None),
        "query_pre_attn_scalar": _scalar(config, layers_of_the_largest=62),
        "rope_parameters": positions,
    }


def _scalar(config: Mapping[str, Any], layers_of_the_largest: int) -> int:
    """By what Gemma's attention is scaled. No file tells it; llama.cpp knows the largest model."""
    largest = config["num_hidden_layers"] == layers_of_the_largest
    size: int = config["head_dim"]
    return config["hidden_size"] // config["num_attention_heads"] if largest else size


def _neox(header: Header, told: Told) -> dict[str, Any]:
    config = _shape(told, "gpt_neox")
    size = config["hidden_size"] // config["num_attention_heads"]
    context = config["max_position_embeddings"]
    share = {"partial_rotary_factor": told.take("rope.dimension_count") / size}
    return config | {
        "layer_norm_eps": told.take("attention.layer_norm_epsilon"),
        "use_parallel_residual": told.take("use_parallel_residual"),
        "rope_parameters": rotary(header, told, FREQUENCIES, context) | share,
        "hidden_act": "gelu",
        "attention_bias": True,
    }


def _permuted(name: str) -> Undo | None:
    return "halves" if ".attn_q." in name or ".attn_k." in name else None


def _raised(name: str) -> Undo | None:
    return "one" if name.endswith("norm.weight") else None


def _by_kind(name: str) -> Undo | None:
    return "heads" if ".attn_qkv." in name else None


KINDS = {
    "llama": _Kind(_llama, NORMS | ATTENTION | MLP, {*ATTENTION, *MLP}, undo=_permuted),
    "qwen2": _Kind(_qwen2, NORMS | ATTENTION | MLP, {"attn_q", "attn_k", "attn_v"}),
    "qwen3": _Kind(_qwen3, NORMS | HEAD_NORMS | ATTENTION | MLP, ATTENTION.keys()),
    "gemma": _Kind(_gemma, NORMS | ATTENTION | MLP, undo=_raised),
    "gemma2": _Kind(_gemma2, FOUR_NORMS | ATTENTION | MLP, undo=_raised),
    "gemma3": _Kind(_gemma3, FOUR_NORMS | HEAD_NORMS | ATTENTION | MLP, undo=_raised),
    "gptneox": _Kind(
        _neox,
        NEOX,
        {*NEOX, "output_norm"},
        NEOX_WHOLE,
        "gpt_neox.layers",
        _by_kind,
    ),
}
