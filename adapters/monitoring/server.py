"""`/healthz` and `/metrics` over HTTP, for whoever may reach the address: nobody logs in here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from adapters.listening import Listener
from adapters.monitoring.exporter import Exporter
from adapters.monitoring.health import readiness
from adapters.monitoring.watched import Watched
from bot.config import MonitoringSettings
from bot.meters import Histogram

LOOK_SECONDS = 1.0  # between looks at how late the event loop is


@asynccontextmanager
async def monitoring(settings: MonitoringSettings, watched: Watched) -> AsyncIterator[int]:
    """Answer while this is entered; the port. Raises BotError where it cannot listen."""
    listener = Listener(settings.host, settings.port, __name__)
    await listener.start(application(watched))
    measuring = asyncio.create_task(_measure(watched.lags), name="kaiwa-lag")
    try:
        yield listener.port
    finally:
        measuring.cancel()
        await asyncio.wait([measuring])
        await listener.close()


def application(watched: Watched) -> web.Application:
    """The addresses, as aiohttp serves them."""
    exporter = Exporter(watched)

    async def metrics(request: web.Request) -> web.Response:
        page, content_type = exporter.page(request.headers.get("Accept", ""))
        return web.Response(body=page, headers={"Content-Type": content_type})

    async def live(request: web.Request) -> web.Response:
        if "ready" in request.query:
            return await ready(request)
        return web.json_response({"live": True})

    async def ready(_request: web.Request) -> web.Response:
        well, state = await readiness(watched)
        return web.json_response(
            state, status=200 if well else 503, dumps=lambda each: json.dumps(each, indent=2)
        )

    made = web.Application(client_max_size=1024)
    made.router.add_get("/metrics", metrics)
    made.router.add_get("/healthz", live)
    made.router.add_get("/healthz/ready", ready)
    return made


async def _measure(lags: Histogram) -> None:
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        lags.add(max(0.0, clock() - due))
