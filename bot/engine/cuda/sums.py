"""Sums that wait for the normalisation that comes after them.

Where a layer adds to what it was given, the sum is put off: a normalisation that can takes it
over, and whatever else looks at it gets it computed. It begins at tensors that are marked, which
is done behind embeddings and dropouts (which do nothing here), and goes on from sum to sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.cuda.put_off import UNTYPED, PutOff

ADDITIONS = frozenset({UNTYPED.add, torch.add})
MOST = 3  # terms that are put off


class Sum(PutOff):
    """`(a + b) + c` of tensors of one shape, or of the first of them."""

    def __init__(self, like: Tensor, terms: tuple[Tensor, ...]) -> None:
        super().__init__(like)
        self.terms = terms

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """Plain tensors that it is the sum of, from left to right."""
        return self.terms if self.is_open else (self.value(),)

    def settle(self, value: Tensor) -> None:
        """See PutOff."""
        super().settle(value)
        self.terms = ()  # their memory is not needed any more

    def compute(self) -> Tensor:
        """See PutOff."""
        total, *others = self.terms
        for other in others:
            total = total + other
        self.terms = ()
        return total

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """A further addition is put off as well; see PutOff."""
        if func in ADDITIONS and not kwargs and len(args) == 2 and _alike(*args):
            return added(*args)
        if func is nn.functional.dropout and not (kwargs or {}).get("training", True):
            return args[0]
        return super().__torch_function__(func, types, args, kwargs)


def added(x: Tensor, y: Tensor) -> Tensor:
    """The sum of both, put off; rounded as if each addition were done on its own."""
    more, fewer = sorted((_parts(x), _parts(y)), key=len, reverse=True)  # x + (a + b): (a + b) + x
    if len(more) == MOST or len(fewer) > 1:
        more, fewer = (_value(x),), (_value(y),)
    return Sum(x, more + fewer)


def _parts(x: Tensor) -> tuple[Tensor, ...]:
    return x.parts if isinstance(x, Sum) else (_value(x),)


def _value(x: Tensor) -> Tensor:
    return x.value() if isinstance(x, PutOff) else x


def _alike(x: Any, y: Any) -> bool:
    return (
        isinstance(x, Tensor)
        and isinstance(y, Tensor)
        and x.shape == y.shape
        and x.dtype == y.dtype
        and x.device == y.device
    )


def mark(model: nn.Module) -> Callable[[], None]:
    """Let sums begin behind a model's embedding and dropouts. Returns what takes that back."""

    def begin(module: nn.Module, given: Any, out: Tensor) -> Tensor:
        plain = type(out) is Tensor and not module.training
        return Sum(out, (out,)) if plain else out

    untyped: Any = model
    beginnings = [untyped.get_input_embeddings()]
    beginnings += [module for module in model.modules() if isinstance(module, nn.Dropout)]
    hooks = [module.register_forward_hook(begin) for module in beginnings]

    def take_back() -> None:
        for hook in hooks:
            hook.remove()

    return take_back
