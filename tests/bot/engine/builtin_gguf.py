"""The built-in model as a GGUF file in float32, which llama.cpp's server reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import sentencepiece
import torch
from safetensors.torch import load_file
from transformers import AutoConfig

LAYER = {  # GGUF's names of a layer's parts, and transformers'
    "attn_norm": "input_layernorm",
    "attn_qkv": "attention.query_key_value",
    "attn_output": "attention.dense",
    "ffn_norm": "post_attention_layernorm",
    "ffn_up": "mlp.dense_h_to_4h",
    "ffn_down": "mlp.dense_4h_to_h",
}


def write_gguf(folder: Path, file: Path) -> None:
    """Write the GPT-NeoX checkpoint in `folder`, with its SentencePiece model, to `file`."""
    config: Any = AutoConfig.from_pretrained(folder)
    writer = gguf.GGUFWriter(file, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.GPTNEOX])
    heads = config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_rope_dimension_count(config.hidden_size // heads)  # all of a head is rotated
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_parallel_residual(config.use_parallel_residual)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    _add_vocabulary(writer, folder / "spiece.model", config.eos_token_id)
    weights = load_file(folder / "model.safetensors")
    embedding = weights["gpt_neox.embed_in.weight"]
    tensors = {
        "token_embd.weight": embedding,
        "output.weight": weights.get("embed_out.weight", embedding),
    }
    for kind in ("weight", "bias"):
        tensors[f"output_norm.{kind}"] = weights[f"gpt_neox.final_layer_norm.{kind}"]
        for layer in range(config.num_hidden_layers):
            for name, theirs in LAYER.items():
                tensor = weights[f"gpt_neox.layers.{layer}.{theirs}.{kind}"]
                if name == "attn_qkv":  # by head and then q, k, v; GGUF: q, k, v and then by head
                    by_head = tensor.reshape(heads, 3, -1, *tensor.shape[1:])
                    tensor = by_head.transpose(0, 1).reshape(tensor.shape)
                tensors[f"blk.{layer}.{name}.{kind}"] = tensor
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor.to(torch.float32).contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter, file: Path, eos_id: int) -> None:
    """The pieces of a SentencePiece model; llama.cpp calls a unigram one "t5"."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(file))
    ids = range(pieces.vocab_size())
    kinds = gguf.TokenType

    def kind(token_id: int) -> int:
        if pieces.is_unknown(token_id):
            return int(kinds.UNKNOWN)
        if pieces.is_control(token_id):
            return int(kinds.CONTROL)
        return int(kinds.BYTE if pieces.is_byte(token_id) else kinds.NORMAL)

    writer.add_tokenizer_model("t5")
    writer.add_token_list([pieces.id_to_piece(i) for i in ids])
    writer.add_token_scores([pieces.get_score(i) for i in ids])
    writer.add_token_types([kind(i) for i in ids])
    writer.add_eos_token_id(eos_id)
    writer.add_unk_token_id(pieces.unk_id())
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_remove_extra_whitespaces(False)
