"""Listening on the loopback interface, as every fake server does."""

from __future__ import annotations

from aiohttp import web


async def listen(
    app: web.Application, port: int = 0, *, cancel: bool = False, closing_seconds: float = 1.0
) -> tuple[web.AppRunner, int]:
    """Serve an application, and say at which port; 0 takes any. The runner's `cleanup` ends it.

    `cancel`: a handler ends when its client goes. `closing_seconds` is what connections get to end.
    """
    runner = web.AppRunner(
        app, access_log=None, handler_cancellation=cancel, shutdown_timeout=closing_seconds
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, int(runner.addresses[0][1])
