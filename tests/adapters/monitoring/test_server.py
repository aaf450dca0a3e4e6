"""`/healthz` and `/metrics` over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from adapters.monitoring.server import monitoring
from adapters.monitoring.watched import Watched
from bot.config import MonitoringSettings
from bot.errors import BotError
from bot.meters import Meters
from tests.adapters.monitoring.watching import Bot

SETTINGS = MonitoringSettings(enabled=True, port=0)


@pytest.fixture
def bot() -> Bot:
    """One that is well."""
    return Bot()


@pytest.fixture
async def ask(bot: Bot) -> AsyncIterator[Any]:
    """Ask it for a path: the status, and what it says."""
    async with monitoring(SETTINGS, bot.watched) as port, aiohttp.ClientSession() as session:

        async def asked(path: str) -> tuple[int, Any]:
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                json = answer.content_type == "application/json"
                return answer.status, await (answer.json() if json else answer.text())

        yield asked


async def test_it_is_alive_whatever_else_is_wrong(bot: Bot, ask: Any) -> None:
    """Who restarts what is not alive must not restart a bot whose database is away."""
    bot.ended = bot.broken = True
    assert await ask("/healthz") == (200, {"live": True})


@pytest.mark.parametrize("path", ["/healthz/ready", "/healthz?ready", "/healthz?ready=1"])
async def test_it_is_ready_when_all_of_it_serves(ask: Any, path: str) -> None:
    """Since when each platform is connected is told."""
    status, state = await ask(path)
    assert status == 200
    assert state["ready"] is True and state["version"] == "1.2"
    assert state["platforms"]["discord"]["since"].startswith("20")
    assert state["engine"] == {"ok": True, "running": 2, "waiting": 5}


async def test_what_keeps_it_from_being_ready_is_told(bot: Bot, ask: Any) -> None:
    """Each by itself, and all together."""
    bot.broken = True
    status, state = await ask("/healthz/ready")
    assert status == 503
    assert state["database"] == {"ok": False, "why": "The database is away."}
    bot.broken, bot.ended = False, True
    assert (await ask("/healthz/ready"))[1]["engine"]["why"] == "it has ended"
    bot.ended = False
    bot.watched.meters.is_lost("discord")
    status, state = await ask("/healthz/ready")
    assert (status, state["ready"]) == (503, False)
    assert state["platforms"]["discord"] == {"ok": False, "since": None}


async def test_while_the_model_is_loaded_it_is_alive_and_not_ready() -> None:
    """That may take minutes."""
    watched = Watched(Meters(), {})
    async with monitoring(SETTINGS, watched) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/healthz/ready") as answer:
            assert answer.status == 503
            assert (await answer.json())["engine"]["why"] == "the model is being loaded"
        async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200


async def test_figures_are_told_and_nothing_else(ask: Any) -> None:
    """What is not there is not found."""
    status, page = await ask("/metrics")
    assert status == 200 and "kaiwa_info" in page
    assert (await ask("/"))[0] == 404


async def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    """Before the model is loaded."""
    async with monitoring(SETTINGS, Bot().watched) as port:
        taken = SETTINGS.model_copy(update={"port": port})
        with pytest.raises(BotError, match=f"Port {port} is taken"):
            async with monitoring(taken, Bot().watched):
                raise AssertionError("it listens twice")
