"""A file of weights, opened: safetensors, or a GGUF file, behind one interface."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self

from safetensors import safe_open

from bot.engine.gguf_reader.folder import ENDING
from bot.engine.gguf_reader.weights import GgufWeights


class Weights(Protocol):
    """What both have in common, of safetensors' own."""

    def __enter__(self) -> Self:
        """Open the file."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Close it."""

    def keys(self) -> Iterable[str]:
        """The tensors' names."""

    def get_slice(self, name: str, /) -> Any:
        """A tensor by its shape and type, which is read where it is indexed."""


def opened(path: Path, framework: Literal["np", "pt"]) -> Weights:
    """A file whose tensors come as NumPy's or torch's; of a GGUF file they are torch's.

    No file is mapped: what is read is in memory of its own.
    """
    if path.suffix.lower() == ENDING:
        return GgufWeights(path)
    reader: Any = safe_open
    weights: Weights = reader(path, framework=framework, backend="pread")
    return weights
