"""The real client, and a small Bolt app that listens, for the fake Slack's own tests.

The app runs as a bot would: the unmodified AsyncApp, by Socket Mode or with an HTTP endpoint.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack_api.objects import Json
from tests.fakes.slack_server import SlackServer

KINDS = ("message", "app_mention")


def client_of(server: SlackServer, **options: Any) -> AsyncWebClient:
    """The real client, without the retry after a broken connection that it has by default."""
    given = {"token": server.token, "base_url": server.api_url, "retry_handlers": []} | options
    return AsyncWebClient(**given)


async def error(call: Awaitable[Any]) -> str:
    """Slack's error of a call that fails."""
    try:
        await call
    except SlackApiError as refused:
        return str(refused.response["error"])
    raise AssertionError("the call was not refused")


class Listener:
    """A Bolt app that notes what it is sent; `slow` seconds pass before it acknowledges."""

    def __init__(self, server: SlackServer, kinds: tuple[str, ...] = ()) -> None:
        self.client = AsyncWebClient(token=server.token, base_url=server.api_url)
        self.app = AsyncApp(client=self.client, signing_secret=server.signing_secret)
        self.heard: asyncio.Queue[Json] = asyncio.Queue()
        self.slow = 0.0
        self.app.use(self._note)
        for kind in kinds or KINDS:
            self.app.event(kind)(self._acknowledge)

    async def _note(self, body: Json, next: Any) -> None:
        self.heard.put_nowait(body)
        await asyncio.sleep(self.slow)
        await next()

    async def _acknowledge(self) -> None:
        pass

    async def bodies(self, count: int) -> list[Json]:
        """What it was sent next, so many."""
        async with asyncio.timeout(20):
            return [await self.heard.get() for _ in range(count)]

    async def events(self, count: int) -> list[Json]:
        """The next events, so many."""
        return [body["event"] for body in await self.bodies(count)]


@asynccontextmanager
async def connected(server: SlackServer, listener: Listener) -> AsyncIterator[None]:
    """While it is entered, a listener has a connection, and mends it when it breaks.

    close_async alone leaves the tasks that it cancels to end by themselves: they are waited for,
    so that no pending task outlives the loop.
    """
    # Its methods are untyped.
    handler: Any = AsyncSocketModeHandler(listener.app, server.app_token, ping_interval=0.05)
    connections = len(server.sockets.connected)
    try:
        await handler.connect_async()
        await server.ready(connections + 1)
        yield
    finally:
        client = handler.client
        await handler.close_async()
        for task in (client.message_processor, client.current_session_monitor):
            if task is not None:
                with contextlib.suppress(asyncio.CancelledError):
                    await task


@asynccontextmanager
async def by_socket(server: SlackServer, *kinds: str) -> AsyncIterator[Listener]:
    """A listener with a connection; `kinds` are the events that it acknowledges."""
    listener = Listener(server, kinds)
    async with connected(server, listener):
        yield listener


@asynccontextmanager
async def by_http(server: SlackServer, *kinds: str) -> AsyncIterator[Listener]:
    """A listener with an endpoint that everything is delivered to."""
    listener = Listener(server, kinds)

    async def handle(request: web.Request) -> web.Response:
        answer = await listener.app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    endpoint = web.Application()
    endpoint.router.add_post("/slack/events", handle)
    runner = web.AppRunner(endpoint, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.listen_at(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        yield listener
    finally:
        await runner.cleanup()
