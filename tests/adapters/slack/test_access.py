"""The operator's lists: alone, and as people on Slack meet them."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.slack.access import Access
from bot.chat import Chat
from bot.config import SlackSettings
from storage.store import SqlStore
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished, shown
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_server import SlackServer


def allows(user: str = "U1", *, channel: str = "C1", direct: bool = False, **lists: Any) -> bool:
    """Whether the lists let a person of team T1 talk in a channel."""
    access = Access(SlackSettings.model_validate(lists))
    return access.allows("T1", "D1" if direct else channel, user, direct=direct)


def test_a_listed_app_may_talk_where_it_is_not_kept_out() -> None:
    """It need not be among the allowed people too; blocking wins. None is listed at first."""
    lists = {"trusted_apps": ["A7", "B7"], "allowed_users": ["U1"], "blocked_users": ["UBOT"]}
    access = Access(SlackSettings.model_validate(lists))
    assert access.trusted == {"A7", "B7"} and Access(SlackSettings()).trusted == set()
    assert access.allows("T1", "C1", "U7", direct=False, by_bot=True)
    assert not access.allows("T1", "C1", "U7", direct=False)
    assert not access.allows("T1", "C1", "UBOT", direct=False, by_bot=True)


def test_empty_lists_allow_everybody() -> None:
    """As the bot is when it is first set up."""
    assert allows() and allows(direct=True)


@pytest.mark.parametrize(
    "lists",
    [
        {"blocked_users": ["U1"]},
        {"blocked_channels": ["C1"]},
        {"blocked_teams": ["T1"]},
        {"allowed_users": ["U2"]},
        {"allowed_channels": ["C2"]},
        {"allowed_teams": ["T2"]},
        {"blocked_users": ["U1"], "allowed_users": ["U1"]},
        {"blocked_channels": ["C1"], "allowed_channels": ["C1"]},
        {"blocked_teams": ["T1"], "allowed_teams": ["T1"], "allowed_users": ["U1"]},
    ],
)
def test_each_list_keeps_people_out(lists: dict[str, Any]) -> None:
    """By person, channel and workspace; blocking wins over allowing."""
    assert not allows(**lists)


def test_who_is_on_every_list_of_the_allowed_may_talk() -> None:
    """One list that allows is not enough where there are others."""
    lists: dict[str, Any] = {"allowed_users": ["U1"], "allowed_channels": ["C1"]}
    assert allows(**lists, allowed_teams=["T1"])
    assert not allows("U2", **lists) and not allows(channel="C2", **lists)


@pytest.mark.parametrize(
    ("rule", "stranger", "known"),
    [("everyone", True, True), ("allowed", False, True), ("nobody", False, False)],
)
def test_direct_messages_have_a_rule_of_their_own(rule: str, stranger: bool, known: bool) -> None:
    """The lists of channels do not count there; those of people and workspaces do."""
    assert allows(direct=True, direct_messages=rule, allowed_channels=["C9"]) is stranger
    assert allows(direct=True, direct_messages=rule, allowed_users=["U1"]) is known
    assert not allows(direct=True, direct_messages=rule, allowed_users=["U2"])
    assert not allows(direct=True, direct_messages=rule, blocked_users=["U1"])
    assert not allows(direct=True, direct_messages=rule, blocked_teams=["T1"])


def test_administrators_are_the_workspaces_or_are_named() -> None:
    """In direct messages everybody is their own."""
    access = Access(SlackSettings.model_validate({"administrators": ["U1"]}))
    assert access.administers("U1", direct=False, workspace_administrator=False)
    assert not access.administers("U2", direct=False, workspace_administrator=False)
    assert access.administers("U2", direct=False, workspace_administrator=True)
    assert access.administers("U2", direct=True, workspace_administrator=False)


async def test_in_a_channel_a_blocked_person_meets_silence(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """Nothing is said and nothing kept; others are answered as ever. A command is refused."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    async with serving(server, chat, mode="socket", blocked_users=[tanaka.id]):
        tanaka.says(channel, f"{server.bot.mention} 一")
        tanaka.commands(channel, "/kaiwa", "forget-me yes")
        await server.until(lambda: channel.ephemerals)
        theirs = suzuki.says(channel, f"{server.bot.mention} 二")
        assert shown(await finished(server, channel, theirs)) == "二"
    assert "did not allow" in channel.ephemerals[0].shown
    assert len(server.bot_messages(channel)) == 1
    assert await store.messages_of("slack", tanaka.id) == []


