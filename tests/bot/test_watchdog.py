"""The rules of `bot/watchdog.py`. A blocked loop is really blocked, for as short as is enough."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from bot.watchdog import Watchdog, stack_of


async def test_a_blocked_event_loop_is_logged_once_with_where_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Lines of code, and no value of what they work on; and that it goes on, and for how long it
    was blocked."""
    told = threading.Event()

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.set()

    log = logging.getLogger("bot.watchdog")
    log.addHandler(heard := Heard())
    try:
        async with Watchdog(patience=0.3, beat=0.02) as watchdog:
            for _ in range(2):
                told.clear()
                assert told.wait(30)  # the loop's own thread waits: it is blocked
                assert watchdog.lag >= 0.3
                time.sleep(0.2)  # noqa: ASYNC251, long enough to be told of again
                told.clear()
                while not told.is_set():  # noqa: ASYNC110, until it is told that it goes on
                    await asyncio.sleep(0.01)
    finally:
        log.removeHandler(heard)
    lines = [record.getMessage() for record in caplog.records if record.name == "bot.watchdog"]
    assert "has been blocked for" in lines[0] and "told.wait(30)" in lines[0]
    assert "goes on, after" in lines[1] and "told.wait(30)" in lines[2]


async def test_a_loop_that_is_busy_and_gets_on_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And its thread ends with it."""
    async with Watchdog(patience=30, beat=0.01) as watchdog:
        for _ in range(5):
            time.sleep(0.01)  # noqa: ASYNC251
            await asyncio.sleep(0.01)
    assert watchdog.lag < 30 and not caplog.records
    assert "kaiwa-watchdog" not in {thread.name for thread in threading.enumerate()}


def test_a_thread_that_has_ended_has_no_stack() -> None:
    """Nor has one that never was."""
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    assert stack_of(thread.ident) == stack_of(None) == "(it has ended)"
