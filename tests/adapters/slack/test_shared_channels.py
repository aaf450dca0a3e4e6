"""Channels that a workspace shares with another team, where the app is installed in one of them."""

from __future__ import annotations

import pytest

from bot.chat import Chat
from bot.messages import ConversationKey
from storage.store import SqlStore
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.slack_server import SlackServer


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_stranger_in_a_shared_channel_is_answered(
    server: SlackServer, chat: Chat, store: SqlStore, mode: str
) -> None:
    """Their event names their own team; the workspace is the one that the app is installed in."""
    elsewhere = server.workspace("取引先", installed=False)
    tanaka, guest = server.person("田中"), server.person("客", team=elsewhere)
    channel = server.channel("shared", tanaka, guest)
    async with serving(server, chat, mode=mode):
        asked = guest.says(channel, f"{server.bot.mention} はじめまして")
        (reply,) = await finished(server, channel, asked)
        guest.says(channel, "つづき", asked.ts)
        await finished(server, channel, asked, 2)
    assert reply.shown == "はじめまして"
    told = server.deliveries.all[0].payload
    assert told["team_id"] == elsewhere.id and told["is_ext_shared_channel"]
    assert told["authorizations"][0]["team_id"] == server.team.id
    key = ConversationKey("slack", server.team.id, channel.id, asked.ts)
    number = await store.find(key)
    assert number is not None
    assert [m.author_name for m in await store.history(number, limit=9)][::2] == ["客", "客"]
    (first, *_) = [r for r in server.requests if r.method == "chat.startStream"]
    assert first.arguments["recipient_team_id"] == elsewhere.id


async def test_what_a_stranger_does_with_a_message_reaches_the_workspace(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """Edits and deletions are told of in the same way."""
    elsewhere = server.workspace("取引先", installed=False)
    tanaka, guest = server.person("田中"), server.person("客", team=elsewhere)
    channel = server.channel("shared", tanaka, guest)
    async with serving(server, chat):
        asked = guest.says(channel, f"{server.bot.mention} 犬")
        await finished(server, channel, asked)
        guest.edits(asked, f"{server.bot.mention} 猫")
        await server.settled()
        tanaka.says(channel, f"{server.bot.mention} 待って", asked.ts)
        await finished(server, channel, asked, 2)
        assert "猫" in [m.text for _, m in await store.messages_of("slack", guest.id)]
        guest.deletes(asked)
        await server.settled()
        tanaka.says(channel, f"{server.bot.mention} おわり", asked.ts)
        await finished(server, channel, asked, 3)
        assert "猫" not in [m.text for _, m in await store.messages_of("slack", guest.id)]
