"""The stage as a fixture: each test that asks for it runs on both platforms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.ports import TextGenerator
from storage.store import SqlStore
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.slack import SlackStage
from tests.adapters.stages.stage import Stage
from tests.fakes.discord_server import DiscordServer
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_server import SlackServer

PLATFORMS = ("discord", "slack", "slack-http")


@asynccontextmanager
async def open_stage(
    platform: str, store: SqlStore, generator: TextGenerator, *, redelivers: bool = False
) -> AsyncIterator[Stage]:
    """A platform with nobody there, and the bot not running; at the end the bot is ended.

    `redelivers`: what nobody takes Slack delivers later; else it is lost.
    """
    stage: Stage
    if platform == "discord":
        async with DiscordServer(privileged=["message_content"]) as discord:
            stage = DiscordStage(discord, store, generator)
            try:
                yield stage
            finally:
                await stage.stop()
        return
    async with SlackServer() as slack:
        if not redelivers:
            slack.deliveries.waits, slack.deliveries.retry_after = 0, ()
        stage = SlackStage(slack, store, generator)
        if platform == "slack-http":
            stage.options["mode"] = "http"
        try:
            yield stage
        finally:
            await stage.stop()
        assert not slack.complaints
        assert not slack.pings


@pytest.fixture(params=["discord", "slack"])
async def stage(
    request: pytest.FixtureRequest, store: SqlStore, generator: FakeGenerator
) -> AsyncIterator[Stage]:
    """A platform. What the bot does of its own accord, it does at once."""
    async with open_stage(request.param, store, generator) as stage:
        yield stage
