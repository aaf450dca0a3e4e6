"""A Slack on the loopback interface, for the unmodified client to talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.slack import session
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no reason not to stream."""
    monkeypatch.setattr(session, "BUTTON_SECONDS", 60.0)


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    """A server whose complaints, at the end, are the test's."""
    async with SlackServer() as server:
        yield server
        assert not server.complaints
        assert not server.pings
        assert not server.late_acks


@pytest.fixture
def tanaka(server: SlackServer) -> Person:
    """Somebody."""
    return server.person("田中")


@pytest.fixture
def general(server: SlackServer, tanaka: Person) -> Channel:
    """A channel with the bot and tanaka in it."""
    return server.channel("general", tanaka)
