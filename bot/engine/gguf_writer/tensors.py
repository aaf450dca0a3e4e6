"""The tensors of a GPT-NeoX, from a checkpoint to GGUF: names, order, and how each is stored.

Each is read, quantised and written before the next is. `gguf` is the library, where it is passed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

EMBEDDING = "gpt_neox.embed_in.weight"
OUTPUT = ("embed_out.weight", "lm_head.weight")  # older checkpoints', and transformers 5's
BLOCK = 32  # weights of a row that are quantised together
LAYER = {  # GGUF's names of a layer's parts, and transformers'
    "attn_norm": "input_layernorm",
    "attn_qkv": "attention.query_key_value",
    "attn_output": "attention.dense",
    "ffn_norm": "post_attention_layernorm",
    "ffn_up": "mlp.dense_h_to_4h",
    "ffn_down": "mlp.dense_4h_to_h",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One of a file's: where it comes from (nothing: zeros), and how it is stored."""

    name: str
    source: str | None
    shape: tuple[int, ...]
    kind: str


def rows_of(weights: Mapping[str, Any]) -> int:
    """How many tokens the model has rows for."""
    return _shape(weights, EMBEDDING)[0]


def tensors_of(config: Any, weights: Mapping[str, Any], kind: str) -> list[Tensor]:
    """Every tensor, in the order of the file, with matrices as `kind`.

    `weights` are the opened files, by the name of each tensor. Raises KeyError where one is
    missing.
    """
    return list(_tensors(config, weights, kind))


def size(gguf: Any, tensor: Tensor) -> int:
    """A tensor's bytes in the file."""
    shape, dtype = _stored(gguf, tensor)
    return math.prod(shape) * dtype.itemsize


def write_tensors(
    gguf: Any, writer: Any, heads: int, tensors: Sequence[Tensor], weights: Mapping[str, Any]
) -> None:
    """Write the header, what was added to it, and every tensor."""
    kinds = gguf.GGMLQuantizationType
    for tensor in tensors:
        shape, dtype = _stored(gguf, tensor)
        kind = kinds[tensor.kind.upper()]
        writer.add_tensor_info(tensor.name, shape, dtype, size(gguf, tensor), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in tensors:
        if tensor.source is None:
            values = torch.zeros(tensor.shape)
        else:
            values = weights[tensor.source].get_tensor(tensor.source).to(torch.float32)
        if ".attn_qkv." in tensor.name:  # by head and then q, k, v; GGUF: q, k, v, then by head
            by_head = values.reshape(heads, 3, -1, *values.shape[1:])
            values = by_head.transpose(0, 1).reshape(values.shape)
        array = values.contiguous().numpy()
        stored = gguf.quants.quantize(array, kinds[tensor.kind.upper()])
        writer.write_tensor_data(np.ascontiguousarray(stored))


def _shape(weights: Mapping[str, Any], name: str) -> tuple[int, ...]:
    return tuple(weights[name].get_slice(name).get_shape())


def _tensors(config: Any, weights: Mapping[str, Any], kind: str) -> Iterator[Tensor]:
    def tensor(name: str, source: str, kind: str = kind) -> Tensor:
        shape = _shape(weights, source)
        if len(shape) == 1:
            return Tensor(name, source, shape, "f32")
        whole_blocks = shape[-1] % BLOCK == 0
        return Tensor(name, source, shape, kind if whole_blocks or kind[0] != "q" else "f16")

    yield tensor("token_embd.weight", EMBEDDING)
    for layer in range(config.num_hidden_layers):
        for name, theirs in LAYER.items():
            source = f"gpt_neox.layers.{layer}.{theirs}"
            yield tensor(f"blk.{layer}.{name}.weight", f"{source}.weight")
            if f"{source}.bias" in weights:
                yield tensor(f"blk.{layer}.{name}.bias", f"{source}.bias")
            else:  # attention without biases; llama.cpp wants them all
                rows = _shape(weights, f"{source}.weight")[:1]
                yield Tensor(f"blk.{layer}.{name}.bias", None, rows, "f32")
    for part in ("weight", "bias"):
        yield tensor(f"output_norm.{part}", f"gpt_neox.final_layer_norm.{part}")
    # What is rounded here goes straight into the choice of a token.
    output = next((name for name in OUTPUT if name in weights), EMBEDDING)
    yield tensor("output.weight", output, "q8_0" if kind == "q4_0" else kind)


def _stored(gguf: Any, tensor: Tensor) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """How a tensor lies in the file."""
    if tensor.kind in ("f32", "f16"):
        return tensor.shape, np.dtype({"f32": "float32", "f16": "float16"}[tensor.kind])
    kind = gguf.GGMLQuantizationType[tensor.kind.upper()]
    return tuple(gguf.quant_shape_to_byte_shape(tensor.shape, kind)), np.dtype("uint8")
