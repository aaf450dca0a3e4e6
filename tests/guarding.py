"""Puts the guards of tests/guard/ around this process and all that it starts.

Children are reached by PYTHONPATH, also where a test gives them an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from tests.canary import CANARY
from tests.guard.kaiwa_log_guard import LINES, follow
from tests.guard.kaiwa_network_guard import FOLDER, REQUESTS, watch

GUARD = Path(__file__).parent / "guard"


def begin() -> None:
    """Guard this process, and what it starts. Workers have folders in that of who started them."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="kaiwa-guard-")
    elif worker := os.environ.get("PYTEST_XDIST_WORKER"):
        own = folder() / worker
        own.mkdir(exist_ok=True)
        os.environ[FOLDER] = str(own)
    os.environ |= guarded(os.environ)
    CANARY.look_into(folder() / LINES)
    if (started_with := sys.modules.get("kaiwa_log_guard")) is not None:  # a worker has it twice
        started_with.stop_writing()
    follow(CANARY.logged)
    watch()
    _guard_children()


def folder() -> Path:
    """Where processes write down what they tried, and what they logged."""
    return Path(os.environ[FOLDER])


def requests() -> list[str]:
    """What was tried to reach others, by any process, until now."""
    files = sorted(folder().rglob(REQUESTS))
    return [line for file in files for line in file.read_text("utf-8").splitlines()]


def end() -> None:
    """Take the folder away."""
    shutil.rmtree(folder(), ignore_errors=True)


def guarded(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables with which a process that has this environment is guarded."""
    path = environment.get("PYTHONPATH", "").split(os.pathsep)
    others = [each for each in path if each and each != str(GUARD)]
    return {"PYTHONPATH": os.pathsep.join([str(GUARD), *others]), FOLDER: os.environ[FOLDER]}


def _guard_children() -> None:
    start: Callable[..., None] = subprocess.Popen.__init__

    @wraps(start)
    def started(process: Any, *arguments: Any, env: Any = None, **options: Any) -> None:
        if env is not None:
            env = {**env, **guarded(env)}
        start(process, *arguments, env=env, **options)

    setattr(subprocess.Popen, "__init__", started)  # noqa: B010  # it is overloaded
