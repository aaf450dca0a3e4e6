"""What is counted of a platform: whether events come in, and how requests to it went."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web

from adapters.calls import counted
from bot.meters import Tally
from tests.adapters.stages.stage import Stage
from tests.fakes.shared.listening import listen


async def test_connections_and_requests_are_counted_by_platform(stage: Stage) -> None:
    """Over the real clients, on both."""
    ada = stage.person("Ada")
    place = stage.channel(ada)
    await stage.start()
    stage.ask(place, ada, "hello")
    await stage.answered(place, "hello")
    meters, name = stage.chat.meters, stage.own.platform
    assert meters.connected[name] is not None
    assert meters.requests.counts[name, "ok"] >= 1
    assert meters.replies.counts == {(name, "end"): 1}
    stage.connect_anew()
    await stage.until(lambda: meters.connections.counts[name,] == 2)
    assert meters.losses.counts[name,] == 1


async def test_each_way_that_a_request_can_go_has_its_word() -> None:
    """By a real session."""
    tally = Tally()

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]))

    application = web.Application()
    application.router.add_get("/{status}", answer)
    runner, port = await listen(application)
    async with aiohttp.ClientSession(trace_configs=[counted(tally, "p")]) as session:
        for status in (200, 204, 404, 429, 503):
            async with session.get(f"http://127.0.0.1:{port}/{status}"):
                pass
        await runner.cleanup()
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://127.0.0.1:{port}/200")
    assert tally.counts == {
        ("p", "ok"): 2,
        ("p", "refused"): 1,
        ("p", "limited"): 1,
        ("p", "broken"): 1,
        ("p", "failed"): 1,
    }
