"""Where torch would run a model, where that is plain without it: looking must not load it.

A machine on which no driver of a GPU can be loaded has none that torch could use, and Linux
names what the processor computes in. Everything else is for torch to say (memory.py).
"""

from __future__ import annotations

import ctypes
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

SIZES = {"float32": 4, "bfloat16": 2, "float16": 2}
COMPUTES_IN_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16"})  # as Linux names them


@dataclass(frozen=True, slots=True)
class Number:
    """A number type as torch names it, and the bytes of one."""

    name: str
    itemsize: int

    def __str__(self) -> str:
        return self.name


def number_on_cpu(device: str, dtype: str) -> Number | None:
    """The number type of a model that surely goes to the CPU. None where only torch can tell."""
    loaded = "torch" in sys.modules
    if loaded or device not in ("auto", "cpu") or (device == "auto" and gpu_is_possible()):
        return None
    if dtype == "auto":
        able = processor_flags()
        if able is None:
            return None
        dtype = "float32" if able.isdisjoint(COMPUTES_IN_BFLOAT16) else "bfloat16"
    return Number(dtype, SIZES[dtype]) if dtype in SIZES else None


def gpu_is_possible() -> bool:
    """False only where torch finds no GPU, whatever it was built for."""
    if sys.platform != "linux" or Path("/dev/kfd").exists():  # AMD's
        return True
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def processor_flags(file: Path = Path("/proc/cpuinfo")) -> frozenset[str] | None:
    """What an x86 processor can do, in Linux's words; None where it does not say."""
    if platform.machine() != "x86_64":
        return None
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    return next((frozenset(line.split()) for line in lines if line.startswith("flags")), None)
