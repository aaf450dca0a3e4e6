"""transformers and bitsandbytes, imported without what this engine never uses of torch.

Both mark functions for torch's compiler while they are imported, and transformers also imports
torch's tensors for several processes. torch then loads its compilers and sympy, which takes
longer than all that a first reply needs. Here nothing is compiled and there is one process, so
marks are left out meanwhile, and transformers is told that torch cannot be distributed. Whoever
asks for the compiler later gets the real one.

What is imported stays, and looking through it for garbage again and again would take a tenth of
a start: that is left out meanwhile, too.
"""

from __future__ import annotations

import gc
import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

COMPILER = "torch._dynamo"


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage is collected meanwhile: for imports, which leave little."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def without_compiler() -> Iterator[None]:
    """What is marked for torch's compiler meanwhile stays as it is; where it is loaded, nothing.

    A stand-in is in the compiler's place, and gives way to it where more than marks is asked for.
    """
    if COMPILER in sys.modules:
        yield
        return
    real: Any = importlib.import_module("torch")
    stand_in: Any = _Marks(real)
    compiling = real.compile
    sys.modules[COMPILER] = real._dynamo = stand_in
    real.compile = _unmarked
    try:
        yield
    finally:
        real.compile = compiling
        stand_in.give_way()


class _Marks(ModuleType):
    """The marks of torch's compiler, and its folder, from which parts can be imported alone."""

    def __init__(self, torch: Any) -> None:
        super().__init__(COMPILER)
        self.torch = torch
        self.__path__ = [str(Path(torch.__file__).parent / "_dynamo")]
        self.disable = self.allow_in_graph = self.assume_constant_result = _unmarked

    def give_way(self) -> None:
        """The next who asks for the compiler gets the real one."""
        attributes = vars(self.torch)
        if attributes.get("_dynamo") is self:
            del attributes["_dynamo"]
        if sys.modules.get(COMPILER) is self:
            del sys.modules[COMPILER]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.give_way()
        return getattr(importlib.import_module(COMPILER), name)


def _unmarked(function: Any = None, *_: Any, **__: Any) -> Any:
    """A decorator, with or without options, that changes nothing."""
    return _unmarked if function is None else function


def transformers() -> Any:
    """transformers; what it has is imported where it is first asked for."""
    known = sys.modules.get("transformers")
    if known is not None:
        return known
    with uncollected():
        distributed: Any = importlib.import_module("torch").distributed
        available = distributed.is_available
        distributed.is_available = lambda: False
        try:
            vendor: Any = importlib.import_module("transformers")
            # It asks torch once, and remembers the answer.
            importlib.import_module("transformers.utils").is_torch_distributed_available()
        finally:
            distributed.is_available = available
        importlib.import_module("transformers.models.auto.configuration_auto")
    return vendor


def load_modeling() -> None:
    """Import what all of transformers' models stand on."""
    transformers()
    with uncollected(), without_compiler():
        for part in ("modeling_utils", "generation.utils"):
            importlib.import_module(f"transformers.{part}")


def bitsandbytes() -> Any:
    """bitsandbytes, without the advice that it gives when it is first imported."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    with uncollected(), without_compiler():
        return importlib.import_module("bitsandbytes")
