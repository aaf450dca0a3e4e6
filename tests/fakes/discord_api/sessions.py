"""The gateway's sockets, with or without compression, and the sessions that outlive them."""

from __future__ import annotations

import asyncio
import importlib
import json
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_api.objects import Guild, Json

HEARTBEAT = 1
BACKLOG = 20_000  # events that a session can be sent again
ASK_EVERY = 500  # events, after which the client is asked how far it is, to keep the backlog short


def compressor(asked: str | None) -> Callable[[bytes], bytes] | None:
    """What compresses one connection's messages, each flushed so that it can be read alone."""
    if asked == "zlib-stream":
        deflate = zlib.compressobj()
        return lambda text: deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if asked == "zstd-stream":  # discord.py asks for it where one of these can be imported
        try:
            zstandard: Any = importlib.import_module("zstandard")
        except ImportError:
            zstd: Any = importlib.import_module("compression.zstd").ZstdCompressor()
            return lambda text: bytes(zstd.compress(text, zstd.FLUSH_BLOCK))
        frame = zstandard.ZstdCompressor().compressobj()
        block = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return lambda text: bytes(frame.compress(text) + frame.flush(block))
    return None


class Socket:
    """One connection. What is sent is queued, so that sending never waits."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self.session: Session | None = None
        self.silent = False  # takes what is sent, and passes nothing on: a path that is lost
        self._ws = ws
        self._transport = request.transport
        self._compress = compressor(request.query.get("compress"))
        self._queue: asyncio.Queue[str | int] = asyncio.Queue()

    def send(self, op: int, data: Any = None) -> None:
        """Send something that is not an event."""
        self.send_text(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def send_text(self, text: str) -> None:
        """Send what has been written already."""
        if not self.silent:
            self._queue.put_nowait(text)

    def close(self, code: int) -> None:
        """Close after everything that has been sent."""
        self._queue.put_nowait(code)

    def abort(self) -> None:
        """Break the connection, with nothing said, and what is queued unsent."""
        if self._transport is not None:
            self._transport.abort()

    async def write(self) -> None:
        """Send what is queued, until closed."""
        try:
            while isinstance(item := await self._queue.get(), str):
                if self._compress is None:
                    await self._ws.send_str(item)
                else:
                    await self._ws.send_bytes(self._compress(item.encode()))
            await self._ws.close(code=item)
        except ConnectionError:
            pass  # the reader notices too, and ends the connection


@dataclass(eq=False, slots=True)
class Session:
    """What IDENTIFY began; it outlives its sockets until the client or the server ends it."""

    id: str
    shard: int
    shards: int
    intents: int
    socket: Socket | None = None
    seq: int = 0
    backlog: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=BACKLOG))

    def owns(self, guild: Guild | None) -> bool:
        """Whether its shard is the one that hears of this guild; None is direct messages."""
        return self.shard == ((guild.id >> 22) % self.shards if guild else 0)

    def dispatch(self, name: str, payload: Json) -> None:
        """Number an event, keep it for a RESUME, and send it if there is a socket."""
        self.seq += 1
        text = json.dumps({"op": 0, "t": name, "s": self.seq, "d": payload})
        self.backlog.append((self.seq, text))
        if self.socket is not None:
            self.socket.send_text(text)
            if self.seq % ASK_EVERY == 0:
                self.socket.send(HEARTBEAT)

    def received(self, seq: int) -> None:
        """The client has everything up to here."""
        while self.backlog and self.backlog[0][0] <= seq:
            self.backlog.popleft()
