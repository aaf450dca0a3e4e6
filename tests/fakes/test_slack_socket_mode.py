"""What the fake Slack tells an app through Socket Mode, and how connections end."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack_api.listening import Listener, by_socket, connected
from tests.fakes.slack_server import SlackServer


async def test_a_mention_in_a_channel_is_told_twice_and_other_messages_once() -> None:
    """app_mention and message are two events with ids of their own, in either order."""
    async with SlackServer() as server, by_socket(server) as bot:
        tanaka = server.person("田中")
        general = server.channel("general", tanaka)
        message = tanaka.says(general, f"{server.bot.mention} やあ")
        tanaka.says(general, "独り言")
        tanaka.says(tanaka.dm, f"{server.bot.mention} 二人だけ")
        events = await bot.events(4)
        assert [event["type"] for event in events] == ["message", "app_mention", *["message"] * 2]
        assert events[0]["ts"] == events[1]["ts"] == message.ts
        assert [event.get("channel_type") for event in events] == ["channel", None, "channel", "im"]
        server.stage.mention_first = True
        tanaka.says(general, f"{server.bot.mention} 先に")
        assert [each["type"] for each in await bot.events(2)] == ["app_mention", "message"]
        await server.settled()
        assert not server.lost and not server.late_acks and not server.complaints
        ids = [delivery.payload["event_id"] for delivery in server.deliveries.all]
        assert len(set(ids)) == 6


async def test_only_what_is_subscribed_to_is_told() -> None:
    """An app hears of the events in its manifest, by the kind of channel."""
    async with (
        SlackServer(events=["app_mention", "message.im"]) as server,
        by_socket(server) as bot,
    ):
        tanaka = server.person("田中")
        tanaka.says(server.channel("general", tanaka), f"{server.bot.mention} やあ")
        tanaka.says(tanaka.dm, "やあ")
        assert [each["type"] for each in await bot.events(2)] == ["app_mention", "message"]
        await server.settled()
        assert bot.heard.empty()


async def test_nothing_is_told_of_channels_that_the_bot_is_not_in() -> None:
    """A bot hears of a channel from its invitation on and until its removal."""
    async with SlackServer() as server, by_socket(server, "member_joined_channel") as bot:
        tanaka = server.person("田中")
        general = server.channel("general", tanaka, bot=False)
        tanaka.says(general, "秘密")
        tanaka.invites(general)
        (joined,) = await bot.events(1)
        assert joined["user"] == server.bot.id and joined["inviter"] == tanaka.id
        tanaka.removes(general)
        tanaka.says(general, "秘密")
        await server.settled()
        assert bot.heard.empty()


async def test_edits_and_deletions_carry_what_was_before() -> None:
    """message_changed, message_deleted, and the tombstone of a thread's first message."""
    async with SlackServer() as server, by_socket(server) as bot:
        tanaka = server.person("田中")
        root, alone = tanaka.says(tanaka.dm, "一"), tanaka.says(tanaka.dm, "二")
        tanaka.says(tanaka.dm, "返事", root.ts)
        tanaka.edits(alone, "弐")
        tanaka.deletes(alone)
        tanaka.deletes(root)
        reply, edit, deletion, stone = (await bot.events(6))[2:]
        assert reply["thread_ts"] == root.ts and reply["parent_user_id"] == tanaka.id
        assert (edit["previous_message"]["text"], edit["message"]["text"]) == ("二", "弐")
        assert edit["message"]["edited"]["user"] == tanaka.id
        assert deletion["subtype"] == "message_deleted" and deletion["deleted_ts"] == alone.ts
        assert stone["subtype"] == "message_changed"
        assert stone["message"]["subtype"] == "tombstone"
        assert stone["message"]["reply_count"] == 1


async def test_bolt_acknowledges_the_bots_own_messages_and_keeps_them_from_listeners() -> None:
    """Echoes of posts are told, as on Slack; Bolt drops them."""
    async with SlackServer() as server, by_socket(server) as bot:
        tanaka = server.person("田中")
        await bot.client.chat_postMessage(channel=tanaka.dm.id, text="やあ")
        server.robot("機械").says(server.channel("general"), "ピー", subtype="bot_message")
        (event,) = await bot.events(1)
        assert event["subtype"] == "bot_message" and "user" not in event
        await server.settled()
        echo = server.deliveries.all[0]
        assert echo.payload["event"]["bot_id"] == server.bot.bot_id and echo.acked


async def test_copies_come_in_a_drawn_order_with_the_same_event_id() -> None:
    """Slack may deliver an event more than once, even though it was acknowledged."""
    async with SlackServer(seed=1) as server, by_socket(server) as bot:
        server.deliveries.copies, server.deliveries.shuffled = 3, True
        tanaka = server.person("田中")
        tanaka.says(server.channel("general", tanaka), f"{server.bot.mention} やあ")
        bodies = await bot.bodies(6)
        assert len({body["event_id"] for body in bodies}) == 2
        kinds = [body["event"]["type"] for body in bodies]
        assert kinds not in (sorted(kinds), sorted(kinds, reverse=True))


