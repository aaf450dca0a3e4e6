"""What Slack sends over Socket Mode and nobody can read: logged, acknowledged, and left out."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bot.chat import Chat
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_api.world import Notice
from tests.fakes.slack_server import SlackServer

SECRET = "秘密の話"

NO_JSON = [
    f'{{"type": "events_api", "envelope_id": "E", "payload": {{"text": "{SECRET}"',
    f'{{"{SECRET}": ' * 3_000,
    SECRET,
]
NO_ENVELOPES: list[dict[str, Any]] = [
    {"type": "events_api", "envelope_id": [SECRET], "payload": {}},
    {"type": "events_api", "envelope_id": "no payload"},
    {"type": "events_api", "envelope_id": "a list", "payload": [SECRET]},
    {"type": ["events_api"], "envelope_id": "an odd type", "payload": None},
]
NO_EVENTS: list[dict[str, Any]] = [
    {"type": "event_callback", "event": SECRET},
    {"type": "event_callback", "event": {"type": [SECRET], "text": SECRET}},
    {"type": "event_callback", "event": {"type": "message", "text": [SECRET]}},
    {"type": "event_callback", "event": {"type": "message", "user": 5, "text": SECRET}},
    {"type": "event_callback", "event": {"type": "message", "text": SECRET}, "authorizations": [5]},
    {"event": SECRET},
    {},
]


@pytest.fixture(autouse=True)
def _nothing_said_in_the_log(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.DEBUG, "adapters")
    yield
    assert SECRET not in caplog.text and "Traceback" not in caplog.text


async def test_a_message_that_is_no_json_is_left_out(
    server: SlackServer, chat: Chat, tanaka: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """And what comes after it is answered."""
    async with serving(server, chat):
        for text in NO_JSON:
            server.sockets.connected[0].send_text(text)
        await _answers(server, tanaka)
        assert caplog.text.count("is no JSON") == 2  # what begins no object is taken for a ping


async def test_an_envelope_that_cannot_be_read_is_acknowledged(
    server: SlackServer, chat: Chat, tanaka: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it has an id, without which it cannot be."""
    async with serving(server, chat):
        for envelope in NO_ENVELOPES:
            server.sockets.connected[0].send(envelope)
        await server.until(lambda: len(server.sockets.strays) == 3)
        await _answers(server, tanaka)
    acknowledged = [stray["envelope_id"] for stray in server.sockets.strays]
    assert sorted(acknowledged) == ["a list", "an odd type", "no payload"]
    assert caplog.text.count("is left out") == 3


@pytest.mark.parametrize("event", NO_EVENTS)
async def test_an_event_that_cannot_be_read_is_acknowledged_and_not_repeated(
    server: SlackServer,
    chat: Chat,
    tanaka: Person,
    caplog: pytest.LogCaptureFixture,
    event: dict[str, Any],
) -> None:
    """It would be no better the next time."""
    async with serving(server, chat):
        server.world.emit(Notice("events_api", event | {"team_id": server.team.id}))
        await server.settled()
        assert not server.lost
        await _answers(server, tanaka)
    assert caplog.text.count("is left out") == 1


async def _answers(server: SlackServer, tanaka: Person) -> None:
    asked = tanaka.says(tanaka.dm, "聞こえる？")
    (reply,) = await finished(server, tanaka.dm, asked)
    assert reply.shown == "聞こえる？"
