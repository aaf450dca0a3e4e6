"""A model read from a GGUF file is the model that the file was made of, or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.engine.gguf_reader.architectures import described
from bot.engine.gguf_reader.header import Header, Stored
from tests.bot.engine.gguf_reader.converted import convert
from tests.model_sweep.compare import compared, write
from tests.model_sweep.tiny_configs import HEAD, LAYERS, Variant

ROPE = {"rope_theta": 500.0}
LLAMA3: dict[str, Any] = {
    "rope_type": "llama3",
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
SCALAR = {"query_pre_attn_scalar": HEAD}
SIX = ["sliding_attention"] * 5 + ["full_attention"]
GEMMA3 = {
    "num_hidden_layers": 6,
    "layer_types": SIX,
    "rope_parameters": {
        "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
    },
}
KINDS = (
    Variant("llama", "tied", {"tie_word_embeddings": True, "rope_parameters": ROPE}),
    Variant("llama", "3", {"rope_parameters": ROPE | LLAMA3}),
    Variant("llama", "biases", {"attention_bias": True, "mlp_bias": True}),
    Variant("qwen2", "yarn", {"rope_parameters": ROPE | YARN}),
    Variant("qwen3"),
    Variant("gemma", "", {"hidden_act": "gelu_pytorch_tanh"}),
    Variant("gemma2", "", SCALAR),
    Variant("gemma3_text", "", SCALAR | GEMMA3),
    Variant("gpt_neox", "one after the other", {"use_parallel_residual": False}),
)


@pytest.mark.parametrize("variant", KINDS, ids=str)
async def test_a_file_answers_as_the_checkpoint_that_it_was_made_of(
    variant: Variant, tmp_path: Path
) -> None:
    """Tokens and logits, in float32: conversations at once, prefixes shared, prompts in chunks."""
    assert LAYERS == 4
    write(variant, tmp_path)
    file = convert(tmp_path, tmp_path.with_suffix(".gguf"))
    assert await compared(tmp_path, file) == ""


@pytest.mark.parametrize(("layers", "scalar"), [(26, 256), (46, 144)])
def test_the_largest_gemma_scales_its_attention_otherwise(layers: int, scalar: int) -> None:
    """No file tells it: the sizes of Gemma 2 27B, and those of a smaller one."""
    told = {
        "context_length": 8192,
        "embedding_length": 4608 if layers == 46 else 2304,
        "block_count": layers,
        "feed_forward_length": 9216,
        "attention.head_count": 32 if layers == 46 else 8,
        "attention.layer_norm_rms_epsilon": 1e-6,
        "attention.key_length": 128 if layers == 46 else 256,
        "attention.sliding_window": 4096,
    }
    said = {f"gemma2.{name}": value for name, value in told.items()}
    embedding = {"token_embd.weight": Stored((256, 4608), 0, 0, 0)}
    header = Header(Path("x.gguf"), {"general.architecture": "gemma2"} | said, embedding)
    assert described(header)["query_pre_attn_scalar"] == scalar
