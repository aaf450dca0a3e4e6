"""The HTTP endpoint: Slack's events, and the pages that install the app in a workspace.

It knows sizes, signatures and the replies of HTTP; what an event means is Bolt's, and whom an
installation belongs to is its OAuth flow's. The text of a request is never logged.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.listening import Listener
from adapters.once import Once
from adapters.slack.transport.bodies import Malformed, bolt_request, read
from adapters.slack.transport.signatures import Signatures

log = logging.getLogger(__name__)

EVENTS_PATH = "/slack/events"
LARGEST = 1024 * 1024  # bytes of a body; Slack's own are below 100,000
READ_SECONDS = 10.0  # that a body may take; Slack itself waits 3 for the answer

_TIMESTAMP, _SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
# Nobody signs the headers, and Bolt has some of its own that change what runs.
_PASSED_ON = ("X-Slack-Retry-Num", "X-Slack-Retry-Reason")
_NOT_AGAIN = {"X-Slack-No-Retry": "1"}  # of what will be no better the next time

_Page = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


class EventServer:
    """Serves a Bolt app from `start` to `close`.

    Without `signing_secret` (Socket Mode) only the OAuth pages are there, and without an OAuth
    flow only /healthz. The app is to have request_verification_enabled=False: what is taken for
    Slack's is decided here. Port 0 is any free one. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        app: AsyncApp,
        signing_secret: str | None,
        host: str,
        port: int,
        *,
        path: str = EVENTS_PATH,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._signatures = Signatures(signing_secret, clock) if signing_secret else None
        self._listener = Listener(host, port, __name__)
        self._path = path
        self._taken = Once()  # signatures: Slack signs each delivery anew, with its own time
        self._refused = False  # the last request, and it was told

    @property
    def port(self) -> int:
        """Where it listens; before `start`, what was asked for."""
        return self._listener.port

    async def start(self) -> None:
        """Listen. Raises BotError where that cannot be."""
        application = web.Application(client_max_size=LARGEST)
        application.router.add_get("/healthz", _healthy)
        if self._signatures is not None:
            application.router.add_post(self._path, self._event)
        flow = self._app.oauth_flow
        if flow is not None:
            # Not for HEAD: what only looks at a link must not use up the state in it.
            for path, page in (
                (flow.install_path, flow.handle_installation),
                (flow.redirect_uri_path, flow.handle_callback),
            ):
                application.router.add_get(path, _served(page), allow_head=False)
        await self._listener.start(application)

    async def close(self) -> None:
        """Listen no more; answers under way may end."""
        await self._listener.close()

    async def _event(self, request: web.Request) -> web.Response:
        """Answer what Slack signed, once. Everything else is refused before it is parsed."""
        raw = await _read(request)
        timestamp = request.headers.get(_TIMESTAMP, "")
        signature = request.headers.get(_SIGNATURE, "")
        if self._signatures is None or not self._signatures.right(timestamp, signature, raw):
            if not self._refused:  # once: whoever sends them is not to fill the log
                log.warning(
                    "a request was refused: not signed with KAIWA_SLACK_SIGNING_SECRET, or too old"
                )
            self._refused = True
            raise web.HTTPUnauthorized
        self._refused = False
        if not self._taken.first(signature):  # a retry of Slack's may look so, or somebody's copy
            return web.Response()
        try:
            response = await self._answer(raw, request)
        except BaseException:  # Slack may try again in the same second
            self._taken.forget(signature)
            raise
        if response.status >= 400:
            self._taken.forget(signature)
        return response

    async def _answer(self, raw: bytes, request: web.Request) -> web.Response:
        """What Bolt answers to a body of Slack's."""
        passed_on = {n: request.headers[n] for n in _PASSED_ON if n in request.headers}
        try:
            asked = bolt_request(read(raw, request.content_type), passed_on, request.query_string)
        except Malformed as error:
            log.warning("a signed request is malformed: %s", error)
            return web.Response(status=400, headers=_NOT_AGAIN)
        try:
            return await to_aiohttp_response(await self._app.async_dispatch(asked))
        except Exception:
            log.exception("Bolt could not answer a request")
            return web.Response(status=400)


async def _read(request: web.Request) -> bytes:
    """The body. Raises what is answered where it is too large, too slow or broken off."""
    if (request.content_length or 0) > LARGEST:
        raise _too_large()
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large() from None
    except TimeoutError:
        refusal: web.HTTPException = web.HTTPRequestTimeout()
    except Exception as error:  # chunks or compression that are none, or nobody there any more
        log.debug("a body could not be read: %s", type(error).__name__)
        refusal = web.HTTPBadRequest()
    refusal.force_close()
    raise refusal


def _too_large() -> web.HTTPException:
    """The refusal of a body; what comes of it is not waited for."""
    refusal = web.HTTPRequestEntityTooLarge(LARGEST)
    refusal.force_close()
    return refusal


def _served(page: _Page) -> Callable[[web.Request], Awaitable[web.Response]]:
    """One of the OAuth flow's pages, for aiohttp."""

    async def handle(request: web.Request) -> web.Response:
        cookies = request.headers.getall("Cookie", [])
        try:
            asked = AsyncBoltRequest(
                body="", query=request.query_string, headers={"cookie": cookies}
            )
            return await to_aiohttp_response(await page(asked))
        except Exception:
            log.exception("the page %s failed", request.path)
            raise web.HTTPBadRequest from None

    return handle


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="ok")
