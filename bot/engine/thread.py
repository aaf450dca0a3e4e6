"""The one thread of the process on which torch computes.

OpenMP keeps workers for every thread that ever started a computation. Once they and their
threads are more than the processors, each goes to sleep at every barrier where it would have
waited for a moment, and a decode step takes a third longer (docs/engine-log.md). So a model is
loaded, warmed up and run on this thread, and nothing else of it on any other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

NAME = "kaiwa-compute"
COMPUTE = ThreadPoolExecutor(1, thread_name_prefix=NAME)

P = ParamSpec("P")
T = TypeVar("T")


def compute(function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call a function on the thread, and wait for what it returns or raises."""
    if threading.current_thread().name.startswith(NAME):
        return function(*args, **options)
    return COMPUTE.submit(function, *args, **options).result()
