"""Socket Mode: the connections that the app opens, and what is delivered through them.

Each envelope goes through one connection, drawn by lot, and is acknowledged through any.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.slack_api.deliveries import Deliveries, Delivery, Undelivered
from tests.fakes.slack_api.objects import Json
from tests.fakes.slack_api.world import World

MOST = 10  # connections of one app


class Socket:
    """One connection. What is sent is queued, so that sending never waits."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws = ws
        self._transport = request.transport
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._silent = False

    def send(self, message: Json) -> None:
        """Send something."""
        self.send_text(json.dumps(message))

    def send_text(self, text: str) -> None:
        """Send what is perhaps no JSON."""
        if not self._silent:
            self._queue.put_nowait(text)

    def fall_silent(self) -> None:
        """Take what is sent, and say nothing more, not even that a ping came: a path is lost."""
        self._silent = True
        self._ws._autoping = False

    def close(self) -> None:
        """Close after everything that has been sent."""
        self._queue.put_nowait(None)

    def abort(self) -> None:
        """Break the connection, with nothing said, and what is queued unsent."""
        if self._transport is not None:
            self._transport.abort()

    async def ping(self) -> None:
        """Ask the client for a pong."""
        await self._ws.ping()

    async def write(self) -> None:
        """Send what is queued, until closed."""
        try:
            while (text := await self._queue.get()) is not None:
                await self._ws.send_str(text)
            await self._ws.close()
        except ConnectionError:
            pass  # the reader notices too, and ends the connection


@dataclass(eq=False, slots=True)
class _Sent:
    delivery: Delivery
    socket: Socket
    acked: asyncio.Future[Any]


@dataclass(slots=True)
class Sockets:
    """All connections. `connects` counts them since the start; `open` refuses new ones if false.

    strays: what the client sent that acknowledges nothing
    """

    world: World
    deliveries: Deliveries
    open: bool = True
    connects: int = 0
    connected: list[Socket] = field(default_factory=list)
    strays: list[Json] = field(default_factory=list)
    _tickets: set[str] = field(default_factory=set)
    _sent: dict[str, _Sent] = field(default_factory=dict)

    def ticket(self) -> str:
        """An address that can be connected to once."""
        ticket = self.world.id("ticket")
        self._tickets.add(ticket)
        base = self.world.url.replace("http", "ws", 1)
        return f"{base}/link/?ticket={ticket}&app_id={self.world.app_id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets or not self.open or len(self.connected) >= MOST:
            raise web.HTTPForbidden
        self._tickets.remove(ticket)
        ws = web.WebSocketResponse(max_msg_size=0)
        await ws.prepare(request)
        socket = Socket(ws, request)
        self.connected.append(socket)
        self.connects += 1
        socket.send(
            {
                "type": "hello",
                "num_connections": len(self.connected),
                "debug_info": {"host": "fake", "approximate_connection_time": 18060},
                "connection_info": {"app_id": self.world.app_id},
            }
        )
        writing = asyncio.create_task(socket.write())
        self.world.touch()
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._hear(socket, message.data)
        finally:
            self.connected.remove(socket)
            writing.cancel()
            self._lose(socket)
            self.world.touch()
        return ws

    def _hear(self, socket: Socket, text: str) -> None:
        message = json.loads(text)
        sent = self._sent.get(message.get("envelope_id", ""))
        if sent is None:
            self.strays.append(message)
        elif sent.acked.done():  # too late, or twice
            if sent.delivery not in self.deliveries.late_acks and sent.acked.cancelled():
                self.deliveries.late_acks.append(sent.delivery)
        elif self.deliveries.drops():
            socket.abort()
        else:
            sent.acked.set_result(message.get("payload"))

    def _lose(self, socket: Socket) -> None:
        for sent in self._sent.values():
            if sent.socket is socket and not sent.acked.done():
                sent.acked.set_exception(Undelivered("connection_failed", broken=True))

    async def carry(self, delivery: Delivery, within: float) -> Any:
        """Send an envelope and wait for its acknowledgement."""
        if not self.connected:
            if not self.deliveries.waits:
                raise Undelivered("no_connection", final=True)
            try:
                await self.world.until(lambda: self.connected, self.deliveries.waits)
            except TimeoutError:
                raise Undelivered("no_connection") from None
        socket = self.deliveries.random.choice(self.connected)
        id = f"{delivery.envelope_id}-{delivery.attempts}"
        envelope: Json = {
            "envelope_id": id,
            "type": delivery.notice.kind,
            "accepts_response_payload": delivery.notice.kind != "events_api",
            "payload": delivery.payload,
        }
        if delivery.notice.kind == "events_api":
            envelope |= {"retry_attempt": delivery.attempts, "retry_reason": delivery.reason}
        acked: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._sent[id] = _Sent(delivery, socket, acked)
        socket.send(envelope)
        self.deliveries.sent(delivery)
        try:
            answer = await asyncio.wait_for(acked, within)
        except TimeoutError:
            raise Undelivered("timeout") from None
        del self._sent[id]
        return answer

    def disconnect(self, reason: str) -> None:
        """Tell the connections that they end: "warning", "refresh_requested", "link_disabled".

        After a warning they stay open for some seconds yet; here until the client leaves.
        """
        for socket in self.connected:
            socket.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})
            if reason != "warning":
                socket.close()
