"""A checkpoint's tensors by their names, each looked at when it is read.

What can be seen of a file's tensors before anything is computed with them is seen here, whoever
reads them: `kaiwa check` or a start.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bot.engine.errors import spoilt
from bot.engine.opened import opened

STATE = ".quant_state."  # what bitsandbytes says of a stored 4-bit layer
SCALES = ".absmax"  # of a stored 4-bit layer: one for each block of weights, in a row


class Tensors(dict[str, Any]):
    """Tensors to be read when they are indexed with `[...]`; `broken` are those that were read
    and hold what is no number. With `kept` False nothing is kept of what is read but its shape.
    """

    def __init__(self, kept: bool = True) -> None:
        super().__init__()
        self.kept = kept
        self.broken: list[str] = []


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
        for name in [name for name in tensors if STATE in name]:  # bytes, whatever their type says
            tensors[name.partition(STATE)[0]].numbers = False
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


def _leave_shapes(tensors: Tensors) -> None:
    """Put tensors of a layer's own shape in the place of the several that a 4-bit layer is stored
    as, whose scales are looked at."""
    told = [name for name in tensors if STATE in name]  # a text in bytes
    for name in told:
        weight = name.partition(STATE)[0]
        shape = json.loads(bytes(tensors[name]._there[...].tolist()))["shape"]
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
