"""The one thread of the process on which torch computes.

OpenMP keeps workers for every thread that ever started a computation. Once they and their
threads are more than the processors, each goes to sleep at every barrier where it would have
waited for a moment, and a decode step takes a third longer (docs/engine-log.md). So a model is
loaded, warmed up and run on this thread, and nothing else of it on any other.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

NAME = "kaiwa-compute"
LEAVING_SECONDS = 5.0  # that the end of the process waits for a computation

P = ParamSpec("P")
T = TypeVar("T")


class OneThread(Executor):
    """Calls one after the other on a thread, which begins with the first.

    Unlike a ThreadPoolExecutor's it does not keep the process from ending for ever where a call
    does not return.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def ident(self) -> int | None:
        """The thread's; None before the first call."""
        return self._thread.ident if self._thread else None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See Executor."""
        future: Future[T] = Future()
        self._calls.put((future, partial(fn, *args, **kwargs)))
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
                atexit.register(self._leave)
        return future

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            future, function = call
            if future.set_running_or_notify_cancel():
                try:
                    result = function()
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(result)
                    del result
            del call, future, function  # and with them what a step holds, also one that failed

    def _leave(self) -> None:
        """The process ends: a computation that comes to its end may do so."""
        self._calls.put(None)
        if self._thread is not None:
            self._thread.join(LEAVING_SECONDS)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> Any:
        """Nothing: it is the process's, and ends with it."""


COMPUTE = OneThread(NAME)


def compute(function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call a function on the thread, and wait for what it returns or raises."""
    if threading.current_thread().name.startswith(NAME):
        return function(*args, **options)
    return COMPUTE.submit(function, *args, **options).result()
