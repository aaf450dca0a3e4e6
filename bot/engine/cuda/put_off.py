"""Tensors that are computed when they are first looked at.

transformers' layers compute step by step what one kernel can do at once: rotate, then store; add,
then normalise. What comes first is put off, and whoever needs it next either takes it over as it
is, or gets it computed in the way that it would have been. So nothing in a layer's own code is
changed, and whatever else a model does with such a tensor is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

UNTYPED: Any = Tensor
KNOWN = frozenset(  # what can be told without computing it
    getattr(UNTYPED, name).__get__
    for name in ("shape", "dtype", "device", "ndim", "is_meta", "is_cuda", "requires_grad")
) | {UNTYPED.size, UNTYPED.dim}


class PutOff(Tensor):
    """A tensor of the shape and kind of `like`, whose numbers `compute` gives, once."""

    _value: Tensor | None

    @staticmethod
    def __new__(cls: type[PutOff], like: Tensor, *_: Any) -> PutOff:
        """A tensor without memory."""
        made: PutOff = UNTYPED._make_wrapper_subclass(
            cls, like.shape, dtype=like.dtype, device=like.device
        )
        return made

    def __init__(self, like: Tensor) -> None:
        super().__init__()
        self._value = None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be computed."""
        return self._value is None

    def settle(self, value: Tensor) -> None:
        """Here is what it would have been."""
        self._value = value

    def compute(self) -> Tensor:
        """The numbers, as they would have been computed at first."""
        raise NotImplementedError

    def value(self) -> Tensor:
        """The plain tensor."""
        if self._value is None:
            self._value = self.compute()
        return self._value

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Whatever else is done with it is done with its numbers."""
        if func in KNOWN:
            with torch._C.DisableTorchFunctionSubclass():
                return func(*args, **(kwargs or {}))
        return func(*computed(args), **computed(dict(kwargs or {})))

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # torch types it as switched off
        cls,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """The same, where an operation comes from within torch."""
        return func(*computed(args), **computed(dict(kwargs or {})))


def computed(given: Any) -> Any:
    """What was given to an operation, with plain tensors."""
    if isinstance(given, PutOff):
        return given.value()
    if isinstance(given, (tuple, list)) and not isinstance(given, torch.Size):
        return type(given)(computed(each) for each in given)
    if isinstance(given, dict):
        return {name: computed(each) for name, each in given.items()}
    return given
