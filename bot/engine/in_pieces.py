"""What torch does while a model is built and quantised, in less memory and less time.

A mode of torch's sees each operation: weights are quantised a piece at a time, and what tensors
without memory come to is told without loading torch's compiler. It knows no checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

PIECE = 1 << 17  # weights quantised at once; a multiple of every block size of bitsandbytes
CPU, META = torch.device("cpu"), torch.device("meta")


class QuantizingInPieces(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's
    """bitsandbytes' 4-bit quantiser on the CPU, a piece at a time, while this is entered.

    Whole, its intermediate results take twenty bytes a weight and stay in no cache. Blocks are
    quantised independently of each other, so the numbers are the same. `seconds` adds up;
    `unquantised` are the layers that were left as they are.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch would load its compiler to tell it to stay away; there is none here."""
        return False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.seconds = 0.0
        self.unquantised: frozenset[str] = frozenset()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """What torch calls for each operation."""
        shape = shape_alone(func, args, kwargs or {})
        if shape is not None:
            return shape
        if str(func) == "bitsandbytes.quantize_4bit.default" and args[0].device.type == "cpu":
            began = time.monotonic()
            weights, *how = args
            pieces = [func(piece, *how) for piece in weights.reshape(-1).split(PIECE)]
            packed, absmax = (torch.cat(parts) for parts in zip(*pieces, strict=True))
            self.seconds += time.monotonic() - began
            return packed, absmax
        return func(*args, **(kwargs or {}))


aten: Any = torch.ops.aten
FREQUENCIES = {  # how most models make those of their positions
    aten.arange.start_step,
    aten.div.Tensor,
    aten.pow.Scalar,
    aten.reciprocal.default,
    aten.mul.Tensor,
}


def shape_alone(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> torch.Tensor | None:
    """What an operation on tensors without memory gives, where there is a short way to know.

    A model is built of such tensors before its weights are read. torch would load sympy for
    these operations, which takes longer than to read a small model. None: torch is to say.
    """
    tensors = [each for each in args if isinstance(each, torch.Tensor)]
    if not all(each.is_meta and each.is_contiguous() for each in tensors):
        return None
    if func is aten.normal_.default:
        return tensors[0]
    if func is aten.empty_like.default and kwargs.get("memory_format") is None:
        given = {name: value for name, value in kwargs.items() if value is not None}
        like_it = {"dtype": tensors[0].dtype, "device": META, **given}
        return torch.empty(tensors[0].shape, **like_it)
    on_meta = bool(tensors) or kwargs.get("device") == META
    if func not in FREQUENCIES or not on_meta or sum(each.numel() for each in tensors) > PIECE:
        return None
    like = [
        torch.ones(each.shape, dtype=each.dtype) if isinstance(each, torch.Tensor) else each
        for each in args
    ]
    made = func(*like, **{**kwargs, **({"device": CPU} if "device" in kwargs else {})})
    return torch.empty(made.shape, dtype=made.dtype, device=META)
