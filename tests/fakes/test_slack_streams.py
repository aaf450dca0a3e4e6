"""How the fake Slack lets a message be written bit by bit, and when it does not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncSayStream
from slack_sdk.errors import SlackApiError

from tests.fakes.slack_api.listening import by_socket, client_of, error
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

Json = dict[str, Any]


async def begun(server: SlackServer, tanaka: Person, **more: Any) -> Json:
    """Where a stream is that was just begun, as the other methods need it."""
    asked = tanaka.says(tanaka.dm, "質問")
    begin = {"channel": tanaka.dm.id, "thread_ts": asked.ts, **more}
    answer = await client_of(server).chat_startStream(**begin)
    return {"channel": answer["channel"], "ts": answer["ts"]}


async def test_a_stream_grows_and_is_whole_when_it_stops() -> None:
    """With the SDK's own buffer, which sends chunks; the app hears of each change."""
    async with SlackServer() as server, by_socket(server) as bot:
        tanaka = server.person("田中")
        general = server.channel("general", tanaka)
        asked = tanaka.says(general, f"{server.bot.mention} 猫は?")
        stream = await bot.client.chat_stream(
            channel=general.id,
            thread_ts=asked.ts,
            recipient_team_id=server.team.id,
            recipient_user_id=tanaka.id,
            buffer_size=4,
        )
        await stream.append(markdown_text="猫は")
        await stream.append(markdown_text="動物で")
        message = server.bot_messages(general, asked.ts)[0]
        assert message.streaming and message.shown == "猫は動物で"
        button = {
            "type": "button",
            "action_id": "again",
            "text": {"type": "plain_text", "text": "↻"},
        }
        actions = {"type": "actions", "elements": [button]}
        await stream.stop(markdown_text="す。", blocks=[actions])
        (message,) = await server.replies(general, thread_ts=asked.ts)
        assert message.shown == "猫は動物です。"
        assert [each["action_id"] for each in message.actions()] == ["again"]
        assert server.thread(general, asked.ts).sessions == ["processing", "active"]
        await server.settled()
        echoes = [each.payload["event"].get("subtype") for each in server.deliveries.all[2:]]
        assert echoes == [None, "message_changed"]
        assert not server.complaints and not server.pings


async def test_bolts_say_stream_knows_where_and_for_whom() -> None:
    """A listener's say_stream answers in the thread of the message, to its author."""
    async with SlackServer() as server, by_socket(server, "message") as bot:

        async def answer(say_stream: AsyncSayStream) -> None:
            stream = await say_stream()
            await stream.append(markdown_text="はい")
            await stream.stop()

        bot.app.event("app_mention")(answer)
        tanaka = server.person("田中")
        general = server.channel("general", tanaka)
        asked = tanaka.says(general, f"{server.bot.mention} もしもし")
        (message,) = await server.replies(general, thread_ts=asked.ts)
        assert message.shown == "はい" and message.thread_ts == asked.ts
        assert message.stream and message.stream.recipient == tanaka.id
        await server.settled()
        assert not server.complaints


async def test_a_stream_in_a_channel_needs_its_recipient() -> None:
    """In direct messages it is clear who reads."""
    async with SlackServer() as server:
        client, tanaka = client_of(server), server.person("田中")
        general = server.channel("general", tanaka)
        where: Json = {"channel": general.id, "thread_ts": tanaka.says(general, "質問").ts}
        call = client.chat_startStream(**where, markdown_text="a")
        assert await error(call) == "missing_recipient_team_id"
        where["recipient_team_id"] = server.team.id
        call = client.chat_startStream(**where, markdown_text="a")
        assert await error(call) == "missing_recipient_user_id"
        where["recipient_user_id"] = "U404"
        call = client.chat_startStream(**where, markdown_text="a")
        assert await error(call) == "user_not_found"
        await begun(server, tanaka, markdown_text="a")


