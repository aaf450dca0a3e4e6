"""Queries and keys that are rotated on the way into the cache, in one launch with the values.

A rotation waits for its layer to attend: by then what is to be stored, and where, is known. If
the layer does anything else with what was to be rotated, it is rotated at once (`put_off.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from bot.engine.cuda.put_off import PutOff, computed
from bot.engine.kv_cache import KVCache

Rotate = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


class Rotation:
    """Queries and keys `[1, heads, T, dim]` to be turned by cos and sin `[1, T, rotated]`.

    `at_once` does that without a cache. Knows not who waits for it: nothing that goes round holds
    a step's memory.
    """

    def __init__(self, q: Tensor, k: Tensor, cos: Tensor, sin: Tensor, at_once: Rotate) -> None:
        self.given = q, k, cos, sin
        self._at_once = at_once
        self._turned: tuple[Tensor, Tensor] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still is to be done."""
        return self._turned is None

    def turned(self) -> tuple[Tensor, Tensor]:
        """Both, whichever is asked for first."""
        if self._turned is None:
            self._turned = self._at_once(*self.given)
        return self._turned


class Turned(PutOff):
    """The queries (`which` 0) or the keys (1) of a rotation."""

    def __init__(self, like: Tensor, rotation: Rotation, which: int) -> None:
        super().__init__(like)
        self.rotation, self.which = rotation, which

    def compute(self) -> Tensor:
        """See PutOff."""
        return self.rotation.turned()[self.which]


def put_off(
    q: Tensor, k: Tensor, cos: Tensor, sin: Tensor, at_once: Rotate
) -> tuple[Tensor, Tensor]:
    """Both, to be turned when the keys are stored, or when they are first looked at."""
    rotation = Rotation(q, k, cos, sin, at_once)
    return Turned(q, rotation, 0), Turned(k, rotation, 1)


def rotated_into(
    cache: KVCache, layer: int, places: Tensor, query: Tensor, key: Tensor, value: Tensor
) -> Tensor:
    """Store a layer's new keys and values, `[1, heads, T, …]`; its queries, to attend with.

    In one launch where they wait for their rotation, otherwise as they are.
    """
    if _wait(query, key) and _fits(cache, key, value):
        assert isinstance(query, Turned)
        return _in_one(cache, layer, places, query.rotation, value)
    cache.write(layer, places, key[0], value[0])
    plain: Tensor = computed(query)
    return plain


def _wait(query: Tensor, key: Tensor) -> bool:
    return (
        isinstance(query, Turned)
        and isinstance(key, Turned)
        and query.rotation is key.rotation
        and (query.which, key.which) == (0, 1)
        and query.rotation.is_open
    )


def _fits(cache: KVCache, key: Tensor, value: Tensor) -> bool:
    """Whether these are of the cache's kind, the numbers of a value side by side."""
    shape = cache.shape
    return (
        key.dtype == value.dtype == cache.dtype
        and key.device == value.device == cache.keys.device
        and value.stride(-1) == 1
        and key.shape == (1, shape.heads, key.shape[2], shape.head_dim)
        and value.shape == (1, shape.heads, key.shape[2], shape.width)
    )


def _in_one(
    cache: KVCache, layer: int, places: Tensor, rotation: Rotation, value: Tensor
) -> Tensor:
    from bot.engine.cuda import layer_kernels

    q, k, cos, sin = rotation.given
    heads, tokens, dim = q.shape[1:]
    of_keys, half = k.shape[1], cos.shape[-1] // 2
    turned = q.new_empty(1, tokens, heads, dim)
    layer_kernels.rotate_into[(heads + 2 * of_keys, tokens)](
        q,
        k,
        value,
        cos,
        sin,
        places,
        turned,
        cache.keys[layer],
        cache.values[layer],
        q.stride(1),
        q.stride(2),
        k.stride(1),
        k.stride(2),
        value.stride(1),
        value.stride(2),
        heads,
        of_keys,
        cache.keys.shape[2],
        HALF=half,
        DIM=dim,
        WIDTH=_power(max(half, dim - 2 * half)),
        VALUE=cache.shape.width,
        VALUES=_power(cache.shape.width),
        num_warps=1,
    )
    return turned.transpose(1, 2)


def _power(count: int) -> int:
    """The power of 2 that is not below."""
    return 1 << (count - 1).bit_length()
