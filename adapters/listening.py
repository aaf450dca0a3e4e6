"""Listening for HTTP, for every adapter that does: what is logged, and what is said where it
cannot."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket

from aiohttp import web

from adapters.connections import HEADER_SECONDS, IDLE_SECONDS, NO_FILES_LEFT, Door
from bot.errors import BotError, system_reason

_PASSIVE = socket.AI_PASSIVE
CLOSING_SECONDS = 3.0  # that answers under way have to end when it listens no more


class Listener:
    """Serves an application at an address, and logs no text of a request under `name`."""

    def __init__(
        self, host: str, port: int, name: str, *, header_seconds: float = HEADER_SECONDS
    ) -> None:
        self._host = host
        self._port = port
        self._name = name
        self._header_seconds = header_seconds
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._door: Door | None = None

    @property
    def port(self) -> int:
        """Where it listens; before `start`, what was asked for."""
        sockets = self._server.sockets if self._server else ()
        return int(sockets[0].getsockname()[1]) if sockets else self._port

    async def start(self, application: web.Application) -> None:
        """Listen. Raises BotError where that cannot be."""
        protocol = logging.getLogger(f"{self._name}.protocol")
        protocol.addFilter(without_text)
        logging.getLogger("asyncio").addFilter(NO_FILES_LEFT)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            logger=protocol,
            keepalive_timeout=IDLE_SECONDS,
            shutdown_timeout=CLOSING_SECONDS,
        )
        await self._runner.setup()
        assert self._runner.server is not None
        log = logging.getLogger(self._name)
        self._door = Door(self._runner.server, log, self._header_seconds)
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._door, self._host, self._port
            )
        except OSError as error:
            await self.close()
            raise cannot_listen(self._host, self._port, error) from error

    async def close(self) -> None:
        """Listen no more; answers under way may end."""
        runner, self._runner = self._runner, None
        if self._server is not None:
            self._server.close()
        if self._door is not None:
            self._door.close()
        if runner is not None:
            await runner.cleanup()


def try_to_listen(host: str, port: int) -> None:
    """See that one could listen there, without doing so. Raises BotError."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            with socket.socket(family, kind, protocol) as tried:
                if os.name == "posix":  # as asyncio does it
                    tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                tried.bind(address)
                tried.listen()
    except OSError as error:
        raise cannot_listen(host, port, error) from error


def without_text(record: logging.LogRecord) -> bool:
    """aiohttp shows what was no HTTP in its traceback, which may be the rest of a body."""
    if record.exc_info and record.exc_info[0]:
        record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
        record.exc_info = None
    return True


def cannot_listen(host: str, port: int, error: OSError) -> BotError:
    """What to do about it."""
    if error.errno == errno.EADDRINUSE:
        return BotError(
            f"Port {port} is taken: another program, perhaps another Kaiwa, listens there. "
            "End it, or set another port.",
            f"ポート{port}は使用中です。ほかのプログラム（別のKaiwaかもしれません）が"
            "使っています。それを終了するか、別のポートを設定してください。",
        )
    english, japanese = system_reason(error)
    return BotError(
        f"Kaiwa cannot listen at {host}, port {port} ({english}). Set a host that is this "
        "machine's, such as 0.0.0.0 or 127.0.0.1, and a port above 1023.",
        f"{host} のポート{port}で待ち受けできません（{japanese}）。0.0.0.0 や 127.0.0.1 など"
        "このマシンのホストと、1024以上のポートを設定してください。",
    )
