"""Rotary embeddings of queries and keys in one launch, where a model's own take a dozen.

transformers has one function for nearly all of its models, in each one's own module, where their
layers look it up: there another that computes the same takes its place. It is held against the
model's own on that very card first, and hands on to it whatever it is not made for.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.cuda.choice import WORTH, agrees
from bot.engine.cuda.clock import seconds_captured

log = logging.getLogger(__name__)

FUNCTION = "apply_rotary_pos_emb"  # transformers' name of it
WIDEST = 512  # numbers of a head

Rotate = Callable[..., tuple[Tensor, Tensor]]
"""Queries, keys `[1, heads, T, dim]`, cos, sin `[1, T, rotated]` -> both, turned."""


def fused(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    """See Rotate, for what `fits`. The results lie token by token."""
    from bot.engine.cuda import kernels

    tokens, dim = q.shape[-2:]
    half = cos.shape[-1] // 2
    outputs = [x.new_empty(1, tokens, x.shape[1], dim) for x in (q, k)]
    width = 1 << (max(half, dim - 2 * half) - 1).bit_length()
    kernels.rotate[(q.shape[1] + k.shape[1], tokens)](
        q,
        k,
        cos,
        sin,
        *outputs,
        q.stride(1),
        q.stride(2),
        k.stride(1),
        k.stride(2),
        q.shape[1],
        k.shape[1],
        HALF=half,
        DIM=dim,
        WIDTH=width,
        num_warps=1,
    )
    return outputs[0].transpose(1, 2), outputs[1].transpose(1, 2)


def fits(q: Any, k: Any, cos: Any, sin: Any, device: str = "cuda") -> bool:
    """Whether these are what the kernel reads: of a packed step, heads' numbers side by side."""
    return (
        all(isinstance(each, Tensor) for each in (q, k, cos, sin))
        and q.device.type == device
        and q.ndim == k.ndim == 4
        and len(q) == len(k) == 1
        and q.shape[2:] == k.shape[2:]
        and q.dtype == k.dtype == cos.dtype == sin.dtype
        and q.stride(-1) == k.stride(-1) == 1
        and cos.shape == sin.shape == (1, q.shape[2], cos.shape[-1])
        and cos.is_contiguous()
        and sin.is_contiguous()
        and cos.shape[-1] % 2 == 0
        and 0 < cos.shape[-1] <= q.shape[-1] <= WIDEST
        and q.shape[2] > 0
    )


def fuse_rotary(
    model: nn.Module,
    dtype: torch.dtype,
    measure: Callable[[Callable[[], object]], float] = seconds_captured,
    device: str = "cuda",
) -> bool:
    """Let a model's layers rotate in one launch, if that gives the same and is faster.

    What fails is told of in a line, and everything stays as it is. Returns whether it is done.
    """
    module: Any = sys.modules[type(model).__module__]
    theirs = getattr(module, FUNCTION, None)
    if theirs is None:
        return False
    if getattr(theirs, "of_kaiwa", False):  # another model of its kind was loaded before
        return True
    try:
        with torch.inference_mode():
            given = _example(model.config, dtype, device)
            expected, got = theirs(*given), fused(*given)
            if not all(agrees(mine, other) for mine, other in zip(got, expected, strict=True)):
                raise ArithmeticError("other numbers")
            times = [measure(partial(way, *given)) for way in (fused, theirs)]
    except Exception as error:
        why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        log.warning("rotary embeddings in one launch are not used: %s", why)
        return False
    log.info(
        "rotary embeddings: %.1f µs in one launch, %.1f µs otherwise", *(t * 1e6 for t in times)
    )
    if times[0] >= WORTH * times[1]:
        return False
    setattr(module, FUNCTION, _in_front_of(theirs, device))
    return True


def _in_front_of(theirs: Rotate, device: str) -> Rotate:
    """The fused one for what fits, and theirs for the rest."""

    @wraps(theirs)
    def rotate(q: Any, k: Any, cos: Any, sin: Any, *more: Any, **options: Any) -> Any:
        if not more and not options and fits(q, k, cos, sin, device):
            return fused(q, k, cos, sin)
        return theirs(q, k, cos, sin, *more, **options)

    marked: Any = rotate
    marked.of_kaiwa = True
    return rotate


def _example(config: Any, dtype: torch.dtype, device: str) -> tuple[Tensor, ...]:
    """Random queries and keys of a model's shape, and angles for all or, as it may be, a part."""
    heads = config.num_attention_heads
    dim = getattr(config, "head_dim", None) or config.hidden_size // heads
    of_keys = getattr(config, "num_key_value_heads", None) or heads
    settings = getattr(config, "rope_parameters", None) or {}
    rotated = int(dim * settings.get("partial_rotary_factor", 1.0))
    random = torch.Generator().manual_seed(dim)
    shapes = ((1, heads, 5, dim), (1, of_keys, 5, dim), (1, 5, rotated), (1, 5, rotated))
    return tuple(torch.randn(shape, generator=random).to(device, dtype) for shape in shapes)
