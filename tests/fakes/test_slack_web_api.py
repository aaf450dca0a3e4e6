"""What the fake Slack's Web API does with messages, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.slack_api.listening import client_of, error
from tests.fakes.slack_server import SlackServer

Json = dict[str, Any]


async def test_a_message_is_posted_changed_and_deleted() -> None:
    """What is stored is exactly what was sent; what is shown are the blocks."""
    async with SlackServer() as server:
        client, general = client_of(server), server.channel("general")
        posted = await client.chat_postMessage(
            channel=general.id,
            text="fallback",
            blocks=[{"type": "markdown", "text": "**猫** &lt;!here&gt;"}],
        )
        assert posted["message"]["bot_id"] == server.bot.bot_id
        assert general.shown() == ["**猫** <!here>"] and not server.pings
        await client.chat_update(channel=general.id, ts=posted["ts"], text="犬")
        (message,) = server.bot_messages(general)
        assert message.shown == "犬" and message.earlier == ["**猫** <!here>"]
        assert message.edited
        link = await client.chat_getPermalink(channel=general.id, message_ts=posted["ts"])
        assert link["permalink"].endswith(posted["ts"].replace(".", ""))
        await client.chat_delete(channel=general.id, ts=posted["ts"])
        assert general.shown() == [] and not server.complaints
        assert server.counts["chat.update"] == 1


@pytest.mark.parametrize("text", ["<!channel>", "<!here> やあ", "<@U0000000009>"])
async def test_messages_that_notify_people_are_noted(text: str) -> None:
    """Unescaped, these ring: in text, and in blocks."""
    async with SlackServer() as server:
        client, general = client_of(server), server.channel("general")
        await client.chat_postMessage(channel=general.id, text=text)
        await client.chat_postMessage(channel=general.id, markdown_text=text)
        assert len(server.pings) == 2


async def test_tokens_are_checked() -> None:
    """Each kind of wrong token has an error of its own."""
    async with SlackServer() as server:
        assert await error(client_of(server, token=None).auth_test()) == "not_authed"
        assert await error(client_of(server, token="xoxb-wrong").auth_test()) == "invalid_auth"
        client = client_of(server)
        assert (await client.auth_test())["user_id"] == server.bot.id
        await client.auth_revoke()
        assert await error(client.auth_test()) == "token_revoked"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"channel": "C404", "text": "a"}, "channel_not_found"),
        ({"text": ""}, "no_text"),
        ({"text": "a", "markdown_text": "b"}, "markdown_text_conflict"),
        ({"markdown_text": "a" * 12_001}, "msg_too_long"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "markdown", "text": ""}]}, "invalid_blocks"),
        ({"blocks": [{"type": "markdown", "text": "a" * 12_001}]}, "msg_blocks_too_long"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
    ],
)
async def test_what_slack_refuses_is_refused(arguments: Json, expected: str) -> None:
    """By Slack's own errors."""
    async with SlackServer() as server:
        given = {"channel": server.channel("general").id} | arguments
        # chat_postMessage itself warns of what has no text.
        call = client_of(server).api_call("chat.postMessage", json=given)
        assert await error(call) == expected
        assert not server.complaints


async def test_sections_take_3000_characters_and_all_blocks_together_13200() -> None:
    """Slack counts characters, not bytes."""
    async with SlackServer() as server:
        client, general = client_of(server), server.channel("general")

        def section(length: int) -> Json:
            return {"type": "section", "text": {"type": "mrkdwn", "text": "あ" * length}}

        await client.chat_postMessage(channel=general.id, text="a", blocks=[section(3000)] * 4)
        for blocks, expected in [
            ([section(3001)], "invalid_blocks"),
            ([section(3000)] * 5, "msg_blocks_too_long"),
        ]:
            call = client.chat_postMessage(channel=general.id, text="a", blocks=blocks)
            assert await error(call) == expected


async def test_long_text_is_cut_when_posted_and_refused_when_changed() -> None:
    """40,000 characters are posted; chat.update's text takes 4,000."""
    async with SlackServer() as server:
        client, general = client_of(server), server.channel("general")
        posted = await client.chat_postMessage(channel=general.id, text="あ" * 40_001)
        assert len(general.messages()[0].text) == 40_000
        call = client.chat_update(channel=general.id, ts=posted["ts"], text="a" * 4001)
        assert await error(call) == "msg_too_long"


async def test_only_own_messages_are_changed_or_deleted() -> None:
    """Those of people, and those that are gone, are not."""
    async with SlackServer() as server:
        client, tanaka = client_of(server), server.person("田中")
        ts = tanaka.says(tanaka.dm, "やあ").ts
        where: Json = {"channel": tanaka.dm.id, "ts": ts}
        assert await error(client.chat_update(**where, text="a")) == "cant_update_message"
        assert await error(client.chat_delete(**where)) == "cant_delete_message"
        where["ts"] = "1.000001"
        assert await error(client.chat_update(**where, text="a")) == "message_not_found"
        outside = server.channel("general", tanaka, bot=False)
        call = client.chat_postMessage(channel=outside.id, text="a")
        assert await error(call) == "not_in_channel"


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("chat.postMessage", {"channel": "C1", "txt": "a"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": 1, "text": "a"}, "invalid_arguments"),
        ("chat.update", {"channel": "C1", "text": "a"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C1", "blocks": [{"type": "secton"}]}, "invalid_blocks"),
        (
            "chat.postMessage",
            {"channel": "C1", "blocks": [{"type": "divider", "txt": 1}]},
            "invalid_blocks",
        ),
        ("chat.postMesage", {}, "unknown_method"),
    ],
)
async def test_arguments_that_no_method_takes_are_complained_of(
    method: str, arguments: Json, expected: str
) -> None:
    """Slack's own types say what there is; a test asserts that there were no complaints."""
    async with SlackServer() as server:
        assert await error(client_of(server).api_call(method, json=arguments)) == expected
        assert len(server.complaints) == (expected != "unknown_method")


async def test_forms_may_carry_blocks_as_json_and_booleans_as_digits() -> None:
    """What a form can only send as text is turned back before it is checked."""
    async with SlackServer() as server:
        client, general = client_of(server), server.channel("general")
        blocks = '[{"type": "markdown", "text": "猫"}]'
        given = {"channel": general.id, "blocks": blocks, "unfurl_links": False}
        await client.api_call("chat.postMessage", params=given)
        await client.api_call("chat.postMessage", data={"channel": general.id, "blocks": blocks})
        assert general.shown() == ["猫", "猫"] and not server.complaints
