"""Prompts go to the servers that are configured, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.errors import BotError
from tests.bot.engine.remote.asking import engine, reply
from tests.fakes.openai_server import Fault, OpenAIServer

OTHER = "127.0.0.2"  # this machine too, and no address that anybody configured


class Listener:
    """Counts who comes."""

    def __init__(self) -> None:
        self.port = 0
        self.came = 0

    async def heard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody came."""
        self.came += 1
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    """A server at another address."""
    counting = Listener()
    server = await asyncio.start_server(counting.heard, OTHER, 0)
    async with server:
        counting.port = server.sockets[0].getsockname()[1]
        yield counting


async def test_only_servers_that_are_configured_are_connected_to(
    server: OpenAIServer, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a proxy that the environment names for other programs, nor where a server sends one."""
    elsewhere = f"http://{OTHER}:{listener.port}"
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, elsewhere)
    async with engine(server) as remote_engine:
        assert (await reply(remote_engine)).text == "こんにちは。"
        location = {"Location": f"{elsewhere}/v1/completions"}
        server.faults += [Fault(status=307, headers=location)] * 9
        with pytest.raises(BotError):
            await reply(remote_engine)
    assert server.requests and not listener.came
    _, writer = await asyncio.open_connection(OTHER, listener.port)  # it does count
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(20):
        while not listener.came:  # noqa: ASYNC110, no event
            await asyncio.sleep(0.001)
