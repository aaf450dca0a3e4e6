"""Requests as Slack signs them, and a small Bolt app that notes what reaches it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from adapters.slack.transport.http import EventServer

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_767_323_045.0

JSON, FORM = "application/json", "application/x-www-form-urlencoded"

MENTION: dict[str, Any] = {
    "type": "event_callback",
    "team_id": "T1",
    "api_app_id": "A1",
    "event_id": "Ev1",
    "authorizations": [{"team_id": "T1", "enterprise_id": None, "is_enterprise_install": False}],
    "event": {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.2", "text": "やあ"},
}
ACTION: dict[str, Any] = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1", "team_id": "T1"},
    "channel": {"id": "C1"},
    "actions": [{"type": "button", "action_id": "stop", "block_id": "b", "value": "1"}],
}
COMMAND = {"command": "/kaiwa", "text": "what is a payload?", "team_id": "T1", "user_id": "U1"}


def signature(timestamp: str, body: bytes, secret: str = SECRET) -> str:
    """What Slack writes into X-Slack-Signature."""
    signed = b"v0:" + timestamp.encode("utf-8", "surrogateescape") + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signed(body: bytes, content_type: str = JSON, *, at: float = NOW) -> dict[str, str]:
    """The headers of a request that Slack sends at some time."""
    timestamp = str(int(at))
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(timestamp, body),
    }


def form(fields: dict[str, str]) -> bytes:
    """A form's body."""
    return urlencode(fields).encode()


class Heard:
    """A Bolt app, and the bodies that its listeners ran with."""

    def __init__(self) -> None:
        self.bodies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.clock = NOW
        self.app = AsyncApp(name="heard", authorize=_authorize, request_verification_enabled=False)
        anything = re.compile(".*")
        for kind in ("event", "command", "action", "shortcut", "view", "options"):
            getattr(self.app, kind)(anything)(self._note)
        self.app.message(anything)(self._note)

    async def _note(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        await ack()
        self.bodies.put_nowait(body)

    async def next(self) -> dict[str, Any]:
        """The next body that a listener ran with."""
        async with asyncio.timeout(10):
            return await self.bodies.get()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """The address of the endpoint, while it listens."""
        server = EventServer(self.app, SECRET, "127.0.0.1", 0, clock=lambda: self.clock)
        await server.start()
        try:
            yield f"http://127.0.0.1:{server.port}/slack/events"
        finally:
            await server.close()


async def _authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
    return AuthorizeResult(
        enterprise_id=enterprise_id,
        team_id=team_id,
        bot_token="xoxb-1",
        bot_id="B1",
        bot_user_id="UBOT",
    )
