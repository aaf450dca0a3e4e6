"""Whether a model attends through the engine's own function, looked at while it is warmed up.

A model that attends by itself would run, and answer as if each token stood alone: some
architectures in transformers have kept their own code. So what each layer does is noted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.attention import PackedStep
from bot.engine.batch import Batch
from bot.engine.kv_cache import KVCache
from bot.engine.rule import Rule, UnsupportedModel


class WatchedStep(PackedStep):
    """A step whose layers are looked at. Raises UnsupportedModel where one does otherwise."""

    def __init__(self, cache: KVCache, batch: Batch) -> None:
        super().__init__(cache, batch)
        self._returned: dict[int, tuple[Tensor, Tensor]] = {}
        self._windows: dict[int, int | None] = {}  # of the layers that have attended

    def update(self, key: Tensor, value: Tensor, layer: int, *rest: Any) -> tuple[Tensor, Tensor]:
        """See PackedStep."""
        if layer in self._returned:
            raise UnsupportedModel(f"layer {layer} fills its cache twice")
        if layer not in range(self.cache.shape.layers):
            raise UnsupportedModel(f"it has a layer {layer} more than its configuration names")
        self._returned[layer] = super().update(key, value, layer, *rest)
        return self._returned[layer]

    def note_attention(
        self,
        module: nn.Module,
        layer: int,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None,
        rule: Rule,
    ) -> None:
        """See PackedStep."""
        if layer in self._windows:
            raise UnsupportedModel(f"layer {layer} attends twice")
        shape = self.cache.shape
        sizes = (key.shape[1], key.shape[-1], value.shape[-1])
        if sizes != (shape.heads, shape.head_dim, shape.width):
            raise UnsupportedModel(f"layer {layer} has keys of another size than the others")
        self._windows[layer] = rule.window
        if mask is not None:
            raise UnsupportedModel(f"layer {layer} attends with a mask of its own")
        returned = self._returned.get(layer)
        if returned is not None and (expand := getattr(module, "expand_kv", None)):
            returned = expand(*returned)  # latent attention's, each token for itself
        if returned is None or not _same(key, returned[0]) or not _same(value, returned[1]):
            raise UnsupportedModel(f"layer {layer} attends to other keys than it caches")

    def check(self, windows: Sequence[int | None]) -> None:
        """After the forward: every layer has attended, each with the window that its model's
        configuration names. Raises UnsupportedModel."""
        missing = set(range(self.cache.shape.layers)) - self._windows.keys()
        if missing:
            raise UnsupportedModel(
                f"layer {min(missing)} attends in a way of its own, by code of its own"
            )
        for layer, window in enumerate(windows):
            if self._windows.get(layer) != window:
                raise UnsupportedModel(
                    f"layer {layer} has a window of {window} and hands on {self._windows[layer]}"
                )


def _same(given: Tensor, returned: Tensor) -> bool:
    return given is returned or torch.equal(given, returned)
