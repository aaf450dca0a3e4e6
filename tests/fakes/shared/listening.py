"""Listening on the loopback interface, as every fake server does."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web


async def listen(
    app: web.Application,
    port: int = 0,
    *,
    cancel: bool = False,
    closing_seconds: float = 1.0,
    now: Callable[[], float] | None = None,
) -> tuple[web.AppRunner, int]:
    """Serve an application, and say at which port; 0 takes any. The runner's `cleanup` ends it.

    `cancel`: a handler ends when its client goes. `closing_seconds` is what connections get to end.
    `now`: what time it is there, in seconds since 1970, which every answer says.
    """
    if now is not None:
        say_the_time(app, now)
    runner = web.AppRunner(
        app, access_log=None, handler_cancellation=cancel, shutdown_timeout=closing_seconds
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, int(runner.addresses[0][1])


def say_the_time(app: web.Application, now: Callable[[], float]) -> None:
    """Have every answer bear a time, as servers of HTTP do."""

    async def dated(_: web.Request, response: web.StreamResponse) -> None:
        moment = datetime.fromtimestamp(now(), UTC)
        response.headers["Date"] = format_datetime(moment, usegmt=True)

    app.on_response_prepare.append(dated)


def free_port() -> int:
    """A port that nobody listens at now, and that systems give to nobody who names none."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as taken, suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
