"""Server-sent events from bytes, as servers write them and not only as they should.

Each `data:` line is an event of its own, also where no empty line follows; an error may be a
field (`error: …`, older llama.cpp), an event's name (`event: error`), or bare JSON. Knows
nothing of what events say.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp

LONGEST_LINE = 16 * 2**20  # bytes of one event; a prompt's ids may come back in it


async def events(content: aiohttp.StreamReader) -> AsyncIterator[tuple[bool, bytes]]:
    """Each event's data, and whether the event is called an error."""
    error = False
    async for line in _lines(content):
        field, _, value = line.partition(b":")
        if not line:
            error = False
        elif field == b"event":
            error = value.strip() == b"error"
        elif field == b"data":
            yield error, value.strip()
        elif field == b"error":
            yield True, value.strip()
        elif line.startswith(b"{"):
            yield error, line


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a stream; aiohttp's own reading of lines refuses long ones."""
    held = bytearray()
    async for data in content.iter_any():
        held += data
        *lines, rest = held.split(b"\n")
        held = rest
        for line in lines:
            yield bytes(line.rstrip(b"\r"))
        if len(held) > LONGEST_LINE:
            raise aiohttp.ClientPayloadError("a line has no end")
    if held:
        yield bytes(held.rstrip(b"\r"))
