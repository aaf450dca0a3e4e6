"""`python -m tests.gpu_check.machine`: versions, the device, its memory's speed, as JSON."""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from typing import Any

PACKAGES = ("torch", "triton", "transformers", "bitsandbytes", "accelerate", "numpy")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    import torch

    cuda = torch.cuda.is_available()
    found: dict[str, Any] = {
        "python": sys.version.split()[0],
        "packages": {name: _version(name) for name in PACKAGES},
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "copied_bytes_per_second": _bandwidth(torch.device("cuda" if cuda else "cpu")),
    }
    if cuda:
        properties = torch.cuda.get_device_properties(0)
        found["capability"] = list(torch.cuda.get_device_capability())
        found["memory"] = properties.total_memory
        found["multiprocessors"] = properties.multi_processor_count
    return found


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _bandwidth(device: Any, repeats: int = 5) -> float:
    """Bytes read and written a second while a block is copied: the best of several times."""
    import torch

    size = 1 << (30 if device.type == "cuda" else 25)
    block, to = (torch.zeros(size, dtype=torch.uint8, device=device) for _ in range(2))
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        to.copy_(block)
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return 2 * size / min(times)


if __name__ == "__main__":
    print(json.dumps(machine()))