async def test_what_is_not_acknowledged_in_time_comes_again_numbered() -> None:
    """An event is tried four times; an acknowledgement that comes too late is noted."""
    async with SlackServer() as server, by_socket(server) as bot:
        server.deliveries.ack_within, bot.slow = 0.05, 0.15
        tanaka = server.person("田中")
        tanaka.says(tanaka.dm, "やあ")
        await bot.bodies(4)
        await server.settled()
        (delivery,) = server.lost
        assert delivery.attempts == 4 and delivery.reason == "timeout"
        await server.until(lambda: server.late_acks == [delivery])


async def test_a_broken_connection_is_opened_anew_and_its_event_comes_again() -> None:
    """The bot has acted, but its acknowledgement was lost: it hears the event twice."""
    async with SlackServer() as server, by_socket(server) as bot:
        tanaka = server.person("田中")
        server.deliveries.drop = 1.0
        tanaka.says(tanaka.dm, "やあ")
        await bot.events(1)
        await server.until(lambda: not server.sockets.connected)
        server.deliveries.drop = 0.0
        await bot.events(1)
        await server.settled()
        assert server.sockets.connects == 2 and not server.lost
        assert server.deliveries.all[0].broken == 1 and server.deliveries.all[0].attempts == 0


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_the_client_reconnects_when_it_is_asked_to(reason: str) -> None:
    """Slack ends every connection after some hours, and says so before."""
    async with SlackServer() as server, by_socket(server) as bot:
        server.sockets.disconnect(reason)
        await server.until(lambda: server.sockets.connects == 2)
        tanaka = server.person("田中")
        tanaka.says(tanaka.dm, "やあ")
        assert (await bot.events(1))[0]["text"] == "やあ"


async def test_each_event_goes_through_one_of_several_connections() -> None:
    """Connections share the events, they do not double them."""
    async with SlackServer() as server, by_socket(server) as one:
        two = Listener(server)
        async with connected(server, two):
            tanaka = server.person("田中")
            for n in range(20):
                tanaka.says(tanaka.dm, str(n))
            await server.settled()
            assert one.heard.qsize() + two.heard.qsize() == 20
            assert one.heard.qsize() and two.heard.qsize()


async def test_what_is_said_without_a_connection_waits_or_is_lost() -> None:
    """A test chooses whether the bot is back before Slack gives up."""
    async with SlackServer() as server:
        tanaka = server.person("田中")
        server.deliveries.waits = 0
        tanaka.says(tanaka.dm, "失われる")
        await server.settled()
        assert server.lost[0].reason == "no_connection"
        server.deliveries.waits = 10
        tanaka.says(tanaka.dm, "待つ")
        async with by_socket(server) as bot:
            assert (await bot.events(1))[0]["text"] == "待つ"


async def test_home_assistant_stop_and_files_have_events_of_their_own() -> None:
    """The events of the app's home, of assistants, sessions, files and removal."""
    kinds = [
        "app_home_opened",
        "assistant_thread_started",
        "assistant_thread_context_changed",
        "agent_session_stopped",
        "file_shared",
        "message",
        "tokens_revoked",
        "app_uninstalled",
    ]
    async with SlackServer() as server, by_socket(server, *kinds) as bot:
        tanaka = server.person("田中")
        tanaka.opens_home("messages")
        ts = tanaka.opens_assistant({"channel_id": "C1"})
        tanaka.moves_assistant(ts, {"channel_id": "C2"})
        tanaka.stops(tanaka.dm, ts)
        tanaka.says(tanaka.dm, "", files={"メモ.txt": b"memo"})
        home, started, moved, stopped, said, shared = await bot.events(6)
        assert home["tab"] == "messages" and home["channel"] == tanaka.dm.id
        assert started["assistant_thread"]["user_id"] == tanaka.id
        assert moved["assistant_thread"]["context"] == {"channel_id": "C2"}
        assert stopped["streaming_message_ts"] == [] and stopped["thread_ts"] == ts
        assert said["subtype"] == "file_share" and said["files"][0]["id"] == shared["file_id"]
        server.installs.uninstall(server.team)
        await server.settled()
        told = [each.payload["event"]["type"] for each in server.deliveries.all[-2:]]
        assert told == ["tokens_revoked", "app_uninstalled"]
        with pytest.raises(SlackApiError, match="account_inactive"):
            await bot.client.auth_test()


async def test_a_wrong_app_token_opens_no_connection() -> None:
    """Only the app-level token opens connections, and it does nothing else."""
    async with SlackServer() as server:
        client = AsyncWebClient(base_url=server.api_url)
        for token, error in [
            ("", "not_authed"),
            ("xapp-wrong", "invalid_auth"),
            (server.token, "not_allowed_token_type"),
        ]:
            with pytest.raises(SlackApiError, match=error):
                await client.apps_connections_open(app_token=token)
        with pytest.raises(SlackApiError, match="not_allowed_token_type"):
            await client.auth_test(token=server.app_token)
