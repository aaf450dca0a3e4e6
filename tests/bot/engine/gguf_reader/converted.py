"""A checkpoint as a GGUF file, as llama.cpp's converter writes one; by gguf-py and its names.

Of the reader that is tested nothing is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import sentencepiece
import torch
from safetensors.torch import load_file
from transformers import AutoConfig

NAMES = {"gemma3_text": "gemma3", "gpt_neox": "gptneox", "mistral": "llama"}  # GGUF's
EPSILONS = ("rms_norm_eps", "layer_norm_eps")


def convert(folder: Path, file: Path, kind: str = "f32", **more: Any) -> Path:
    """Write the file, its matrices as `kind`; `more` is said of the model besides."""
    config: Any = AutoConfig.from_pretrained(folder)
    arch = NAMES.get(config.model_type, config.model_type)
    writer = gguf.GGUFWriter(file, arch)
    _describe(writer, config, arch)
    for name, value in more.items():
        add = writer.add_string if isinstance(value, str) else writer.add_float32
        add(f"{arch}.{name.replace('__', '.')}", value)
    pieces(writer, folder / "spiece.model", config.eos_token_id)
    enum = next(each for each, name in gguf.MODEL_ARCH_NAMES.items() if name == arch)
    names = gguf.get_tensor_name_map(enum, config.num_hidden_layers)
    for name, tensor in load_file(folder / "model.safetensors").items():
        part, _, suffix = name.rpartition(".")
        values = changed(name, tensor.float(), config).contiguous().numpy()
        place = f"{names.get_name(part)}.{suffix}"
        if values.ndim == 2 and kind != "f32" and values.shape[1] % 32 == 0:
            stored = gguf.GGMLQuantizationType[kind.upper()]
            packed = gguf.quants.quantize(values, stored)
            writer.add_tensor(place, packed, raw_dtype=stored)
        else:
            writer.add_tensor(place, values.astype(np.float32))
    for factors in frequencies(config):
        writer.add_tensor("rope_freqs.weight", factors.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _describe(writer: Any, config: Any, arch: str) -> None:
    heads = config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    rope = config.rope_parameters
    rope = rope.get("full_attention", rope)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope.get("rope_type") in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType(rope["rope_type"]))
        writer.add_rope_scaling_factor(rope["factor"])
    if rope.get("rope_type") == "yarn":
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if arch == "gptneox":
        writer.add_parallel_residual(config.use_parallel_residual)
        writer.add_layer_norm_eps(config.layer_norm_eps)
        writer.add_rope_dimension_count(int(size * rope["partial_rotary_factor"]))
        return
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_key_length(size)
    writer.add_value_length(size)
    if arch == "llama":
        writer.add_vocab_size(config.vocab_size)
        writer.add_rope_dimension_count(size)
    if arch in ("gemma2", "gemma3"):
        writer.add_sliding_window(config.sliding_window)
    if arch == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)


def pieces(writer: Any, file: Path, eos_id: int) -> None:
    """A SentencePiece model's pieces, as the library itself tells of them."""
    library = sentencepiece.SentencePieceProcessor(model_file=str(file))
    kinds = {
        gguf.TokenType.UNKNOWN: library.is_unknown,
        gguf.TokenType.CONTROL: library.is_control,
        gguf.TokenType.UNUSED: library.is_unused,
        gguf.TokenType.BYTE: library.is_byte,
    }
    every = range(library.vocab_size())
    writer.add_tokenizer_model("llama")
    writer.add_token_list([library.id_to_piece(n) for n in every])
    writer.add_token_scores([library.get_score(n) for n in every])
    writer.add_token_types(
        [next((k for k, is_it in kinds.items() if is_it(n)), gguf.TokenType.NORMAL) for n in every]
    )
    writer.add_eos_token_id(eos_id)
    writer.add_add_space_prefix(False)


def changed(name: str, tensor: torch.Tensor, config: Any) -> torch.Tensor:
    """What the converter does to a tensor before it is stored."""
    heads = config.num_attention_heads
    if config.model_type in ("llama", "mistral"):
        by = {"q_proj": heads, "k_proj": config.num_key_value_heads}
        for part, count in by.items():
            if part in name:
                split = tensor.reshape(count, 2, -1, *tensor.shape[1:])
                return split.swapaxes(1, 2).reshape(tensor.shape)
    if "gemma" in config.model_type and name.endswith("norm.weight"):
        return tensor + 1
    if "query_key_value" in name:
        split = tensor.reshape(heads, 3, -1, *tensor.shape[1:])
        return torch.cat([split[:, n].flatten(0, 1) for n in range(3)]).reshape(tensor.shape)
    return tensor


def frequencies(config: Any) -> Iterator[torch.Tensor]:
    """What a Llama 3 divides its frequencies by."""
    rope = config.rope_parameters
    if rope.get("rope_type") != "llama3":
        return
    dims = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    original, factor = rope["original_max_position_embeddings"], rope["factor"]
    factors = []
    for frequency in 1.0 / rope["rope_theta"] ** dims:
        length = 2 * math.pi / float(frequency)
        smooth = (original / length - low) / (high - low)
        between = 1 / ((1 - smooth) / factor + smooth)
        factors.append(1.0 if length < original / high else factor)
        if original / high <= length <= original / low:
            factors[-1] = between
    yield torch.tensor(factors)
