"""What the fake Slack sends to an app's own endpoint, and when it sends it again."""

from __future__ import annotations

import json

import pytest
from slack_bolt.async_app import AsyncAck

from tests.fakes.slack_api.listening import by_http
from tests.fakes.slack_server import SlackServer


async def test_events_are_signed_and_acknowledged_by_their_status() -> None:
    """Bolt checks the signature of each request, and answers 200."""
    async with SlackServer() as server, by_http(server) as bot:
        tanaka = server.person("田中")
        tanaka.says(server.channel("general", tanaka), f"{server.bot.mention} やあ")
        events = await bot.events(2)
        assert {event["type"] for event in events} == {"message", "app_mention"}
        await server.settled()
        assert [push.status for push in server.pushes.requests] == [200, 200]
        assert not server.lost


async def test_an_endpoint_is_verified_by_a_challenge() -> None:
    """As when its address is entered in the app's settings."""
    async with SlackServer() as server, by_http(server):
        assert await server.pushes.verify()


@pytest.mark.parametrize(("age", "secret"), [(301, None), (0, "wrong")])
async def test_old_and_wrongly_signed_requests_can_be_sent(age: float, secret: str | None) -> None:
    """An app refuses them with 401."""
    async with SlackServer() as server, by_http(server) as bot:
        headers = {"Content-Type": "application/json"}
        push, _ = await server.pushes.post(json.dumps({}), headers, age=age, secret=secret)
        assert push.status == 401 and bot.heard.empty()


async def test_an_event_is_sent_again_with_its_number_and_the_reason() -> None:
    """Slack's headers say how often, and why, it tried before."""
    async with SlackServer() as server, by_http(server) as bot:
        server.deliveries.ack_within, bot.slow = 0.1, 0.2
        tanaka = server.person("田中")
        tanaka.says(tanaka.dm, "やあ")
        await bot.events(2)
        bot.slow = 0.0
        await server.settled()
        tries = [push.headers for push in server.pushes.requests]
        assert "x-slack-retry-num" not in tries[0]
        assert tries[1]["x-slack-retry-num"] == "1"
        assert tries[1]["x-slack-retry-reason"] == "http_timeout"
        assert server.late_acks[0] is server.deliveries.all[0]


async def test_an_event_that_is_answered_with_an_error_comes_again() -> None:
    """Four times in all; Bolt answers 404 to what nothing listens for."""
    async with SlackServer() as server, by_http(server) as bot:
        server.person("田中").opens_home()
        await bot.events(4)
        await server.settled()
        assert server.lost[0].reason == "http_error"


async def test_an_event_reaches_an_app_both_ways_where_a_test_wants_it() -> None:
    """A socket and an endpoint at the same time double every event."""
    async with SlackServer() as server, by_http(server) as bot:
        server.deliveries.over = ("http", "http")
        tanaka = server.person("田中")
        tanaka.says(tanaka.dm, "やあ")
        one, two = await bot.bodies(2)
        assert one["event_id"] == two["event_id"]


async def test_commands_and_interactions_come_as_forms_and_are_answered_in_the_response() -> None:
    """A slash command's answer is shown to the one who typed it; nothing of it is repeated."""
    async with SlackServer() as server, by_http(server) as bot:

        async def answer(ack: AsyncAck) -> None:
            await ack("了解")

        bot.app.command("/kaiwa")(answer)
        bot.app.shortcut("translate")(answer)
        tanaka = server.person("田中")
        general = server.channel("general", tanaka)
        command = tanaka.commands(general, "/kaiwa", "help")
        await server.settled()
        assert command.answer == "了解"
        assert [(each.shown, each.only_for) for each in general.ephemerals] == [("了解", tanaka)]
        shortcut = tanaka.uses_shortcut("translate", tanaka.says(general, "cat"))
        await server.settled()
        assert shortcut.acked
