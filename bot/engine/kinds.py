"""What a configuration already says of a model that this engine lacks something for.

Everything else is found out by the model's first step (`warm_up.py`). Knows no weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.engine.errors import unsupported
from bot.engine.language_part import KINDS

if TYPE_CHECKING:
    from transformers import PretrainedConfig

ATTENDING = frozenset({"full_attention", "sliding_attention"})
# Kinds of layers, and what a cache of each token's keys and values does not hold of them.
STATES = frozenset({"conv", "hybrid", "hybrid_sliding", "linear_attention", "mamba", "recurrent"})
CHOSEN = {
    "chunked_attention": "attend within chunks of a text",
    "compressed_sparse_attention": "attend to tokens that they choose",
    "heavily_compressed_attention": "attend to tokens that they choose",
    "indexed_attention": "attend to tokens that they choose",
    "mlp": "do not attend at all",
    "moe": "do not attend at all",
}
RECURRENT = frozenset({"falcon_mamba", "mamba", "mamba2", "recurrent_gemma", "rwkv", "xlstm"})
WEAKENED = frozenset({"bloom", "mpt"})
STATE = "a state that goes along with the text, of which this engine keeps none"


def refuse_by_kind(config: PretrainedConfig) -> None:
    """Raises LoadError where the configuration alone shows that the model cannot be run."""
    kind = config.model_type
    if kind in RECURRENT:
        raise unsupported(f"{kind} has {STATE}")
    if kind in WEAKENED:
        raise unsupported(f"{kind} weakens its attention by distance (ALiBi), which is not built")
    if not isinstance(getattr(config, "max_position_embeddings", None), int):
        if hasattr(config, "text_config"):
            raise unsupported(
                f"{kind} also sees or hears, and of such models the language models of "
                f"{', '.join(KINDS)} are loaded by themselves"
            )
        raise unsupported(
            f"{kind} does not say how long a text may be (max_position_embeddings)", writes=False
        )
    if _is_uneven(config):
        raise unsupported(f"{kind} has layers whose keys differ in size; the cache has one")
    other = set(getattr(config, "layer_types", None) or ()) - ATTENDING
    if not other:
        return
    named = ", ".join(sorted(other))
    if other & STATES:
        raise unsupported(f"{kind} with layers of {named} has {STATE}")
    does = CHOSEN.get(min(other), "are of a kind that this engine does not know")
    raise unsupported(f"{kind} with layers of {named}, which {does}")


def _is_uneven(config: PretrainedConfig) -> bool:
    try:
        _ = getattr(config, "head_dim", None), getattr(config, "num_key_value_heads", None)
    except Exception:  # transformers': it is another one for some layers (Gemma 4)
        return True
    return False
