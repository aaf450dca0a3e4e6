"""A GGUF file's tensors as transformers wants them, each read and unpacked when it is asked for.

Has the part of safetensors' interface that is used here, so that who reads a checkpoint need not
know which it is. What llama.cpp's converter changed in a tensor is undone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from bot.engine.gguf_reader.architectures import Tensor, described, tensors_of
from bot.engine.gguf_reader.header import read_header
from bot.engine.gguf_reader.kinds import unpack
from bot.engine.gguf_reader.refused import cut_off

if TYPE_CHECKING:
    import torch

MOST = 1 << 30  # bytes that are asked for at once; Linux gives 2 GiB at most


class GgufWeights:
    """A file, opened while this is entered. Raises LoadError where it is none that is known."""

    def __init__(self, file: Path) -> None:
        header = read_header(file)
        config = described(header)
        self._file = file
        self._tensors = {tensor.name: tensor for tensor in tensors_of(header)}
        heads = config["num_attention_heads"]
        self._heads = {"q": heads, "k": config.get("num_key_value_heads", heads)}

    def __enter__(self) -> GgufWeights:
        self._opened = self._file.open("rb")
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def keys(self) -> Sequence[str]:
        """The tensors' names."""
        return list(self._tensors)

    def get_slice(self, name: str) -> GgufTensor:
        """A tensor, not read yet."""
        tensor = self._tensors[name]
        by = self._heads["k" if "k_proj" in name else "q"]
        return GgufTensor(self._file, self._opened, tensor, by)


class GgufTensor:
    """A tensor of a file, in the midst of a model of `heads` heads."""

    def __init__(self, file: Path, opened: BinaryIO, tensor: Tensor, heads: int) -> None:
        self._file, self._opened, self._tensor, self._heads = file, opened, tensor, heads

    def get_shape(self) -> list[int]:
        """Its shape, as torch has it."""
        return list(self._tensor.stored.shape)

    def get_dtype(self) -> str:
        """What its numbers are when they are read, by safetensors' name."""
        return "F32"

    def __getitem__(self, part: Any) -> torch.Tensor:
        stored = self._tensor.stored
        read = bytearray(stored.size)
        into, at = memoryview(read), 0
        while at < stored.size:  # transformers reads several at once: no place in the file is kept
            got = os.preadv(self._opened.fileno(), [into[at : at + MOST]], stored.begins + at)
            if not got:
                raise cut_off(self._file)
            at += got
        return self._undone(unpack(read, stored.kind, stored.shape))[part]

    def _undone(self, values: torch.Tensor) -> torch.Tensor:
        """`halves`: a head's rows alternate between its two halves. `heads`: queries of all heads
        before keys and values, not by head. `one`: was added."""
        undo, shape = self._tensor.undo, values.shape
        if undo == "halves":
            values = values.view(self._heads, -1, 2, *shape[1:]).transpose(1, 2).reshape(shape)
        elif undo == "heads":
            values = values.view(3, self._heads, -1, *shape[1:]).transpose(0, 1).reshape(shape)
        elif undo == "one":
            values = values.float() - 1
        return values
