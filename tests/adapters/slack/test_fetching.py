"""Files of a workspace, loaded by the bot's own client from a server that speaks as Slack does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest
from aiohttp import ClientError, ClientResponseError, web

from adapters.reading import FileRef, with_files
from adapters.slack.fetching import fetch
from adapters.slack.markup import Names
from adapters.slack.reading import read
from adapters.slack.transport.workspaces import Workspace, Workspaces
from bot.chat import Chat
from tests.adapters.slack.serving import secrets_of, serving
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.objects import Json
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer


@pytest.fixture
async def workspace(server: SlackServer) -> AsyncIterator[Workspace]:
    """The bot's own workspace."""
    async with Workspaces(server.api_url, secrets_of(server), None) as workspaces:
        found = await workspaces.login()
        assert found is not None
        yield found


def posted(server: SlackServer, files: dict[str, bytes]) -> Json:
    """A message with files, as a channel's history has it."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    message = tanaka.says(channel, "読んで", files=files)
    return channel.message_payload(message, server.world.files_url)


async def text_of(workspace: Workspace, message: Json, most: int = 100) -> str:
    """What it says, with the texts of its files."""
    reading = read(message, workspace.me, Names())
    return (await with_files(reading, partial(fetch, workspace), most)).text


async def test_text_files_are_read_with_the_bots_token(
    server: SlackServer, workspace: Workspace
) -> None:
    """Each once, whatever its encoding; of a long one the beginning."""
    files = {
        "memo.txt": "猫の手".encode("cp932"),
        "long.md": "あ".encode() * 1_000,
        "page.html": b"<!DOCTYPE html><p>one</p>",
        "fake.txt": b"\x89PNG\r\n\x1a\n\0\0",
    }
    text = await text_of(workspace, posted(server, files))
    assert text.startswith(
        "読んで\n（添付ファイル：memo.txt）\n猫の手\n（添付ファイル：long.md）\n" + "あ" * 33
    )
    assert (
        "100 / 3,000" in text and "（添付ファイル：page.html）\n<!DOCTYPE html><p>one</p>" in text
    )
    assert text.endswith("not text, so it cannot be read）")
    assert sorted(server.files.downloads) == sorted(files)


@pytest.mark.parametrize("name", ["memo.txt", "page.html"])
async def test_without_the_scope_a_file_is_said_not_to_be_readable(
    server: SlackServer, workspace: Workspace, name: str
) -> None:
    """Slack then answers with its login page, which nobody attached."""
    server.api.scopes = "chat:write"
    text = await text_of(workspace, posted(server, {name: "猫".encode()}))
    assert (
        text.startswith(f"読んで\n（添付ファイル：{name}）\n（取得できない")
        and "DOCTYPE" not in text
    )


async def test_a_file_that_is_gone_is_said_not_to_be_readable(
    server: SlackServer, workspace: Workspace
) -> None:
    """404; the message is read all the same."""
    message = posted(server, {"memo.txt": "猫".encode()})
    server.world.files.clear()
    assert "（取得できない" in await text_of(workspace, message)
    (ref,) = read(message, workspace.me, Names()).files
    with pytest.raises(ClientResponseError):
        await fetch(workspace, ref, 100)


async def test_the_token_is_shown_to_no_other_host(workspace: Workspace) -> None:
    """Not to one that an event names, nor to one that a redirect leads to."""
    seen: list[str | None] = []

    async def note(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response(text="猫")

    elsewhere = web.Application()
    elsewhere.router.add_get("/{any:.*}", note)
    runner = web.AppRunner(elsewhere)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    file = FileRef("a.txt", 3, "")
    for url in (
        f"http://127.0.0.1:{port}/a.txt",
        f"http://localhost:{port}/a.txt",
        "http://files.slack.com/a.txt",
        "https://files.slack.com.evil.example/a.txt",
        "https://files.slack.com:8443/a.txt",
        f"https://files.slack.com@127.0.0.1:{port}/a.txt",
        "file:///etc/passwd",
        "",
    ):
        with pytest.raises(OSError):
            await fetch(workspace, replace(file, url=url), 100)
    await runner.cleanup()
    assert seen == []


async def test_a_redirect_is_not_followed(server: SlackServer, workspace: Workspace) -> None:
    """Slack's own leads to its login page."""
    message = posted(server, {"memo.txt": "猫".encode()})
    (ref,) = read(message, workspace.me, Names()).files
    server.files.redirect = "https://files.example/login"
    with pytest.raises(OSError):
        await fetch(workspace, ref, 100)


async def test_a_name_of_a_file_that_no_address_fits_is_an_error_like_others(
    workspace: Workspace,
) -> None:
    """Whatever the event has in its place."""
    for url in ("http://[", "None", "https://"):
        with pytest.raises((OSError, ClientError)):
            await fetch(workspace, FileRef("a", 1, url), 100)


@pytest.mark.parametrize("readable", [True, False])
async def test_a_call_with_nothing_but_a_file_that_cannot_be_read_is_about_that_file(
    server: SlackServer,
    chat: Chat,
    tanaka: Person,
    general: Channel,
    caplog: pytest.LogCaptureFixture,
    readable: bool,
) -> None:
    """It is no bare call: what was said before it is not answered in its place. The operator
    reads why Slack gave no file."""
    if not readable:
        server.api.scopes = "chat:write"
    async with serving(server, chat, reply_in="channel"):
        tanaka.says(general, "前の話")
        tanaka.says(general, server.bot.mention, files={"memo.txt": b"\x89PNG\r\n\x1a\n\0\0"})
        await server.until(lambda: server.bot_messages(general) or general.ephemerals)
        (said,) = server.bot_messages(general) or general.ephemerals
    what = "a file that is no text" if readable else "a file that cannot be fetched"
    assert f"I cannot read {what}." in said.shown
    assert ("it lacks the scope files:read" in caplog.text) is not readable
