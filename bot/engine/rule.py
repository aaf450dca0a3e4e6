"""How one layer attends, as its model asks for it: scale, window, soft-capping, sinks.

A model says so twice: in what a layer hands to its attention function, which is what counts
here, and in its configuration. Where the two differ it would be computed otherwise than its
makers did, so it is refused. Knows nothing of caches and kernels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import PretrainedConfig

FULL, SLIDING = "full_attention", "sliding_attention"
# What layers hand on besides a rule, and what changes nothing here.
WITHOUT_EFFECT = frozenset(
    {
        "dropout",  # nothing is trained here
        "is_causal",  # refused where it is False
        "output_attentions",
        "output_hidden_states",
        "output_router_logits",
        "past_key_values",
        "position_embeddings",  # turned into the queries and keys already
        "position_ids",
        "use_cache",
    }
)


class UnsupportedModel(Exception):
    """The model attends in a way that this engine does not know.

    `reads`: it is made to read a whole text, not to go on with it.
    """

    def __init__(self, why: str, *, reads: bool = False) -> None:
        super().__init__(why)
        self.reads = reads


@dataclass(frozen=True, slots=True)
class Rule:
    """What each token's attention is made of.

    It sees the last `window` tokens, itself among them (None: all up to itself). A product of
    query and key, times `scale`, is drawn towards ±`softcap` by a tanh (Gemma 2). `sinks`,
    `[heads]`, take part in the softmax as the score of a token that has no value (gpt-oss).
    """

    scale: float
    window: int | None = None
    softcap: float | None = None
    sinks: Tensor | None = None


def rule_of(
    module: nn.Module, query: Tensor, scaling: float | None, options: Mapping[str, Any]
) -> Rule:
    """The rule that a layer hands on. Raises UnsupportedModel where it asks for something else."""
    given = {name: option for name, option in options.items() if option is not None}
    window, softcap, sinks = (given.pop(n, None) for n in ("sliding_window", "softcap", "s_aux"))
    unknown = given.keys() - WITHOUT_EFFECT
    if unknown or given.get("is_causal") is False:
        raise UnsupportedModel(f"{type(module).__name__} needs {min(unknown, default='no order')}")
    if window is not None and (not isinstance(window, int) or window < 1):
        raise UnsupportedModel(f"{type(module).__name__} has a window of {window}")
    heads, head_dim = query.shape[1], query.shape[-1]
    if sinks is not None and tuple(sinks.shape) != (heads,):
        raise UnsupportedModel(f"{type(module).__name__} has sinks that are not one a head")
    return Rule(head_dim**-0.5 if scaling is None else scaling, window, softcap, sinks)


def named_kinds(config: PretrainedConfig) -> tuple[str, ...]:
    """The kind of each layer that a configuration names, first to last."""
    kinds = getattr(config, "layer_types", None)
    if kinds is None and (named := getattr(config, "attention_layers", None)):  # GPT-Neo's names
        kinds = [SLIDING if kind == "local" else FULL for kind in named]
    if kinds is None:
        kinds = [SLIDING if _window(config) else FULL] * config.num_hidden_layers
    return tuple(kinds)


def named_windows(config: PretrainedConfig) -> tuple[int | None, ...]:
    """The window of each layer that a configuration names, first to last."""
    return tuple(_window(config) if kind == SLIDING else None for kind in named_kinds(config))


def _window(config: PretrainedConfig) -> int | None:
    used = getattr(config, "use_sliding_window", True)  # Qwen's name one that they do not use
    name = "window_size" if hasattr(config, "attention_layers") else "sliding_window"
    window: int | None = getattr(config, name, None) if used else None
    return window
