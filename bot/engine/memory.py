"""What a model needs in memory, what is free, and the device that it therefore goes to."""

from __future__ import annotations

import ctypes
import platform
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import psutil  # type: ignore[import-untyped]  # it ships no types
from safetensors import SafetensorError

from bot.engine.checkpoint import weight_files
from bot.engine.errors import LoadError, damaged
from bot.engine.language_part import names_of
from bot.engine.opened import opened

if TYPE_CHECKING:
    import torch

Quantization = Literal["nf4", "none"]

ROWS, COLUMNS = 32, 64  # that the outputs and inputs of a layer of 4 bits are multiples of
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
MIB = 1 << 20


class Sized(Protocol):
    """A number type: torch's, or one that was foreseen without torch."""

    @property
    def itemsize(self) -> int:
        """Bytes of one number."""


def choose(
    folder: Path,
    quantization: Quantization,
    device: str,
    dtype: str,
    on_progress: Callable[[str], None] = lambda line: None,
) -> tuple[torch.device, torch.dtype]:
    """The device and the number type; auto is CUDA where the model fits, else the CPU.

    bfloat16 where the device computes in it, else float16 (CUDA) or float32 (CPU). A GPU that
    is passed over is told of. Raises LoadError where a device or a type cannot be used.
    """
    import torch

    if device == "auto":
        where = torch.device("cpu")
        if torch.cuda.is_available():
            cuda = torch.device("cuda")
            need, free = needed_bytes(folder, quantization, _dtype(cuda, dtype)), free_bytes(cuda)
            if need <= free:
                where = cuda
            else:
                on_progress(
                    f"The GPU has {gb(free)} free and the model needs about {gb(need)}: using the "
                    "CPU."
                )
    else:
        where = torch.device(device)
        if where.type == "cuda" and not torch.cuda.is_available():
            raise LoadError(
                'No CUDA device is usable. Set device = "auto" or "cpu", or check the driver.',
                'CUDAデバイスが使えません。device = "auto" か "cpu" にするか、'
                "ドライバーを確認してください。",
            )
    return where, _dtype(where, dtype)


def refuse_lack_of_memory(source: str | Path, need: int, device: torch.device) -> None:
    """Raises LoadError where a device has less than `need` bytes free."""
    free = free_bytes(device)
    if need <= free:
        return
    if device.type == "cuda":
        raise LoadError(
            f"The model {source} needs about {gb(need)} of GPU memory and {gb(free)} is free. Set "
            'device = "cpu", quantization = "nf4" or a smaller model.',
            f"モデル {source} には約{gb(need)}のGPUメモリが必要ですが、空きは{gb(free)}です。"
            'device = "cpu"、quantization = "nf4"、または小さいモデルにしてください。',
        )
    raise LoadError(
        f"The model {source} needs about {gb(need)} of memory and {gb(free)} is free. "
        'Close other programs, or set quantization = "nf4" or a smaller model.',
        f"モデル {source} には約{gb(need)}のメモリが必要ですが、空きは{gb(free)}です。"
        '他のプログラムを終了するか、quantization = "nf4" または小さいモデルにしてください。',
    )


def needed_bytes(folder: Path, quantization: Quantization, dtype: Sized) -> int:
    """About what the weights take in memory, from the headers of their files.

    Raises LoadError where a file is missing, damaged or cut off.
    """
    total = 0
    called = names_of(folder)
    try:
        for path in weight_files(folder):
            with opened(path, "np") as file:
                for name in file.keys():  # noqa: SIM118, it is no dict
                    if called(name) is None:
                        continue
                    tensor = file.get_slice(name)
                    shape = tensor.get_shape()
                    if tensor.get_dtype() == "U8":  # 4-bit weights: two in a byte
                        total += prod(shape)
                    elif quantization == "nf4" and not stays_whole(name, shape):
                        total += prod(shape) * 9 // 16  # four bits, a float32 scale for each 64
                    else:
                        total += prod(shape) * dtype.itemsize
    except SafetensorError as error:
        raise damaged(folder) from error
    return total


def stays_whole(name: str, shape: Sequence[int]) -> bool:
    """Whether a weight of this name and shape stays unquantised where others get 4 bits.

    Experts do, which transformers keeps as one tensor; and layers of sizes that bitsandbytes'
    kernel for processors refuses.
    """
    if len(shape) != 2 or not re.search(r"\.\d+\.", name) or ".experts." in name:
        return True
    return is_odd(*shape)


def is_odd(outputs: int, inputs: int) -> bool:
    """Whether bitsandbytes' kernel for processors refuses a layer of these sizes."""
    return bool(outputs % ROWS or inputs % COLUMNS)


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a device."""
    if device.type == "cuda":
        import torch

        torch.cuda.empty_cache()  # what torch only keeps for later is free, too
        return int(torch.cuda.mem_get_info(device)[0])
    return free_memory()


def free_memory() -> int:
    """Memory that is free on this machine, in bytes."""
    return int(psutil.virtual_memory().available)


def gb(count: int) -> str:
    """Bytes for people to read."""
    return f"{count / 1e9:.1f} GB"


@contextmanager
def freed_at_once() -> Iterator[None]:
    """What is freed meanwhile goes back to the system, so that loading leaves no holes behind.

    glibc by itself soon serves blocks of up to 32 MiB from its heap: of a model's short-lived
    tensors, gigabytes stay with the process between the weights that it keeps. Afterwards the
    limit is where glibc would have moved it, since a forward is faster on memory that stays.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_THRESHOLD, MIB)
    libc.mallopt(M_TRIM_THRESHOLD, 16 * MIB)  # else every small tensor costs a system call
    try:
        yield
    finally:
        libc.mallopt(M_MMAP_THRESHOLD, 32 * MIB)
        libc.mallopt(M_TRIM_THRESHOLD, 64 * MIB)
        libc.malloc_trim(0)


def _dtype(device: torch.device, dtype: str) -> torch.dtype:
    import torch

    if dtype != "auto":
        number = getattr(torch, dtype, None)
        if not isinstance(number, torch.dtype):
            raise LoadError(
                f"dtype {dtype} is unknown: use auto, float32, bfloat16 or float16.",
                f"dtype {dtype} は不明です。auto、float32、bfloat16、float16 のいずれかです。",
            )
        return number
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device)[0] >= 8 else torch.float16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32
