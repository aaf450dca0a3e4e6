"""Follows every record that a process logs, as the text that a log would have.

Stands alone, since processes import it that know nothing of the tests.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import TracebackType

LINES = "log"  # the file, in the guard's folder
_writes = [True]


def stop_writing() -> None:
    """This process looks at its records itself."""
    _writes[0] = False


def follow(note: Callable[[str], None]) -> None:
    """Have each record told, whatever handlers there are: a program may replace those."""
    handle = logging.Logger.callHandlers

    def handled(logger: logging.Logger, record: logging.LogRecord) -> None:
        note(as_text(record))
        handle(logger, record)

    setattr(logging.Logger, "callHandlers", handled)  # noqa: B010  # mypy wants its own `self`


def as_text(record: logging.LogRecord) -> str:
    """A record with its traceback."""
    try:
        text = record.getMessage()
    except Exception:  # it does not fit its arguments: logging says so by itself
        text = f"{record.msg} {record.args}"
    if record.exc_info and record.exc_info[0] is not None:
        text += "\n" + "".join(traceback.format_exception(*record.exc_info))
    if record.stack_info:
        text += f"\n{record.stack_info}"
    return f"{record.name}: {text}"


def write_down() -> None:
    """Write this process's records, and the error that ends it, where the tests look."""
    guard = import_module("kaiwa_network_guard")
    folder = os.environ.get(guard.FOLDER)
    if not folder:
        return
    file = os.path.join(folder, LINES)

    def note(text: str) -> None:
        if _writes[0]:
            with suppress(OSError):  # no file may be left, or none may grow: that is a test's
                guard.append(file, f"{json.dumps(text)}\n")

    show = sys.excepthook

    def shown(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        note("".join(traceback.format_exception(kind, error, where)))
        show(kind, error, where)

    follow(note)
    sys.excepthook = shown
