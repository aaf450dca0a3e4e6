"""Rotary embeddings of queries and keys in one launch, where a model's own take a dozen.

transformers has one function for nearly all of its models, in each one's own module, where their
layers look it up: there another that computes the same takes its place. It is held against the
model's own on that very card first, and hands on to it whatever it is not made for. Where that is
faster still, it is put off until keys and values are written into the cache (`rotary_write.py`).
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
from bot.engine.cuda.rotary_write import put_off, rotated_into
from bot.engine.kv_cache import CacheShape, KVCache

log = logging.getLogger(__name__)

FUNCTION = "apply_rotary_pos_emb"  # transformers' name of it
WIDEST = 512  # numbers of a head
TOKENS = 5  # that are tried

Rotate = Callable[..., tuple[Tensor, Tensor]]
"""Queries, keys `[1, heads, T, dim]`, cos, sin `[1, T, rotated]` -> both, turned."""
Undo = Callable[[], None]


def fused(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    """See Rotate, for what `fits`. The results lie token by token."""
    from bot.engine.cuda import layer_kernels

    tokens, dim = q.shape[-2:]
    half = cos.shape[-1] // 2
    outputs = [x.new_empty(1, tokens, x.shape[1], dim) for x in (q, k)]
    width = 1 << (max(half, dim - 2 * half) - 1).bit_length()
    layer_kernels.rotate[(q.shape[1] + k.shape[1], tokens)](
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
) -> Undo | None:
    """Let a model's layers rotate in one launch, if that gives the same and is faster, and write
    what they cache in the same one, if that is faster still.

    What fails is told of in a line, and everything stays as it is. None where nothing is done.
    """
    module: Any = sys.modules[type(model).__module__]
    theirs = getattr(module, FUNCTION, None)
    if theirs is None or getattr(theirs, "of_kaiwa", False):  # another of its kind was there first
        return None
    try:
        with torch.inference_mode():
            given = _example(model.config, dtype, device)
            cache = _cache(given[1])
            way, times = _fastest(theirs, cache, given, measure)
    except Exception as error:
        log.warning("rotary embeddings in one launch are not used: %s", _words(error))
        return None
    log.info("rotary embeddings and the cache's writes, µs: %s", _told(times))
    if way is theirs:
        return None
    setattr(module, FUNCTION, _in_front_of(theirs, way, device))
    return partial(setattr, module, FUNCTION, theirs)


def _fastest(
    theirs: Rotate,
    cache: KVCache,
    given: tuple[Tensor, ...],
    measure: Callable[[Callable[[], object]], float],
) -> tuple[Rotate, dict[str, float]]:
    """The way to take, and the seconds of each. Raises what the first one of ours does."""
    expected = _stored(theirs, cache, given)
    _must_agree(_stored(fused, cache, given), expected)
    late = partial(put_off, at_once=fused)
    ways: dict[str, Rotate] = {"otherwise": theirs, "in one launch": fused}
    try:
        _must_agree(_stored(late, cache, given), expected)
        ways["with the writes in one"] = late
    except Exception as error:
        log.warning("rotary embeddings are not written in one launch: %s", _words(error))
    places = _places(cache)
    times = {
        name: measure(partial(_store, way, cache, given, places)) for name, way in ways.items()
    }
    worth = {name: times[name] * (1.0 if name == "otherwise" else 1 / WORTH) for name in times}
    return ways[min(worth, key=lambda name: worth[name])], times


def _store(rotate: Rotate, cache: KVCache, given: tuple[Tensor, ...], places: Tensor) -> Tensor:
    """What a layer does: keys and values (here those before the turn) go into the cache."""
    return rotated_into(cache, 0, places, *rotate(*given), given[1])[0]


def _stored(rotate: Rotate, cache: KVCache, given: tuple[Tensor, ...]) -> list[Tensor]:
    """Queries, and the cache after that."""
    cache.keys.zero_()
    cache.values.zero_()
    queries = _store(rotate, cache, given, _places(cache))
    return [queries, cache.keys.clone(), cache.values.clone()]


def _must_agree(got: list[Tensor], expected: list[Tensor]) -> None:
    if not all(agrees(mine, other) for mine, other in zip(got, expected, strict=True)):
        raise ArithmeticError("other numbers")


def _in_front_of(theirs: Rotate, way: Rotate, device: str) -> Rotate:
    """That way for what fits, and theirs for the rest."""

    @wraps(theirs)
    def rotate(q: Any, k: Any, cos: Any, sin: Any, *more: Any, **options: Any) -> Any:
        if not more and not options and fits(q, k, cos, sin, device):
            return way(q, k, cos, sin)
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
    angles = (1, TOKENS, rotated)
    shapes = ((1, heads, TOKENS, dim), (1, of_keys, TOKENS, dim), angles, angles)
    return tuple(torch.randn(shape, generator=random).to(device, dtype) for shape in shapes)


def _cache(key: Tensor) -> KVCache:
    """One layer's, with room for these keys."""
    shape = CacheShape(1, key.shape[1], key.shape[3])
    return KVCache(shape, TOKENS + 2, key.dtype, key.device)


def _places(cache: KVCache) -> Tensor:
    return torch.arange(1, 1 + TOKENS, device=cache.device)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _told(times: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds * 1e6:.1f}" for name, seconds in times.items())
