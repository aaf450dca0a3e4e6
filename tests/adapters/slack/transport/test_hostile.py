"""What Slack did not send, 10,000 times: nothing of the bot's runs."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import yarl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.slack.transport.hostile import ACCEPTED, HOSTILE, Hostile
from tests.adapters.slack.transport.signing import MENTION, Heard, signed


class Connection:
    """A connection that is kept, over which requests go without waiting for answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def statuses(self, requests: list[bytes]) -> list[int]:
        """Send some, and read as many answers."""
        self._writer.write(b"".join(requests))
        return [await self._status() for _ in requests]

    async def _status(self) -> int:
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        await self._reader.readexactly(int(length))
        return int(head.split(b" ", 2)[1])

    async def close(self) -> None:
        """End it."""
        self._writer.close()
        await self._writer.wait_closed()


EXAMPLES, REQUESTS, CONNECTIONS = 250, 40, 4  # 10,000 requests together


def test_of_10_000_malformed_unsigned_stale_or_replayed_requests_none_runs_a_listener() -> None:
    """Unsigned and stale ones are 401, malformed ones 400, and a copy in time is acknowledged."""
    heard, answered = Heard(), Counter[tuple[str, int]]()

    async def send(url: str, requests: list[Hostile]) -> None:
        written = [request.written() for request in requests]
        open = [
            Connection(*await asyncio.open_connection("127.0.0.1", yarl.URL(url).port))
            for _ in range(CONNECTIONS)
        ]
        try:
            async with asyncio.timeout(30):
                parts = await asyncio.gather(
                    *(each.statuses(written[n::CONNECTIONS]) for n, each in enumerate(open))
                )
        finally:
            for each in open:
                await each.close()
        for n, part in enumerate(parts):
            for request, status in zip(requests[n::CONNECTIONS], part, strict=True):
                assert status in request.statuses, (status, request)
                answered[request.kind, status] += 1

    with asyncio.Runner() as runner:
        served = heard.served()
        url = runner.run(served.__aenter__())
        try:

            @settings(
                max_examples=EXAMPLES,
                database=None,
                derandomize=True,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            )
            @given(st.lists(HOSTILE, min_size=REQUESTS, max_size=REQUESTS))
            def refused(requests: list[Hostile]) -> None:
                runner.run(send(url, requests))

            runner.run(accepted(url))
            refused()
            assert runner.run(heard.next()) == MENTION and heard.bodies.empty()
        finally:
            runner.run(served.__aexit__(None, None, None))
    assert answered.total() == EXAMPLES * REQUESTS == 10_000
    assert {kind for kind, _ in answered} == {
        "unsigned", "wrongly signed", "stale", "replayed", "malformed",
    }  # fmt: skip
    assert answered["malformed", 400] > 500 and answered["replayed", 200] > 500


async def accepted(url: str) -> None:
    """Have the one request accepted that is replayed."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=ACCEPTED, headers=signed(ACCEPTED)) as answer,
    ):
        assert answer.status == 200
