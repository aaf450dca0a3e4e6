"""Loads the model that is measured, and takes the time and the memory of that."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import psutil  # type: ignore[import-untyped]  # it ships no types
import torch

from bot.engine import vendors
from bot.engine.checkpoint import is_quantized, read_config
from bot.engine.loader import LoadedModel
from bot.engine.memory import needed_bytes
from bot.engine.quantize import weight_bytes
from bot.engine.thread import compute


@dataclass(frozen=True, slots=True)
class Loading:
    """`seconds` from the call to a model that has run once; `memory` is what it then takes.

    On CUDA that is memory of the card, else how far the process grew, files that are mapped
    into it included. `weights` are the bytes of the weights as they are used.
    """

    seconds: float
    memory: int
    weights: int

    @property
    def ratio(self) -> float:
        """Memory over bytes of weights."""
        return self.memory / self.weights


def measured_load(load: Callable[[], LoadedModel]) -> tuple[LoadedModel, Loading]:
    """Load a model. Libraries are loaded before: their memory is not its."""
    vendors.bitsandbytes()
    vendors.load_modeling()
    import_module("transformers.models.gpt_neox.modeling_gpt_neox")
    compute(import_module, "bot.engine.cpu.attention")  # with Numba, and compiled
    gc.collect()
    before = _resident()
    began = time.perf_counter()
    loaded = load()
    seconds = time.perf_counter() - began
    gc.collect()
    if loaded.device.type == "cuda":
        memory = torch.cuda.memory_allocated(loaded.device)
    else:
        memory = _resident() - before
    return loaded, Loading(seconds, memory, _weights(loaded))


def _weights(loaded: LoadedModel) -> int:
    """The bytes of a stored 4-bit copy's files; else of what was made of the checkpoint's."""
    if is_quantized(read_config(loaded.folder)):
        return weight_bytes(loaded.folder)
    quantized = getattr(loaded.model, "is_loaded_in_4bit", False)
    return needed_bytes(loaded.folder, "nf4" if quantized else "none", loaded.dtype)


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)
