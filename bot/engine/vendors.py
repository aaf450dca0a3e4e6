"""transformers and bitsandbytes, imported without what this engine never uses of them and torch.

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
import importlib.machinery
import importlib.metadata
import importlib.util
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

TORCH = "torch"
COMPILER = "torch._dynamo"
NUMBERS = ("float32", "bfloat16", "float16")  # the types that a configuration may name


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


@contextmanager
def torch_later() -> Iterator[None]:
    """torch is imported meanwhile by name only, and loaded when something of it is asked for:
    what configures a model names it, and seldom needs it."""
    if TORCH in sys.modules:
        yield
        return
    stand_in = sys.modules[TORCH] = _Later(TORCH)
    stand_in.__spec__ = importlib.machinery.PathFinder.find_spec(TORCH)
    try:
        yield
    finally:
        if sys.modules.get(TORCH) is stand_in:
            del sys.modules[TORCH]


class _Later(ModuleType):
    """Stands for torch in modules that imported it by name, and has all that is its."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(TORCH) is self:
            del sys.modules[TORCH]
        return getattr(importlib.import_module(TORCH), name)


def transformers() -> Any:
    """transformers, without torch where that is not loaded; what it has is imported where it is
    first asked for."""
    known = sys.modules.get("transformers")
    with uncollected(), torch_later():
        vendor: Any = _unlisted() if known is None else known
        importlib.import_module("transformers.models.auto.configuration_auto")
    return vendor


def _unlisted() -> ModuleType:
    """Import transformers without the names of its models.

    It would read the files of them all for these, twice. A model is imported by its module here.
    Whoever asks for a name that is not known has them read then.
    """
    spec: Any = importlib.util.find_spec("transformers")
    models = Path(spec.origin).parent / "models"
    place: Any = ModuleType("transformers")  # for what it needs to read files, and imports first
    place.__path__, place.__spec__ = [str(models.parent)], spec
    place.__version__ = importlib.metadata.version("transformers")
    sys.modules["transformers"] = place
    try:
        parts: Any = importlib.import_module("transformers.utils.import_utils")
    finally:
        del sys.modules["transformers"]
    read, lazy = parts.define_import_structure, parts._LazyModule

    def unread(path: Any, prefix: str | None = None) -> Any:
        all_of_them = Path(path) in (models, models / "__init__.py")
        return {frozenset(): {}} if all_of_them else read(path, prefix)

    class Unlisted(lazy):  # type: ignore[misc,valid-type]  # known at run time only
        def __getattr__(self, name: str) -> Any:
            known = (self._objects, self._modules, self._class_to_module)
            if not name.startswith("__") and not any(name in names for names in known):
                self.__class__ = lazy
                prefix = "models" if self.__name__ == "transformers" else None
                whole = lazy(self.__name__, self.__file__, read(models, prefix))
                for names in ("_class_to_module", "_object_missing_backend", "_import_structure"):
                    vars(self)[names].update(vars(whole)[names])
                self._modules |= whole._modules
                self.__all__ += whole.__all__
            return lazy.__getattr__(self, name)

    parts.define_import_structure = unread
    try:
        vendor = importlib.import_module("transformers")
        for package in (vendor, importlib.import_module("transformers.models")):
            package.__class__ = Unlisted
    finally:
        parts.define_import_structure = read
    return vendor


def configuration(folder: Path, *, dtype: bool) -> Any:
    """A checkpoint's configuration as transformers reads it; without its number type, unless
    `dtype`, as torch would be loaded for that. Raises what transformers does."""
    untold: dict[str, None] = {}
    if not dtype:
        told = json.loads((folder / "config.json").read_text("utf-8"))
        names = ("dtype", "torch_dtype")  # now, and formerly
        untold = {name: None for name in names if told.get(name) in NUMBERS}
    auto: Any = transformers().models.auto.configuration_auto
    log = logging.getLogger("transformers.configuration_utils")
    was, log.disabled = log.disabled, bool(untold)  # it has advice about the former name
    try:
        with torch_later():
            return auto.AutoConfig.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, **untold
            )
    finally:
        log.disabled = was


def load_modeling() -> None:
    """Import what all of transformers' models stand on."""
    distributed: Any = importlib.import_module("torch").distributed
    transformers()
    available = distributed.is_available
    distributed.is_available = lambda: False
    try:
        # It asks torch once, and remembers the answer.
        importlib.import_module("transformers.utils").is_torch_distributed_available()
    finally:
        distributed.is_available = available
    with uncollected(), without_compiler():
        for part in ("modeling_utils", "generation.utils"):
            importlib.import_module(f"transformers.{part}")


def bitsandbytes() -> Any:
    """bitsandbytes, without the advice that it gives when it is first imported."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    with uncollected(), without_compiler():
        return importlib.import_module("bitsandbytes")
