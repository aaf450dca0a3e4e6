"""The supervisor that started this process, where it is systemd or speaks its protocol.

It is told what goes on by datagrams on a socket, and restarts a service that it does not hear of:
https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html. Without one nobody is told.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

LOOK_SECONDS = 1.0  # between looks at what is to be told


class Service:
    """Tells the supervisor. Never raises: one that does not listen is its own trouble."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._told = ""
        self._ready = False
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit = int(environment.get("WATCHDOG_USEC") or 0) if mine else 0
        self.watchdog_seconds: float | None = limit / 1e6 if limit > 0 else None

    def ready(self) -> None:
        """It serves, or serves again after `reloading`."""
        self._ready = True
        self._tell("READY=1")

    def reloading(self) -> None:
        """It reads its settings anew."""
        if self._ready:
            self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def reloaded(self) -> None:
        """It has."""
        if self._ready:
            self.ready()

    def stopping(self) -> None:
        """It comes to an end."""
        self._tell("STOPPING=1", "STATUS=Ending; replies may come to their end")

    def status(self, text: str) -> None:
        """What it does, in a line; told when it changed."""
        if text != self._told:
            self._told = text
            self._tell(f"STATUS={text}")

    def alive(self) -> None:
        """It makes progress."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # abstract: no file
            address = "\0" + address[1:]
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.setblocking(False)
            there.sendto("\n".join(lines).encode(), address)


async def keep_told(
    service: Service, served: Callable[[], str | None], stuck: Callable[[], float]
) -> None:
    """Tell it what goes on, until cancelled. `served`: what is served, in words; None: nothing
    yet. `stuck`: for how many seconds the engine's thread has been at one step; where that is as
    long as the supervisor's patience, it hears nothing more, as where the event loop stands still.
    """
    patience = service.watchdog_seconds
    pause = LOOK_SECONDS if patience is None else min(LOOK_SECONDS, patience / 3)
    ready = False
    while True:
        if (words := served()) is not None:
            service.status(words)
            if not ready:
                ready = True
                service.ready()
        if patience is not None and stuck() < patience:
            service.alive()
        await asyncio.sleep(pause)
