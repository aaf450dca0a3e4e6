"""Telling Discord of the commands: what refuses them does not keep the bot from answering."""

from __future__ import annotations

import logging

import pytest

from bot.chat import Chat
from tests.adapters.discord.serving import serving
from tests.fakes.discord_api.faults import Fault
from tests.fakes.discord_server import DiscordServer

COMMANDS = "PUT /applications/{application}/commands"


@pytest.mark.parametrize("status", [403, 404, 503])  # 500 discord.py itself sends again
async def test_commands_that_are_refused_keep_nobody_from_being_answered(
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    """They are told again, until Discord takes them; why not is logged once."""
    monkeypatch.setattr("adapters.discord.registration.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("adapters.discord.registration.LONGEST_PAUSE", 0.05)
    caplog.set_level(logging.WARNING, "adapters")
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("N5", tanaka), "general")
        server.faults.fail_next("PUT", "/commands$", Fault(status), times=3)
        async with serving(server, chat, registered=False):
            server.user_says(channel, tanaka, f"{server.bot.mention} 元気？")
            (reply,) = await server.replies(channel)
            assert reply.text == "元気？"
            await server.until(lambda: server.counts[COMMANDS] == 4)
            assert server.commands[None]
    told = [r for r in caplog.records if "does not know the commands" in r.getMessage()]
    assert len(told) == 1 and "\n" not in told[0].getMessage()


async def test_commands_that_nobody_answers_about_keep_nobody_waiting(chat: Chat) -> None:
    """It is told in the background; and a start that ends meanwhile leaves nothing behind."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("N5", tanaka), "general")
        with server.faults.hold("PUT", "/commands$") as held:
            async with serving(server, chat, registered=False):
                await held.reached.wait()
                server.user_says(channel, tanaka, f"{server.bot.mention} 元気？")
                (reply,) = await server.replies(channel)
                assert reply.text == "元気？"
        async with serving(server, chat, registered=False):
            await server.until(lambda: server.commands)
