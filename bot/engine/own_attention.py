"""Architectures that have kept their own code for attending, handed over to the engine's.

transformers' older models attend in a method of the layer, where newer ones call the function
that their configuration names. What such a layer does before and after stays its own; what it
does in between is written here as what `attention.py` is asked for. Only classes that are named
here are touched: any other's first step shows that it attends by itself, and it is refused.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache as once
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from bot.engine.attention import IMPLEMENTATION, packed_attention
from bot.engine.rule import UnsupportedModel

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Tables by which a model chooses its layers' class, from the name of a way to attend.
TABLES = {
    "falcon": "FALCON_ATTENTION_CLASSES",
    "gpt_neo": "GPT_NEO_ATTENTION_CLASSES",
    "gptj": "GPTJ_ATTENTION_CLASSES",
}


def open_tables(kind: str) -> None:
    """Let an architecture be built whose table would not know the engine's way."""
    if kind in TABLES:
        modeling: Any = importlib.import_module(f"transformers.models.{kind}.modeling_{kind}")
        table = getattr(modeling, TABLES[kind])
        table[IMPLEMENTATION] = table["eager"]


def hand_over(model: PreTrainedModel) -> None:
    """Make the layers of such an architecture attend through the engine."""
    for module in model.modules():
        theirs: Any = type(module)
        if theirs.__name__ in SCALES.keys() | FORWARDS.keys():
            module.__class__ = _handed_over(theirs)


@once
def _handed_over(theirs: Any) -> type[nn.Module]:
    """The same class, of the same name, with the engine's code in place of its own."""
    forward = FORWARDS.get(theirs.__name__)
    code: dict[str, Any] = {"forward": forward} if forward else {"_attn": _attend}
    return type(theirs.__name__, (theirs,), {"__module__": theirs.__module__, **code})


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, None]:
    """In place of a layer's `_attn`: `[1, heads, T, head_dim]` to the same."""
    scale = SCALES[type(module).__name__](module)
    window = None
    if hasattr(module, "layer_id"):  # GPT-Neo's
        module.layer_idx = module.layer_id
        window = module.config.window_size if module.attention_type == "local" else None
    query = query.to(value.dtype)  # positions are float32 in some
    attended, _ = packed_attention(
        module, query, key, value, mask, scaling=scale, sliding_window=window
    )
    return attended.transpose(1, 2), None


def _falcon(
    module: Any,
    hidden_states: Tensor,  # [1, T, width]
    alibi: Tensor | None,
    attention_mask: Tensor | None,
    position_ids: Tensor | None = None,
    layer_past: Any = None,
    position_embeddings: tuple[Tensor, Tensor] | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    if alibi is not None or position_embeddings is None:
        raise UnsupportedModel("its attention is weakened by distance (ALiBi)")
    rotary: Any = importlib.import_module(type(module).__module__)
    split = module._split_heads(module.query_key_value(hidden_states))
    query, key, value = (each.transpose(1, 2) for each in split)  # [1, heads, T, head_dim]
    if module.new_decoder_architecture:  # keys are repeated for the queries that share them
        key, value = (each[:, :: module.num_heads // module.num_kv_heads] for each in (key, value))
    query, key = rotary.apply_rotary_pos_emb(query, key, *position_embeddings)
    key, value = layer_past.update(key, value, module.layer_idx)
    attended, _attended = packed_attention(module, query, key, value, attention_mask)
    return module.dense(attended.flatten(2)), None


def _xglm(
    module: Any,
    hidden_states: Tensor,  # [1, T, width]
    key_value_states: Tensor | None = None,
    past_key_values: Any = None,
    attention_mask: Tensor | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    if key_value_states is not None:
        raise UnsupportedModel("it attends to an encoder")
    query, key, value = (
        made(hidden_states).unflatten(-1, (-1, module.head_dim)).transpose(1, 2)
        for made in (module.q_proj, module.k_proj, module.v_proj)
    )
    key, value = past_key_values.update(key, value, module.layer_idx)
    attended, _attended = packed_attention(
        module, query, key, value, attention_mask, scaling=module.scaling
    )
    return module.out_proj(attended.flatten(2)), None


# How the layers that attend in `_attn` scale the products of queries and keys.
SCALES: dict[str, Callable[[Any], float]] = {
    "CodeGenAttention": lambda layer: 1 / layer.scale_attn,
    "GPTJAttention": lambda layer: 1 / layer.scale_attn,
    "GPTNeoSelfAttention": lambda layer: 1.0,
    "GPTNeoXJapaneseAttention": lambda layer: 1 / layer.norm_factor,
}
# What runs in place of the layers whose code cannot be told apart.
FORWARDS: dict[str, Callable[..., tuple[Tensor, None]]] = {
    "FalconAttention": _falcon,
    "XGLMAttention": _xglm,
}
