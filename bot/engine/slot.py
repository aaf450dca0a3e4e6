"""A conversation's region of the key-value cache, and what to do with its memory. No torch.

The memory itself is `kv_cache.py`'s; who owns which region is decided in `slots.py`.
"""

from __future__ import annotations

from collections.abc import Sequence as Tokens
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Slot:
    """A region of the cache. `id` is never used twice; `capacity` is in tokens.

    `asked`: a request has run in it; otherwise it was only prefilled ahead. `forgotten`: what is
    in it is dropped as soon as nothing runs in it. `candidate`: as in `GenerationRequest`.
    """

    id: int
    conversation: str
    capacity: int
    tokens: list[int] = field(default_factory=list)  # whose keys and values are in it
    in_use: bool = True
    asked: bool = False
    last_used: int = 0
    forgotten: bool = False  # something in it was deleted: not to be kept past its use
    candidate: int = 0


@dataclass(frozen=True, slots=True)
class Placement:
    """What to do with memory before a sequence runs, in order.

    Give slot `slot` room for `capacity` tokens, keeping its first `keep`; then copy tokens
    `keep` to `matched` from slot `source`, where there is one.
    """

    slot: int
    capacity: int
    keep: int
    matched: int
    source: int | None


def common_prefix(a: Tokens[int], b: Tokens[int], limit: int) -> int:
    """The length of the longest common prefix, at most `limit`."""
    limit = min(limit, len(a), len(b))
    step = 64  # compared slice by slice: that runs in C
    start = 0
    while start < limit and list(a[start : start + step]) == list(b[start : start + step]):
        start += step
    for index in range(start, min(start + step, limit)):
        if a[index] != b[index]:
            return index
    return limit
