"""Attention of a packed batch over the cache, through transformers' own two hooks.

A step is one forward of shape `[1, T]`: the chunks of all its sequences, one after the other.
transformers' layers call `PackedStep.update` where they would fill a cache, and the function
registered as `IMPLEMENTATION` where they would attend: there the cache is filled. A name without a
mask function gets no mask from transformers; the batch's own ranges say what each token may see.
Which step it is, the function knows by where it is called: not every layer hands options on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache as once
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.batch import Batch
from bot.engine.cuda.rotary_write import rotated_into
from bot.engine.in_turn import attend_in_turn, chunks_in_turn
from bot.engine.kv_cache import KVCache
from bot.engine.rule import Rule, UnsupportedModel, rule_of
from bot.engine.varlen import attend_at_once, supports_varlen
from bot.engine.vendors import load_modeling, transformers, uncollected

IMPLEMENTATION = "kaiwa_packed"

Attend = Callable[[KVCache, Batch, int, Tensor, Rule], Tensor]
"""Cache, batch, layer, queries `[heads, T, head_dim]`, its rule -> `[T, heads, head_dim]`."""


class PackedStep:
    """One step's batch; stands in for transformers' cache and is handed on to attention."""

    is_compileable = False

    def __init__(self, cache: KVCache, batch: Batch) -> None:
        self.cache = cache
        self.batch = batch
        self.attend = choose_attention(cache)

    def update(self, key: Tensor, value: Tensor, layer: int, *_: Any) -> tuple[Tensor, Tensor]:
        """Hand back what a layer would cache: its new tokens' alone.

        They are stored where it attends, in the form that attention takes: multi-head latent
        attention caches something smaller, and unfolds it each time.
        """
        return key, value

    def note_attention(
        self,
        module: nn.Module,
        layer: int,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None,
        rule: Rule,
    ) -> None:
        """Called before a layer attends, with what it was given; `watched.py` looks at it."""

    def get_seq_length(self, layer: int = 0) -> int:
        """transformers asks to number positions; the runner passes them, so any answer does."""
        return 0


_running: ContextVar[PackedStep | None] = ContextVar("running", default=None)


@contextmanager
def running(step: PackedStep) -> Iterator[PackedStep]:
    """What attends meanwhile, on this thread, attends for this step."""
    token = _running.set(step)
    try:
        yield step
    finally:
        _running.reset(token)


def packed_attention(
    module: nn.Module,
    query: Tensor,  # [1, heads, T, head_dim]
    key: Tensor,  # [1, kv_heads, T, head_dim]
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """Each chunk of the step that is `running` attends to its own slot; `[1, T, heads, head_dim]`.

    Raises UnsupportedModel for what would silently come out wrong.
    """
    packed = _running.get()
    if packed is None:
        raise UnsupportedModel(f"{type(module).__name__} attends outside of a step")
    if getattr(module, "is_causal", None) is False:
        raise UnsupportedModel(f"{type(module).__name__} looks at later tokens, too", reads=True)
    layer = getattr(module, "layer_idx", None)
    if not isinstance(layer, int):
        raise UnsupportedModel(f"{type(module).__name__} does not know its layer's number")
    rule = rule_of(module, query, scaling, options)
    packed.note_attention(module, layer, key, value, attention_mask, rule)
    query = rotated_into(packed.cache, layer, packed.batch.places, query, key, value)
    return packed.attend(packed.cache, packed.batch, layer, query[0], rule)[None], None


def choose_attention(cache: KVCache) -> Attend:
    """The kernel for a cache: one for the whole batch where the device and type have it."""
    if supports_varlen(cache.device, cache.dtype, cache.shape.head_dim):
        return attend_at_once
    if cache.device.type == "cpu" and cache.dtype == torch.bfloat16:
        return attend_on_cpu
    return attend_in_turn


def attend_on_cpu(cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule) -> Tensor:
    """The parts of one row in one compiled loop, chunks of prompts in turn; for bfloat16."""
    output = chunks_in_turn(cache, batch, layer, query, rule)
    _attend_decoding()(cache, batch, layer, query, rule, output)
    return output


@once
def _attend_decoding() -> Callable[..., None]:
    with uncollected():  # half a second that a GPU does not need
        from bot.engine.cpu.attention import attend_decoding

    return attend_decoding


def register() -> None:
    """Make the function known to transformers under its name. Doing so again is harmless."""
    load_modeling()
    transformers().AttentionInterface.register(IMPLEMENTATION, packed_attention)
