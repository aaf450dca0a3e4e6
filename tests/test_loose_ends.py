"""The suite fails where work is begun and left: what it looks for is what asyncio says."""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys

import pytest

from tests.loose_ends import LOOSE_ENDS, loose_ends

FORGOTTEN = """
import asyncio
async def nothing():
    pass
async def main():
    nothing()
asyncio.run(main())
"""


async def test_an_exception_that_nobody_retrieves_is_noted() -> None:
    """Of a task and of a future, as soon as they are collected."""

    async def fail() -> None:
        raise ValueError("a fault")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    future = asyncio.get_running_loop().create_future()
    future.set_exception(ValueError("another"))
    del task, future
    gc.collect()
    assert sorted(line.split(" exc")[0] for line in LOOSE_ENDS.take()) == ["Future", "Task"]


async def test_a_task_that_is_dropped_while_it_waits_is_noted() -> None:
    """What asyncio says of it is an error in its log."""
    logging.getLogger("asyncio").error("Task was destroyed but it is pending!")
    assert LOOSE_ENDS.take() == ["Task was destroyed but it is pending!"]


async def test_other_lines_of_asyncio_are_not_noted() -> None:
    """Such as a slow step in its debug mode."""
    logging.getLogger("asyncio").warning("Executing took 0.3 seconds")
    assert LOOSE_ENDS.take() == []


def test_what_a_process_says_is_looked_through_too() -> None:
    """A coroutine that was never awaited, in the standard error of a process."""
    done = subprocess.run([sys.executable, "-c", FORGOTTEN], capture_output=True, text=True)
    assert len(loose_ends(done.stderr)) == 1


def test_a_coroutine_that_is_never_awaited_is_a_warning_and_so_an_error() -> None:
    """Which pytest raises where it was dropped."""

    async def nothing() -> None:
        pass

    with pytest.warns(RuntimeWarning, match="was never awaited"):
        _ = nothing()
        del _
        gc.collect()
