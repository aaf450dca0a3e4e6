"""Delivery by HTTP: signed requests to the app's own endpoint, as the Events API makes them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack_api.deliveries import Deliveries, Delivery, Undelivered
from tests.fakes.slack_api.world import World


def signature(secret: str, timestamp: str, body: str) -> str:
    """Slack's signature of a request, version 0."""
    text = f"v0:{timestamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Push:
    """A request as it was answered; status 0 where there was no answer in time."""

    headers: dict[str, str]
    body: str
    status: int
    answer: str


@dataclass(slots=True)
class Pushes:
    """Posts what is delivered to the app. `url` is where it listens, for all kinds."""

    world: World
    deliveries: Deliveries
    secret: str
    url: str = ""
    requests: list[Push] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections to the app."""
        if self._session is not None:
            await self._session.close()

    async def carry(self, delivery: Delivery, within: float) -> Any:
        """Post a delivery; acknowledged by a status of 2xx."""
        if delivery.notice.kind == "events_api":
            body, kind = json.dumps(delivery.payload), "application/json"
        else:
            body, kind = _form(delivery), "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind}
        if delivery.attempts:
            headers["x-slack-retry-num"] = str(delivery.attempts)
            headers["x-slack-retry-reason"] = delivery.reason
        self.deliveries.sent(delivery)
        try:
            push, answer_headers = await asyncio.wait_for(self.post(body, headers), within)
        except TimeoutError:
            self.requests.append(Push(headers, body, 0, ""))
            self.deliveries.late_acks.append(delivery)
            raise Undelivered("http_timeout") from None
        except aiohttp.ClientError:
            raise Undelivered("connection_failed") from None
        if self.deliveries.drops():
            raise Undelivered("connection_failed")
        if not 200 <= push.status < 300:
            final = answer_headers.get("x-slack-no-retry") == "1"
            raise Undelivered("http_error", final=final)
        if not push.answer:
            return None
        try:
            return json.loads(push.answer)
        except ValueError:
            return push.answer

    async def verify(self) -> bool:
        """Ask the app's endpoint for a challenge, as Slack does when an address is entered."""
        challenge = {"type": "url_verification", "token": "verification", "challenge": "猫"}
        push, _ = await self.post(json.dumps(challenge), {"Content-Type": "application/json"})
        return push.status == 200 and bool(json.loads(push.answer)["challenge"] == "猫")

    async def post(
        self, body: str, headers: dict[str, str], *, age: float = 0.0, secret: str | None = None
    ) -> tuple[Push, dict[str, str]]:
        """Post something, signed as it is now, or `age` seconds ago, or with another secret."""
        timestamp = str(int(self.world.clock.now() - age))
        signed = headers | {
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": signature(secret or self.secret, timestamp, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if self._session is None:
            self._session = aiohttp.ClientSession()
        async with self._session.post(self.url, data=body.encode(), headers=signed) as response:
            push = Push(signed, body, response.status, await response.text())
            self.requests.append(push)
            return push, {name.lower(): value for name, value in response.headers.items()}


def _form(delivery: Delivery) -> str:
    if delivery.notice.kind == "interactive":
        return urlencode({"payload": json.dumps(delivery.payload)})
    return urlencode(delivery.payload)
