"""Connecting to Slack: what fails, what comes back, several workspaces, and how it ends."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import yarl
from sqlalchemy import update

from adapters.slack.transport.platform import SlackPlatform, WrongToken, look
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import ConversationKey, FinishReason
from bot.tokens import SlackSecrets
from storage.database import Database
from storage.installations import SqlInstallations, new_key
from storage.schema import ReplyRow
from storage.store import SqlStore
from tests.adapters.slack.serving import secrets_of, serving, settings_for
from tests.adapters.slack.steps import finished
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import incoming
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer


@pytest.mark.parametrize("wrong", ["bot_token", "app_token"])
async def test_a_wrong_token_is_named(server: SlackServer, chat: Chat, wrong: str) -> None:
    """With where to find another."""
    tokens = {"bot_token": server.token, "app_token": server.app_token}
    secrets = SlackSecrets(**(tokens | {wrong: "x-wrong"}))
    with pytest.raises(WrongToken, match=f"KAIWA_SLACK_{wrong.upper()}"):
        await SlackPlatform(chat, settings_for(server), secrets, None, print).run()
    with pytest.raises(BotError, match=f"KAIWA_SLACK_{wrong.upper()}"):
        await look(settings_for(server), secrets, None)


async def test_a_token_that_is_revoked_while_it_runs_breaks_nothing_else(
    server: SlackServer, chat: Chat
) -> None:
    """A reply that cannot be written is logged, and the bot goes on."""
    tanaka = server.person("田中")
    async with serving(server, chat):
        server.faults.add("*", error="token_revoked", times=6)
        tanaka.says(tanaka.dm, "a")
        await server.until(lambda: sum(r.error == "token_revoked" for r in server.requests) >= 6)
        asked = tanaka.says(tanaka.dm, "b")
        (reply,) = await finished(server, tanaka.dm, asked)
        assert reply.shown == "b"


async def test_slack_asks_for_another_connection_and_gets_it(
    server: SlackServer, chat: Chat
) -> None:
    """Slack does so every few hours, and before it restarts a server of its own."""
    tanaka = server.person("田中")
    async with serving(server, chat):
        for reason in ("refresh_requested", "warning"):
            connects = server.sockets.connects
            server.sockets.disconnect(reason)
            await server.until(partial(_more_than, server, connects))
            asked = tanaka.says(tanaka.dm, reason)
            (reply,) = await finished(server, tanaka.dm, asked)
            assert reply.shown == reason


async def test_a_slack_that_acknowledges_nothing_any_more_is_left_for_another_connection(
    server: SlackServer, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it stays open: what was said meanwhile is answered, and once."""
    monkeypatch.setattr("adapters.slack.transport.sockets.PING_SECONDS", 0.5)
    tanaka = server.person("田中")
    async with serving(server, chat):
        connects = server.sockets.connects
        for socket in server.sockets.connected:
            socket.fall_silent()
        first = tanaka.says(tanaka.dm, "元気？")
        await server.until(partial(_more_than, server, connects))
        (reply,) = await finished(server, tanaka.dm, first)
        assert reply.shown == "元気？"
        second = tanaka.says(tanaka.dm, "ほんと？")
        (reply,) = await finished(server, tanaka.dm, second)
        assert reply.shown == "ほんと？"
        assert len(server.sockets.connected) == 1


async def test_a_slack_that_is_away_for_a_while_is_waited_for(
    server: SlackServer, chat: Chat
) -> None:
    """The connection is made anew, however long that takes."""
    tanaka = server.person("田中")
    async with serving(server, chat):
        server.faults.add("apps.connections.open", status=503, times=2)
        server.drop_sockets()
        await server.until(lambda: server.counts["apps.connections.open"] >= 4)
        asked = tanaka.says(tanaka.dm, "おかえり")
        (reply,) = await finished(server, tanaka.dm, asked)
        assert reply.shown == "おかえり"


