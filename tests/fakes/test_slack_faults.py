"""How the fake Slack's Web API fails, is slow, and limits."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack_api.listening import client_of, error
from tests.fakes.slack_server import SlackServer


async def test_faults_on_demand_and_by_chance() -> None:
    """429 with its header, errors of the server, broken connections, before or after the effect."""
    async with SlackServer(seed=2) as server:
        client, general = client_of(server), server.channel("general")

        async def post() -> str:
            try:
                await client.chat_postMessage(channel=general.id, text="a")
            except SlackApiError as refused:
                return str(refused.response.status_code)
            except aiohttp.ClientError:
                return "broken"
            return "ok"

        server.faults.add("chat.postMessage", status=429, retry_after=3)
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=general.id, text="a")
        assert caught.value.response["error"] == "ratelimited"
        assert caught.value.response.headers["Retry-After"] == "3"
        server.faults.add("chat.postMessage", status=503, after=True)
        server.faults.add("chat.postMessage", status=0)
        server.faults.add("chat.postMessage", error="internal_error")
        assert [await post() for _ in range(4)] == ["503", "broken", "200", "ok"]
        assert len(general.messages()) == 2
        server.faults.rate_limited = server.faults.server_error = server.faults.dropped = 0.2
        answers = [await post() for _ in range(30)]
        assert {"ok", "429", "broken"} < set(answers)


async def test_requests_can_be_held_and_their_times_are_kept() -> None:
    """A test stops the bot in the middle of a request, and looks at its pace."""
    async with SlackServer() as server:
        client, general = client_of(server), server.channel("general")
        with server.faults.hold("chat.postMessage") as hold:
            posting = asyncio.create_task(client.chat_postMessage(channel=general.id, text="a"))
            await hold.reached.wait()
            assert not general.messages()
            hold.release()
            await posting
        assert server.requests[0].method == "chat.postMessage"
        assert server.requests[0].channel == general.id
        assert server.requests[0].at <= time.monotonic()


async def test_slacks_own_limits_hold_where_a_test_sets_them() -> None:
    """About a post a second and channel; the SDK's own handler waits as long as it is told."""
    async with SlackServer() as server:
        server.pace.per_channel, server.pace.burst = 1.0, 2
        client, general = client_of(server), server.channel("general")
        for _ in range(2):
            await client.chat_postMessage(channel=general.id, text="a")
        assert await error(client.chat_postMessage(channel=general.id, text="a")) == "ratelimited"
        await client.chat_postMessage(channel=server.channel("other").id, text="a")
        server.advance(1.0)
        await client.chat_postMessage(channel=general.id, text="a")
        patient = client_of(server, retry_handlers=[AsyncRateLimitErrorRetryHandler()])
        server.faults.add("auth.test", status=429, retry_after=0)
        await patient.auth_test()
        assert server.counts["auth.test"] == 2


async def test_the_sdk_sends_a_request_twice_whose_connection_broke() -> None:
    """By its default handlers, whatever the request does: a message may be posted twice."""
    async with SlackServer() as server:
        general, client = server.channel("general"), AsyncWebClient(server.token, server.api_url)
        server.faults.add("chat.postMessage", status=0, after=True)
        await client.chat_postMessage(channel=general.id, text="a")
        assert general.shown() == ["a", "a"]
