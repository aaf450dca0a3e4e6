"""A Slack on the loopback interface, for the unmodified client to talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.slack_server import SlackServer


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    """A server whose complaints, at the end, are the test's."""
    async with SlackServer() as server:
        yield server
        assert not server.complaints
        assert not server.pings
        assert not server.late_acks