async def test_a_stream_that_is_over_takes_nothing_more() -> None:
    """Stopped, or older than its life: what was written stays, and can be changed from then on."""
    async with SlackServer() as server:
        client, tanaka = client_of(server), server.person("田中")
        where = await begun(server, tanaka, markdown_text="一")
        assert await error(client.chat_update(**where, text="a")) == "streaming_state_conflict"
        assert await error(client.chat_delete(**where)) == "cant_delete_message"
        server.advance(server.streams.lifetime - 1)
        await client.chat_appendStream(**where, markdown_text="二")
        server.advance(2)
        call = client.chat_appendStream(**where, markdown_text="三")
        assert await error(call) == "message_not_in_streaming_state"
        assert await error(client.chat_stopStream(**where)) == "message_not_in_streaming_state"
        assert server.bot_messages(tanaka.dm)[0].shown == "一二"
        await client.chat_update(**where, text="終")
        assert server.bot_messages(tanaka.dm)[0].shown == "終"


async def test_slacks_stop_button_ends_the_streams_of_a_thread() -> None:
    """The app hears which; their messages take no more."""
    async with SlackServer() as server, by_socket(server, "agent_session_stopped") as bot:
        tanaka = server.person("田中")
        where = await begun(server, tanaka, markdown_text="一")
        message = server.bot_messages(tanaka.dm)[0]
        assert message.thread_ts
        assert tanaka.stops(tanaka.dm, message.thread_ts) == [where["ts"]]
        heard = await bot.events(2)
        assert heard[-1]["streaming_message_ts"] == [where["ts"]]
        call = bot.client.chat_appendStream(**where, markdown_text="二")
        assert await error(call) == "stopped_by_user"


async def test_a_stream_keeps_to_the_form_that_it_was_begun_with() -> None:
    """Text and chunks do not mix; chunks take tasks and blocks as well."""
    async with SlackServer() as server:
        client, tanaka = client_of(server), server.person("田中")
        where = await begun(server, tanaka, markdown_text="一")
        chunks = [{"type": "markdown_text", "text": "二"}]
        call = client.chat_appendStream(**where, chunks=chunks)
        assert await error(call) == "streaming_mode_mismatch"
        where = await begun(server, tanaka, chunks=chunks)
        task = {"type": "task_update", "id": "1", "title": "考える", "status": "complete"}
        await client.chat_appendStream(**where, chunks=[*chunks, task])
        call = client.chat_appendStream(**where, chunks=[{"type": "markdown_txt", "text": "三"}])
        assert await error(call) == "invalid_chunks" and len(server.complaints) == 1
        message = server.bot_messages(tanaka.dm)[-1]
        assert message.shown == "二二" and message.stream
        assert message.stream.tasks["1"]["status"] == "complete"


async def test_each_piece_takes_12000_characters_and_pings_are_seen_across_pieces() -> None:
    """The limit is of a call, not of the message."""
    async with SlackServer() as server:
        client, tanaka = client_of(server), server.person("田中")
        where = await begun(server, tanaka, markdown_text="あ" * 12_000)
        await client.chat_appendStream(**where, markdown_text="<!he")
        assert not server.pings
        await client.chat_appendStream(**where, markdown_text="re>")
        assert server.pings[-1].whom == ["<!here>"]
        call = client.chat_appendStream(**where, markdown_text="あ" * 12_001)
        assert await error(call) == "msg_too_long"
        assert await error(client.chat_appendStream(**where)) == "no_text"


async def test_a_workspace_may_have_no_streams() -> None:
    """Then the bot has to post and update."""
    async with SlackServer() as server:
        server.team.streams = False
        asked = server.person("田中").dm
        call = client_of(server).chat_startStream(channel=asked.id, thread_ts="1.000001")
        assert await error(call) == "feature_not_enabled"


async def test_a_failed_append_can_be_sent_again_and_may_have_had_its_effect() -> None:
    """A server error after the effect doubles the text of those who simply try again."""
    async with SlackServer() as server:
        client, tanaka = client_of(server), server.person("田中")
        where = await begun(server, tanaka, markdown_text="一")
        server.faults.add("chat.appendStream", status=500, after=True)
        with pytest.raises(SlackApiError):
            await client.chat_appendStream(**where, markdown_text="二")
        await client.chat_appendStream(**where, markdown_text="二")
        await asyncio.sleep(0)
        assert server.bot_messages(tanaka.dm)[0].shown == "一二二"
