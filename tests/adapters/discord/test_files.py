"""How files are fetched: over a real socket, no more than is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from adapters.discord.files import fetch
from adapters.reading import FileRef
from bot.chat import Chat
from tests.adapters.discord.listening import Place, listening
from tests.adapters.discord.serving import serving
from tests.fakes.discord_server import DiscordServer


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A guild, and a client in it."""
    async with listening() as place:
        yield place


async def test_a_file_is_fetched_as_it_is(place: Place) -> None:
    """Its bytes; of a longer one the first ones."""
    reading = await place.reads("", attachments={"message.txt": "猫".encode() * 100_000})
    (file,) = reading.files
    assert await fetch(place.bot, file, 1_000_000) == "猫".encode() * 100_000
    assert await fetch(place.bot, file, 10) == ("猫" * 4).encode()[:10]


async def test_a_file_that_is_gone_or_out_of_reach_says_so(place: Place) -> None:
    """By an error of aiohttp's."""
    base = place.server.api_url.removesuffix("/api/v10")
    for url in (f"{base}/attachments/1/a.txt", "http://127.0.0.1:1/a.txt"):
        with pytest.raises(aiohttp.ClientError):
            await fetch(place.bot, FileRef("a.txt", 1, url), 10)


async def test_no_more_of_a_file_is_read_than_is_asked_for(place: Place) -> None:
    """A server that never ends is left."""
    left = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 1024)
                await writer.drain()
        except ConnectionError:
            left.set()
        finally:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        file = FileRef("a.txt", 1, f"http://127.0.0.1:{port}/a.txt")
        assert await fetch(place.bot, file, 100_000) == b"x" * 100_000
        await left.wait()


async def test_a_call_with_nothing_but_a_file_that_cannot_be_read_is_about_that_file(
    chat: Chat,
) -> None:
    """What it is is told, though that was only seen when it was fetched."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("学校", tanaka), "general")
        async with serving(server, chat):
            file = {"memo.txt": b"\x89PNG\r\n\x1a\n\0\0"}
            server.user_says(channel, tanaka, server.bot.mention, attachments=file)
            await server.until(lambda: server.bot_messages(channel))
            (said,) = server.bot_messages(channel)
    assert "I cannot read a file that is no text." in said.text
