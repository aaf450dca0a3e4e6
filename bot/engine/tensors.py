"""A checkpoint's tensors by their names, each looked at when it is read.

What can be seen of a file's tensors before anything is computed with them is seen here, whoever
reads them: `kaiwa check` or a start.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bot.engine.checkpoint import is_quantized
from bot.engine.errors import damaged, spoilt
from bot.engine.opened import opened

STATE = ".quant_state."  # what bitsandbytes says of a stored 4-bit layer
SCALES = ".absmax"  # of a stored 4-bit layer: one for each block of weights, in a row
CODES = ".quant_map"  # what each of its codes stands for
BYTES = {"U8": 1, "I8": 1, "BF16": 2, "F16": 2, "F32": 4}  # of what two codes a byte are stored as


class Tensors(dict[str, Any]):
    """Tensors to be read when they are indexed with `[...]`; `broken` are those that were read
    and hold what is no number, and `packed` says whether 4-bit layers are among them. With `kept`
    False nothing is kept of what is read but its shape.
    """

    def __init__(self, kept: bool = True) -> None:
        super().__init__()
        self.kept = kept
        self.broken: list[str] = []
        self.packed = False


@contextmanager
def reading(
    files: Sequence[Path], called: Callable[[str], str | None] = str, *, kept: bool = True
) -> Iterator[Tensors]:
    """Every tensor of a checkpoint's files by what it is `called`, if anything.

    Raises LoadError where one cannot be right.
    """
    with ExitStack() as stack:
        tensors = Tensors(kept)
        for path in files:
            file = stack.enter_context(opened(path, "pt"))
            for stored in file.keys():  # noqa: SIM118, it is no dict
                name = called(stored)
                if name is None:
                    continue
                there = file.get_slice(stored)
                if name.endswith(SCALES) and len(there.get_shape()) != 1:
                    raise spoilt(path.parent)  # bitsandbytes turns them round when it computes
                tensors[name] = _Looked(name, there, tensors)
        for name in [name for name in tensors if STATE in name]:
            if not _agree(name, tensors):
                raise damaged(files[0].parent)
            tensors.packed = True
            tensors[name.partition(STATE)[0]].numbers = False  # bytes, whatever their type says
        if not kept:
            _leave_shapes(tensors)
        yield tensors


class _Looked:
    """A tensor in a file, as safetensors has it."""

    def __init__(self, name: str, there: Any, tensors: Tensors) -> None:
        self._name, self._there, self._tensors = name, there, tensors
        self.numbers = True
        self.get_shape, self.get_dtype = there.get_shape, there.get_dtype

    def __getitem__(self, part: Any) -> Tensor:
        tensor: Tensor = self._there[part]
        if self.numbers and tensor.is_floating_point() and not is_finite(tensor):
            self._tensors.broken.append(self._name)
        return tensor if self._tensors.kept else tensor.to("meta")


def _told(there: Any) -> Any:
    """What bitsandbytes says of a layer: JSON in bytes."""
    return json.loads(bytes(there[...].tolist()))


def _agree(name: str, tensors: Tensors) -> bool:
    """Whether the tensors of a stored 4-bit layer are all there, and of the sizes that it tells:
    bitsandbytes reads past their ends."""
    weight = name.partition(STATE)[0]
    try:
        told = _told(tensors[name]._there)
        count, block = prod(told["shape"]), told["blocksize"]
        stored, scales, codes = (tensors[f"{weight}{part}"] for part in ("", SCALES, CODES))
        agree = (
            len(told["shape"]) == 2
            and isinstance(getattr(torch, told["dtype"]), torch.dtype)
            and prod(stored.get_shape()) * BYTES[stored.get_dtype()] == -(-count // 2)
            and prod(scales.get_shape()) == -(-count // block)
            and prod(codes.get_shape()) == 2**4
        )
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        return False
    return agree


def packed_as_told(config: Any, *, packed: bool) -> bool:
    """Whether a checkpoint holds 4-bit layers where it says so, and nowhere else."""
    if not is_quantized(config):
        return not packed
    return packed or bool(config.quantization_config.get("llm_int8_skip_modules"))


def fits(model: Any) -> bool:
    """Whether each 4-bit layer has got 4 bits, and of its own shape."""
    for module in model.modules():
        if hasattr(module, "compute_dtype"):
            state = getattr(module.weight, "quant_state", None)
            if state is None or tuple(state.shape) != (module.out_features, module.in_features):
                return False
    return True


def _leave_shapes(tensors: Tensors) -> None:
    """Put tensors of a layer's own shape in the place of the several that a 4-bit layer is stored
    as, whose scales are looked at."""
    told = [name for name in tensors if STATE in name]  # a text in bytes
    for name in told:
        weight = name.partition(STATE)[0]
        shape = _told(tensors[name]._there)["shape"]
        for part in [each for each in tensors if each.startswith(f"{weight}.")]:
            if not part.startswith(f"{weight}{STATE}"):
                tensors[part][...]
            del tensors[part]
        tensors[weight] = torch.empty(shape, dtype=torch.bfloat16, device="meta")


def is_finite(tensor: Tensor) -> bool:
    """Whether all are numbers. Their sum is none where one of them is not, and is soon made."""
    if tensor.dtype.itemsize < 2:  # torch has no sum of 8-bit floating point
        tensor = tensor.float()
    return bool(tensor.sum(dtype=torch.float32).isfinite() or tensor.isfinite().all())
