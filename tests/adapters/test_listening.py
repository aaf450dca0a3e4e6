"""Who listens for HTTP keeps what is unfinished, and what is too much, within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from adapters import connections
from adapters.listening import Listener

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HOST = "127.0.0.1"
ASKED = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@contextlib.asynccontextmanager
async def listening(header_seconds: float = 30.0) -> AsyncIterator[Callable[[], Awaitable[Pair]]]:
    """A server that answers "ok", and how to connect to it."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    application = web.Application()
    application.router.add_get("/", answer)
    listener = Listener(HOST, 0, "kaiwa.test", header_seconds=header_seconds)
    await listener.start(application)
    opened: list[asyncio.StreamWriter] = []

    async def connect() -> Pair:
        reader, writer = await asyncio.open_connection(HOST, listener.port)
        opened.append(writer)
        return reader, writer

    try:
        yield connect
    finally:
        for writer in opened:
            writer.close()
        await asyncio.gather(*(w.wait_closed() for w in opened), return_exceptions=True)
        await listener.close()


async def ask(connection: Pair) -> bytes:
    """The first line of the answer."""
    reader, writer = connection
    writer.write(ASKED)
    async with asyncio.timeout(10):
        return await reader.readline()


async def closed(connection: Pair) -> None:
    """Wait until the server closes it."""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError):
            await connection[0].read()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n"])
async def test_a_header_that_does_not_come_is_not_waited_for(sent: bytes) -> None:
    """Whatever of it is there: the connection is closed."""
    async with listening(header_seconds=0.05) as connect:
        slow = await connect()
        slow[1].write(sent)
        await closed(slow)


async def test_who_has_asked_keeps_the_connection() -> None:
    """And asks again by it, later than a first header may take."""
    async with listening(header_seconds=0.5) as connect:
        kept = await connect()
        assert await ask(kept) == b"HTTP/1.1 200 OK\r\n"
        slow = await connect()
        await closed(slow)
        kept[1].write(ASKED)
        async with asyncio.timeout(10):
            assert b"HTTP/1.1 200 OK" in await kept[0].readuntil(b"200 OK")


async def test_where_there_are_too_many_who_said_nothing_makes_way(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The oldest first; who asked for something is left alone, and the log tells of it once."""
    monkeypatch.setattr(connections, "most_connections", lambda: 4)
    caplog.set_level(logging.WARNING, "kaiwa.test")
    async with listening() as connect:
        kept = await connect()
        assert await ask(kept) == b"HTTP/1.1 200 OK\r\n"
        silent = [await connect() for _ in range(3)]
        for each in silent:
            newcomer = await connect()
            assert await ask(newcomer) == b"HTTP/1.1 200 OK\r\n"
            await closed(each)
        kept[1].write(ASKED)
        async with asyncio.timeout(10):
            await kept[0].readuntil(b"200 OK")
    assert [r.getMessage() for r in caplog.records].count(
        "there are 4 connections: no more are served"
    ) == 1


async def test_where_all_have_asked_a_newcomer_is_told_that_it_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In words, and closed; and served as soon as somebody goes."""
    monkeypatch.setattr(connections, "most_connections", lambda: 2)
    async with listening() as connect:
        asked = [await connect() for _ in range(2)]
        for each in asked:
            assert await ask(each) == b"HTTP/1.1 200 OK\r\n"
        reader, _ = await connect()
        async with asyncio.timeout(10):
            told = (await reader.read()).decode()
        assert told.startswith("HTTP/1.1 503 ") and "Retry-After: 5" in told
        assert "ただいま混み合っています" in told and "Please try again" in told
        asked[0][1].close()
        await asked[0][1].wait_closed()
        async with asyncio.timeout(10):
            while not (await ask(await connect())).startswith(b"HTTP/1.1 200"):
                pass


# A process of its own: it may open few files, and this one needs some.
_SCARCE = """
import asyncio, logging, os, resource, socket, sys
from aiohttp import web
from adapters import connections
from adapters.listening import Listener

def take_all():
    waste = []
    while True:
        try:
            waste.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            return waste

def give_back(waste):
    for each in waste:
        os.close(each)

async def main():
    logging.basicConfig(level=logging.WARNING, format="LOG %(message)s", stream=sys.stdout)
    async def answer(_):
        return web.Response(text="ok")
    application = web.Application()
    application.router.add_get("/", answer)
    connections.most_connections = lambda: 512
    listener = Listener("127.0.0.1", 0, "kaiwa.test")
    await listener.start(application)
    files = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files + 6, files + 6))
    clients = []
    while len(clients) < 20:
        try:
            client = socket.socket()
        except OSError:
            break
        client.setblocking(False)
        clients.append(client)
    for client in clients[3:]:
        client.close()
    for client in clients[:3]:  # three of the six are theirs, as many the server's: none is left
        try:
            client.connect(("127.0.0.1", listener.port))
        except BlockingIOError:
            pass
    loop = asyncio.get_running_loop()
    waste = take_all()
    await asyncio.sleep(0.1)
    loop.call_later(1.2, give_back, waste)
    for client in clients[:3]:
        await loop.sock_sendall(client, b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
        print((await loop.sock_recv(client, 100)).split(b"\\r\\n")[0].decode())
        client.close()
    client = socket.create_connection(("127.0.0.1", listener.port))
    waste = take_all()
    await asyncio.sleep(0.1)
    await listener.close()
    give_back(waste)
    await asyncio.sleep(1.1)  # what was to be tried again is not

asyncio.run(main())
"""


def test_where_no_file_is_left_the_log_has_one_line_and_it_recovers() -> None:
    """asyncio itself writes a hundred a second, each with a traceback."""
    ran = subprocess.run(
        [sys.executable, "-c", _SCARCE], capture_output=True, text=True, timeout=60, check=False
    )
    lines = ran.stdout.splitlines()
    told = [line for line in lines if line.startswith("LOG ")]
    assert lines.count("HTTP/1.1 200 OK") == 3, ran.stdout + ran.stderr
    assert len(told) == 1 and "no connection can be accepted" in told[0], ran.stdout
    assert ran.stderr == ""


def test_the_bound_leaves_files_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what may be opened, and 512 at most."""
    for limit, most in ((1_024, 512), (256, 128), (1, 1), (1 << 20, 512), (-1, 512)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert connections.most_connections() == most


def test_other_lines_of_asyncios_log_are_left_alone() -> None:
    """Only what it says a hundred times a second is said once."""
    once = connections.NoFilesLeft()
    lines = ["socket.accept() out of system resource\nsocket: x", "Task exception", "%s"]
    records = [logging.makeLogRecord({"msg": line}) for line in (*lines, *lines)]
    assert [once.filter(record) for record in records] == [True, True, True, False, True, True]


async def test_of_two_that_come_at_once_one_gets_the_place_and_the_other_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was accepted a moment ago is not what makes way."""
    monkeypatch.setattr(connections, "most_connections", lambda: 2)
    async with listening() as connect:
        asked = await connect()
        assert await ask(asked) == b"HTTP/1.1 200 OK\r\n"
        silent = await connect()
        address = silent[1].get_extra_info("peername")
        with socket.create_connection(address) as first, socket.create_connection(address) as next:
            for each in (first, next):
                each.sendall(ASKED)
                each.setblocking(False)
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(10):
                told = [await loop.sock_recv(each, 12) for each in (first, next)]
        assert told == [b"HTTP/1.1 200", b"HTTP/1.1 503"]
