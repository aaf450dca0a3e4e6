"""Numba's compiler, with the threads that torch has.

As many and the same where both use one OpenMP: more of them than processors would wait for each
other. What is compiled is kept beside the source or in the user's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import torch
from numba import njit

_config: Any = numba.config
_config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]
_config.NUMBA_NUM_THREADS = THREADS = torch.get_num_threads()


def compiled(function: Callable[..., Any], signature: Any, **options: Any) -> Any:
    """Loops for this processor: from the cache, else compiled and kept if it can be."""
    options |= {"parallel": True, "nogil": True, "error_model": "numpy"}
    try:
        return njit(signature, cache=True, **options)(function)
    except Exception:  # a full or read-only disk, a damaged file: what else is wrong shows again
        return njit(signature, **options)(function)
