"""What a supervisor hears, over a real socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.service import Service, keep_told


class Supervisor:
    """Listens as systemd does."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """Each message since the last time."""
        found = []
        with suppress(BlockingIOError):
            while True:
                found.append(self._socket.recv(4096).decode())
        return found

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """One at a socket that is a file."""
    made = Supervisor(str(tmp_path / "notify"))
    yield made
    made.close()


def service(supervisor: Supervisor, **environment: str) -> Service:
    """A process that it started."""
    return Service({"NOTIFY_SOCKET": supervisor.address, **environment})


def test_it_hears_of_beginning_reloading_and_end(supervisor: Supervisor) -> None:
    """In the protocol's words, each with what belongs to it."""
    told = service(supervisor)
    told.reloading()  # before it is ready there is nothing to tell
    told.ready()
    told.reloading()
    told.reloaded()
    told.stopping()
    first, reloading, again, stopping = supervisor.heard()
    assert first == again == "READY=1"
    lines = reloading.splitlines()
    assert lines[0] == "RELOADING=1" and lines[1].startswith("MONOTONIC_USEC=")
    assert lines[1].partition("=")[2].isdecimal()
    assert stopping.splitlines()[0] == "STOPPING=1"


def test_an_abstract_socket_has_no_file() -> None:
    """As systemd gives one to a service in a container."""
    supervisor = Supervisor(f"@kaiwa-{os.getpid()}")
    try:
        service(supervisor).ready()
        assert supervisor.heard() == ["READY=1"]
    finally:
        supervisor.close()


def test_without_one_or_where_it_is_gone_nothing_happens(supervisor: Supervisor) -> None:
    """A bot that serves people does not end because its supervisor did."""
    Service({}).ready()
    supervisor.close()
    service(supervisor).ready()


def test_the_watchdog_is_for_the_process_that_it_names(supervisor: Supervisor) -> None:
    """A child inherits the variable."""
    assert service(supervisor, WATCHDOG_USEC="3000000").watchdog_seconds == 3.0
    own = service(supervisor, WATCHDOG_USEC="3000000", WATCHDOG_PID=str(os.getpid()))
    assert own.watchdog_seconds == 3.0
    assert service(supervisor, WATCHDOG_USEC="3000000", WATCHDOG_PID="1").watchdog_seconds is None
    assert service(supervisor).watchdog_seconds is None


async def test_it_is_ready_once_something_is_served_and_alive_while_the_engine_goes_on(
    supervisor: Supervisor,
) -> None:
    """The event loop goes on, or nothing would be told at all."""
    words: str | None = None
    stuck = 0.0
    told = service(supervisor, WATCHDOG_USEC="60000")
    telling = asyncio.create_task(keep_told(told, lambda: words, lambda: stuck))
    heard: list[str] = []

    async def until(message: str) -> None:
        async with asyncio.timeout(10):
            while message not in heard:
                await asyncio.sleep(0.005)
                heard.extend(supervisor.heard())

    await until("WATCHDOG=1")
    assert "READY=1" not in heard
    words = "Serving discord"
    await until("READY=1")
    assert heard.index("STATUS=Serving discord") < heard.index("READY=1")
    stuck, words = 0.07, "Serving discord (away)"
    await until("STATUS=Serving discord (away)")
    heard.clear()
    words = "Serving discord"
    await until("STATUS=Serving discord")
    assert "WATCHDOG=1" not in heard
    stuck = 0.0
    await until("WATCHDOG=1")
    assert "READY=1" not in heard  # once is enough
    telling.cancel()
