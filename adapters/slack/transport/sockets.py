"""Socket Mode: a connection to Slack through which events come, kept up and watched.

slack_sdk's client reads and acknowledges; when to connect anew is decided here, since the client
notices a lost connection only at the rhythm of its pings, and complains with a traceback.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import NO_TOKEN, UNREACHABLE, code_of
from adapters.slack.transport.bodies import Malformed, bolt_request

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2  # between looks at whether the connection stands
PING_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between attempts to connect

_RETRY_NUM, _RETRY_REASON = "X-Slack-Retry-Num", "X-Slack-Retry-Reason"

Changed = Callable[[bool, str], Awaitable[None]]


class SocketConnection:
    """Runs a Bolt app over Socket Mode.

    `changed` is told when a connection stands (True), and when it is lost or cannot be made
    (False), with why.
    """

    def __init__(
        self, app: AsyncApp, app_token: str, web_client: AsyncWebClient, changed: Changed
    ) -> None:
        self._app = app
        self._changed = changed
        self._web_client = web_client
        self._client: Any = _Client(  # its methods are untyped
            app_token=app_token,
            logger=_quiet_logger(),
            web_client=web_client,
            auto_reconnect_enabled=False,
            ping_interval=PING_SECONDS,
        )
        self._client.message_listeners.append(self._message)

    async def run(self) -> None:
        """Be connected until cancelled. Raises SlackApiError where Slack refuses the token."""
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    opened = await self._web_client.apps_connections_open(
                        app_token=self._client.app_token
                    )
                    self._client.wss_uri = opened["url"]
                    async with asyncio.timeout(30):
                        await self._client.connect()
                except SlackApiError as error:
                    if code_of(error) in NO_TOKEN:
                        raise
                    reason = code_of(error) or "no answer"
                except UNREACHABLE as error:
                    reason = type(error).__name__
                else:
                    pause = FIRST_PAUSE
                    await self._changed(True, "")
                    await self._stands()
                    await self._changed(False, "the connection was lost")
                    continue
                await self._changed(False, f"{reason}; trying again in {pause:.0f} s")
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            await self._close()

    async def _stands(self) -> None:
        """Return when the connection does not stand any more."""
        connecting = self._client.connect_operation_lock.locked
        while connecting() or await self._client.is_connected():  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(LOOK_SECONDS)

    async def _message(
        self, client: AsyncBaseSocketModeClient, message: dict[str, Any], _raw: str | None
    ) -> None:
        """Answer an envelope. What cannot be read is acknowledged too, or it would come again."""
        envelope = message.get("envelope_id")
        if not isinstance(envelope, str):  # hello, and what tells of the connection
            return
        asked = SocketModeRequest(str(message.get("type")), envelope, {})
        try:
            answer = await self._app.async_dispatch(_read(message))
        except Malformed as error:
            log.warning("what Slack sent cannot be read, and is left out: %s", error)
            answer = BoltResponse(status=200)
        with suppress(*UNREACHABLE, AttributeError):  # the connection is gone: it comes again
            await send_async_response(client, asked, answer, 0.0)

    async def _close(self) -> None:
        """Close, and wait for the tasks that the client only cancels."""
        client = self._client
        tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
        await client.close()
        waiting = [task for task in tasks if task is not None]
        await asyncio.wait(waiting)


class _Client(SocketModeClient):
    """Tells of a message that is no JSON, where slack_sdk would log its text."""

    async def process_message(self) -> None:
        """Take the next message."""
        try:
            await super().process_message()  # type: ignore[no-untyped-call]  # it has no types
        except (ValueError, RecursionError) as error:
            log.warning("what Slack sent is no JSON, and is left out: %s", type(error).__name__)


def _read(message: dict[str, Any]) -> AsyncBoltRequest:
    """What Bolt is to answer to an envelope. Raises Malformed."""
    payload = message.get("payload")
    if not isinstance(payload, dict):
        raise Malformed("no payload")
    # As over HTTP; only Slack itself numbers what it sends again.
    attempt, reason = message.get("retry_attempt"), message.get("retry_reason")
    retried = {_RETRY_NUM: str(attempt)} if isinstance(attempt, int) else {}
    if isinstance(reason, str):
        retried[_RETRY_REASON] = reason
    return bolt_request(payload, retried, socket=True)


def _quiet_logger() -> logging.Logger:
    """A logger for the client whose complaints are `changed`'s to tell."""
    logger = logging.getLogger(f"{__name__}.client")
    logger.setLevel(logging.CRITICAL)
    return logger
