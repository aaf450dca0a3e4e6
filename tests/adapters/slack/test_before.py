"""What a bare call of the bot is about: what its author said right before it, and nothing else."""

from __future__ import annotations

import pytest

from bot.chat import Chat
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer


@pytest.mark.parametrize("recent", [1, 20])
async def test_in_a_long_thread_it_is_the_newest_message(
    server: SlackServer, chat: Chat, tanaka: Person, general: Channel, recent: int
) -> None:
    """Slack gives a thread's oldest messages first; where it gives not all, none is taken."""
    server.team.most_objects = 15
    async with serving(server, chat):
        root = tanaka.says(general, "話")
        for number in range(20):
            tanaka.says(general, f"{number}", root.ts)
        server.advance(600)
        for number in range(recent):
            tanaka.says(general, f"猫{number}", root.ts)
        tanaka.says(general, server.bot.mention, root.ts)
        await server.until(lambda: server.bot_messages(general) or general.ephemerals)
        if recent > 15:
            assert "Yes?" in (server.bot_messages(general) or general.ephemerals)[0].shown
        else:
            (reply,) = await finished(server, general, root)
            assert reply.shown == "> 田中: 猫0"


@pytest.mark.parametrize("threads", ["thread", "channel"])
async def test_it_is_no_notice_of_slacks(
    server: SlackServer, chat: Chat, tanaka: Person, general: Channel, threads: str
) -> None:
    """Who has just come in did not say so."""
    async with serving(server, chat, reply_in=threads):
        tanaka.says(general, f"{tanaka.mention} has joined the channel", subtype="channel_join")
        tanaka.says(general, server.bot.mention)
        await server.until(lambda: server.bot_messages(general) or general.ephemerals)
        (said,) = server.bot_messages(general) or general.ephemerals
        assert "Yes?" in said.shown
