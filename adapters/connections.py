"""The connections of who listens for HTTP: how many there may be, and how long one may take to say
what it wants.

A connection whose header is not whole makes way for a new one where there are too many; where all
have asked for something, the new one is told that the server is busy. Knows nothing of what is
asked.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEADER_SECONDS = 10.0  # from the connection on, in which a first request's header is to be whole
IDLE_SECONDS = 75.0  # of a connection between requests; proxies close theirs earlier
MOST = 512  # connections, and half of what files this process may open
TOLD_SECONDS = 60.0  # between two lines of the log of the same kind

_BUSY = (
    "ただいま混み合っています。少し待ってからもう一度お試しください。\n"
    "Busy. Please try again in a moment.\n"
).encode()
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Retry-After: 5\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(_BUSY), _BUSY)
)


def most_connections() -> int:
    """As many as this process has files left for, with what else it opens."""
    try:
        import resource
    except ImportError:  # not on every system
        return MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(1, min(MOST, files // 2))


class Door:
    """Makes the protocol of each new connection of aiohttp's server."""

    def __init__(
        self, server: web.Server, log: logging.Logger, header_seconds: float = HEADER_SECONDS
    ) -> None:
        self._server = server
        self._log = log
        self._header_seconds = header_seconds
        self._most = most_connections()
        self._silent: dict[RequestHandler, asyncio.TimerHandle] = {}  # the oldest first
        self._told = float("-inf")
        self._make_request = server.request_factory
        server.request_factory = self._asked

    def __call__(self) -> asyncio.Protocol:
        """For one more connection."""
        if len(self._server.connections) >= self._most:
            self._tell()
            if not self._make_way():
                return _Refused()
        handler = self._server()
        loop = asyncio.get_running_loop()
        self._silent[handler] = loop.call_later(self._header_seconds, self._close, handler)
        return handler

    def close(self) -> None:
        """Nobody is waited for any more."""
        for timer in self._silent.values():
            timer.cancel()
        self._silent.clear()

    def _asked(self, message: Any, payload: Any, protocol: RequestHandler, *more: Any) -> Any:
        """A header is whole."""
        if timer := self._silent.pop(protocol, None):
            timer.cancel()
        return self._make_request(message, payload, protocol, *more)

    def _close(self, handler: RequestHandler) -> None:
        """Close a connection that has not asked for anything."""
        self._silent.pop(handler).cancel()
        handler.force_close()

    def _make_way(self) -> bool:
        # Not one that was accepted just now: told to close by now, aiohttp would never do so.
        oldest = next((each for each in self._silent if each.transport is not None), None)
        if oldest is not None:
            self._close(oldest)
        return oldest is not None

    def _tell(self) -> None:
        now = time.monotonic()
        if now >= self._told + TOLD_SECONDS:
            self._told = now
            self._log.warning("there are %d connections: no more are served", self._most)


class _Refused(asyncio.Protocol):
    """A connection that is told that there are too many, and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so; what it wanted is not waited for."""
        transport = cast(asyncio.Transport, transport)
        transport.write(_REFUSAL)
        transport.close()


class NoFilesLeft(logging.Filter):
    """Has asyncio say once in a while that it can accept no connection, for lack of files.

    It says so a hundred times a second, with a traceback each; and as often, when nobody listens
    any more, that this is so.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is shown."""
        said = str(record.msg)
        if said.startswith("Exception in callback BaseSelectorEventLoop._start_serving("):
            return False
        if not said.startswith("socket.accept() out of system resource"):
            return True
        now = time.monotonic()
        if now < self._told + TOLD_SECONDS:
            return False
        self._told = now
        record.msg = (
            "no connection can be accepted: this process may open no more files (ulimit -n). "
            "It is tried again every second"
        )
        record.args = record.exc_info = record.exc_text = None
        return True


NO_FILES_LEFT = NoFilesLeft()
