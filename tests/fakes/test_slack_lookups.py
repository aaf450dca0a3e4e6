"""What an app can look up, load and upload on the fake Slack, and how it is installed."""

from __future__ import annotations

import aiohttp
import pytest

from tests.fakes.slack_api.listening import client_of, error
from tests.fakes.slack_server import SlackServer


async def test_history_is_paged_and_replies_are_apart() -> None:
    """History is newest first, without replies; a thread is oldest first, with its beginning."""
    async with SlackServer() as server:
        client, tanaka = client_of(server), server.person("田中")
        general = server.channel("general", tanaka)
        said = [tanaka.says(general, str(n)) for n in range(5)]
        tanaka.says(general, "返事", said[1].ts)
        texts, cursor = [], ""
        while True:
            page = await client.conversations_history(channel=general.id, limit=2, cursor=cursor)
            texts += [each["text"] for each in page["messages"]]
            if not (cursor := page["response_metadata"]["next_cursor"]):
                break
        assert texts == ["4", "3", "2", "1", "0"]
        later = await client.conversations_history(channel=general.id, oldest=said[3].ts)
        assert [each["text"] for each in later["messages"]] == ["4"]
        thread = await client.conversations_replies(channel=general.id, ts=said[1].ts)
        assert [each["text"] for each in thread["messages"]] == ["1", "返事"]
        assert thread["messages"][0]["reply_count"] == 1
        call = client.conversations_replies(channel=general.id, ts="1.000001")
        assert await error(call) == "thread_not_found"
        assert not server.complaints


async def test_people_channels_and_workspaces_are_looked_up() -> None:
    """A bot learns names by ids."""
    async with SlackServer() as server:
        client = client_of(server)
        tanaka = server.person("田中", display_name="たなか", admin=True)
        secret = server.channel("secret", tanaka, type="group")
        user = (await client.users_info(user=tanaka.id))["user"]
        assert user["profile"]["display_name"] == "たなか" and user["is_admin"]
        info = await client.conversations_info(channel=secret.id)
        assert info["channel"]["is_private"] and info["channel"]["name"] == "secret"
        members = await client.conversations_members(channel=secret.id)
        assert members["members"] == [tanaka.id, server.bot.id]
        opened = await client.conversations_open(users=tanaka.id)
        assert opened["channel"]["id"] == tanaka.dm.id
        listed = await client.users_conversations(types="private_channel,im")
        assert {each["id"] for each in listed["channels"]} == {secret.id, tanaka.dm.id}
        assert (await client.team_info())["team"]["name"] == "職場"
        assert (await client.bots_info(bot=server.bot.bot_id))["bot"]["user_id"] == server.bot.id
        assert not server.complaints


async def test_files_are_uploaded_in_three_steps() -> None:
    """The SDK's files_upload_v2 does them all."""
    async with SlackServer() as server:
        client, general = client_of(server), server.channel("general")
        answer = await client.files_upload_v2(
            channel=general.id, filename="猫.txt", content="ねこ", initial_comment="どうぞ"
        )
        (message,) = general.messages()
        assert message.text == "どうぞ" and message.files[0].id == answer["file"]["id"]
        assert message.files[0].content == "ねこ".encode()
        info = await client.files_info(file=message.files[0].id)
        headers = {"Authorization": f"Bearer {server.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(info["file"]["url_private"]) as response,
        ):
            assert await response.text() == "ねこ"
        assert not server.complaints


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # by slack_sdk
async def test_an_app_is_installed_into_another_workspace() -> None:
    """oauth.v2.access gives a token for it, once for each code."""
    async with SlackServer() as server:
        team = server.workspace("学校", installed=False)
        suzuki = server.person("鈴木", team=team)
        code, client = server.installs.code(suzuki), client_of(server, token=None)
        given = {"client_id": server.client_id, "client_secret": server.client_secret}
        wrong = given | {"client_secret": "wrong"}
        assert await error(client.oauth_v2_access(**wrong, code=code)) == "bad_client_secret"
        access = await client.oauth_v2_access(**given, code=code)
        assert access["team"]["id"] == team.id and access["bot_user_id"] == team.bot.id
        assert await error(client.oauth_v2_access(**given, code=code)) == "invalid_code"
        there = client_of(server, token=access["access_token"])
        assert (await there.auth_test())["team"] == "学校"
        call = client_of(server).chat_postMessage(channel=suzuki.dm.id, text="a")
        assert await error(call) == "channel_not_found"
        await there.chat_postMessage(channel=suzuki.dm.id, text="やあ")
        assert suzuki.dm.shown() == ["やあ"] and not server.complaints