async def test_a_channel_that_is_not_allowed_is_left_alone(server: SlackServer, chat: Chat) -> None:
    """Its buttons too: a reply from before the list was changed is not written again."""
    tanaka = server.person("tanaka")
    here, there = server.channel("here", tanaka), server.channel("there", tanaka)
    async with serving(server, chat, mode="socket"):
        question = tanaka.says(there, f"{server.bot.mention} 一")
        reply = (await finished(server, there, question))[-1]
    async with serving(server, chat, mode="socket", allowed_channels=[here.id]):
        tanaka.says(there, f"{server.bot.mention} 二")
        tanaka.presses(reply, "kaiwa_regenerate")
        await server.until(lambda: there.ephemerals)
        asked = tanaka.says(here, f"{server.bot.mention} 三")
        await finished(server, here, asked)
        assert server.bot_messages(there) == [reply] and reply.shown == "一"
    assert "did not allow" in there.ephemerals[0].shown


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_direct_message_is_declined_once(
    server: SlackServer, chat: Chat, store: SqlStore, mode: str
) -> None:
    """In both languages, and nothing is kept; who is allowed is answered."""
    stranger, known = server.person("stranger"), server.person("known")
    async with serving(
        server, chat, mode=mode, direct_messages="allowed", allowed_users=[known.id]
    ):
        for text in ("こんにちは", "もしもし", "/help"):
            stranger.says(stranger.dm, text)
        known.says(known.dm, "こんにちは")
        assert shown(await finished(server, known.dm)) == "こんにちは"
        await server.until(lambda: server.bot_messages(stranger.dm))
        await server.settled()
    (declined,) = server.bot_messages(stranger.dm)
    assert "DMは受け付けていません" in declined.shown and "direct messages" in declined.shown
    assert await store.messages_of("slack", stranger.id) == []


async def test_a_workspace_that_is_blocked_hears_nothing(server: SlackServer, chat: Chat) -> None:
    """Not even that it is declined in a channel."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket", blocked_teams=[server.team.id]):
        tanaka.says(channel, f"{server.bot.mention} 一")
        tanaka.says(tanaka.dm, "二")
        await server.until(lambda: server.bot_messages(tanaka.dm))
        await server.settled()
    assert server.bot_messages(channel) == [] and len(server.bot_messages(tanaka.dm)) == 1


async def test_a_shared_message_of_somebody_who_opted_out_is_not_read(
    server: SlackServer, chat: Chat, generator: FakeGenerator, store: SqlStore
) -> None:
    """Though the one who shared it asks about it; what others said is."""
    tanaka, suzuki, sato = (server.person(name) for name in ("田中", "鈴木", "佐藤"))
    await store.opt_out("slack", suzuki.id, True)
    async with serving(server, chat):
        shared = [
            {"is_share": True, "author_id": suzuki.id, "text": "鈴木の秘密"},
            {"is_share": True, "author_id": sato.id, "text": "佐藤の話"},
        ]
        server.world.tell_in(
            tanaka.dm,
            {
                "type": "message",
                "channel": tanaka.dm.id,
                "channel_type": "im",
                "user": tanaka.id,
                "ts": server.world.clock.ts(),
                "text": "どう思う？",
                "attachments": shared,
            },
            tanaka,
        )
        await server.until(lambda: generator.requests)
    text = generator.requests[0].prompt.text
    assert "佐藤の話" in text and "鈴木の秘密" not in text