async def test_a_reply_that_is_finished_but_not_shown_is_shown_by_the_next_start(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """And one that was posted, but not noted, is not posted again."""
    tanaka = server.person("田中")
    server.deliveries.waits = 0
    for text in ("一", "二"):
        asked = tanaka.says(tanaka.dm, text)
        key = ConversationKey("slack", server.team.id, tanaka.dm.id, asked.ts)
        await _answered_by_a_process_that_died(store, key, asked.ts, text)
    await server.settled()
    questions = tanaka.dm.messages()
    async with serving(server, chat):
        for asked in questions:
            (reply,) = await finished(server, tanaka.dm, asked)
            assert reply.shown == f"答え{asked.text}"
    for asked in questions:
        (reply,) = server.bot_messages(tanaka.dm, asked.ts)
        key = ConversationKey("slack", server.team.id, tanaka.dm.id, asked.ts)
        await _forget_where_it_was_sent(store, key, reply.ts)
    edits, posts = server.counts["chat.update"], server.counts["chat.postMessage"]
    async with serving(server, chat):
        await server.until(lambda: server.counts["chat.update"] >= edits + 2)
    assert server.counts["chat.postMessage"] == posts
    for asked in questions:
        assert len(server.bot_messages(tanaka.dm, asked.ts)) == 1


async def _answered_by_a_process_that_died(
    store: SqlStore, key: ConversationKey, ts: str, text: str
) -> None:
    said = incoming(ts, text, conversation=key, private=True, opens_thread=True)
    stored = await store.add_message(said)
    reply = await store.start_reply(stored.conversation_id, stored.message_id)
    assert reply is not None
    await store.finish_reply(reply.id, f"答え{text}", FinishReason.END)


async def _forget_where_it_was_sent(store: SqlStore, key: ConversationKey, ts: str) -> None:
    """As if the process had died between Slack's answer and the note of it."""
    reply = await store.reply_at(key, ts)
    assert reply is not None
    await store.record_sent(reply, [])
    async with store._database.write() as connection:
        await connection.execute(update(ReplyRow).values(delivered_at=None))


async def test_at_the_end_a_reply_may_finish_and_is_else_marked(
    server: SlackServer, chat: Chat, generator: FakeGenerator
) -> None:
    """Within the time that the operator gives."""
    tanaka = server.person("田中")
    more = asyncio.Event()
    generator.script = [["はい、", more, "終わりです。"], ["途中", asyncio.Event()]]
    async with serving(server, chat, grace=20.0):
        asked = tanaka.says(tanaka.dm, "a")
        await server.until(lambda: server.bot_messages(tanaka.dm, asked.ts))
        asyncio.get_running_loop().call_later(0.2, more.set)
    assert server.bot_messages(tanaka.dm, asked.ts)[0].shown == "はい、終わりです。"
    async with serving(server, chat, grace=0.1):
        asked = tanaka.says(tanaka.dm, "b")
        await server.until(lambda: server.bot_messages(tanaka.dm, asked.ts))
    assert "stopped" in server.bot_messages(tanaka.dm, asked.ts)[0].shown


def _more_than(server: SlackServer, connects: int) -> bool:
    return server.sockets.connects > connects


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_several_workspaces_install_the_app_and_each_is_answered_with_its_token(
    server: SlackServer, chat: Chat, tmp_path: Path
) -> None:
    """By the install page; removed there, a workspace is served no more."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/installed.db") as database:
        installations = SqlInstallations(database, new_key())
        given = secrets_of(server)
        secrets = SlackSecrets(
            "",
            given.app_token,
            given.signing_secret,
            server.client_id,
            server.client_secret,
            new_key(),
        )
        other = server.workspace("学校")
        people = [server.person("田中"), server.person("鈴木", team=other)]
        async with serving(
            server, chat, mode="http", secrets=secrets, installations=installations
        ) as said:
            assert any("/slack/install" in line for line in said)
            base = server.pushes.url.removesuffix("/slack/events")
            for person in people:
                await _install(server, base, person)
            assert len(await installations.installations("slack")) == 2
            for person in people:
                asked = person.says(person.dm, person.name)
                (reply,) = await finished(server, person.dm, asked)
                assert reply.shown == person.name
            server.installs.uninstall(other)
            async with asyncio.timeout(20):
                while len(await installations.installations("slack")) > 1:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert list(await installations.installations("slack")) == [server.team.id]


async def _install(server: SlackServer, base: str, person: Person) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(f"{base}/slack/install", allow_redirects=False) as page:
            state = yarl.URL(page.headers["Location"]).query["state"]
            cookies = {name: morsel.value for name, morsel in page.cookies.items()}
        code = server.installs.code(person)
        target = f"{base}/slack/oauth_redirect?code={code}&state={state}"
        header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        async with browser.get(target, headers=header) as done:
            assert done.status == 200, await done.text()
