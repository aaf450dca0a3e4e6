"""What cannot be read at a start is left for the next one, and holds up nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.oauth.installation_store import Bot

from adapters.slack import take_up
from adapters.slack.installations import Installations
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import ConversationKey, FinishReason
from bot.tokens import SlackSecrets
from storage.database import Database
from storage.installations import SqlInstallations, new_key
from storage.store import SqlStore
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.incoming import incoming
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

SEEN = ConversationKey("slack", "", "")
UNREADABLE = "T0UNREADABLE"
BUSY = BotError("The database is busy.", "データベースが使用中です。")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Where installations are kept."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/installed.db") as database:
        yield database


@pytest.fixture
async def installed(server: SlackServer, database: Database) -> SqlInstallations:
    """The app is installed in the server's workspace, and is not there to hear of events."""
    installations = SqlInstallations(database, new_key())
    await Installations(installations).async_save_bot(
        Bot(
            app_id="A0000000000",
            team_id=server.team.id,
            team_name="職場",
            bot_token=server.token,
            bot_id=server.bot.bot_id or "",
            bot_user_id=server.bot.id,
            installed_at=0.0,
        )
    )
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    return installations


@pytest.fixture
def secrets(server: SlackServer) -> SlackSecrets:
    """Of an app that several workspaces install."""
    return SlackSecrets("", server.app_token, server.signing_secret, "id", "secret", "key")


@pytest.fixture
def tanaka(server: SlackServer) -> Person:
    """Somebody."""
    return server.person("田中")


@pytest.fixture
def general(server: SlackServer, tanaka: Person) -> Channel:
    """A channel with the bot and tanaka in it."""
    return server.channel("general", tanaka)


async def missed(server: SlackServer, person: Person, channel: Channel, text: str) -> Message:
    """Something that is said to the bot while it is away."""
    asked = person.says(channel, f"{server.bot.mention} {text}")
    await server.settled()
    return asked


async def seen(store: SqlStore) -> datetime | None:
    """Until when the next start takes events as having come in."""
    stored = (await store.settings(SEEN)).get("seen")
    return datetime.fromisoformat(stored) if stored else None


async def test_a_workspace_whose_token_cannot_be_read_loses_nothing_of_the_others(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    database: Database,
    installed: SqlInstallations,
    secrets: SlackSecrets,
    tanaka: Person,
    general: Channel,
) -> None:
    """Stored replies, stored questions and what was said meanwhile are taken up in the others."""
    before = datetime.now(UTC) - timedelta(minutes=5)
    await store.set_setting(SEEN, "seen", before.isoformat())
    await SqlInstallations(database, new_key()).save_installation("slack", UNREADABLE, "{}")
    places = [(UNREADABLE, "C1", "1.1"), (UNREADABLE, "C1", "1.2")]
    for text in ("答え", "質問"):
        asked = await missed(server, tanaka, general, text)
        places.append((server.team.id, general.id, asked.ts))
    for number, (team, channel, ts) in enumerate(places):
        key = ConversationKey("slack", team, channel, ts)
        message = incoming(ts, "質問", conversation=key, opens_thread=True)
        stored = await store.add_message(message)
        if number % 2 == 0:
            reply = await store.start_reply(stored.conversation_id, stored.message_id)
            assert reply is not None
            await store.finish_reply(reply.id, "答え", FinishReason.END)
    asked = await missed(server, tanaka, general, "留守中")
    async with serving(server, chat, secrets=secrets, installations=installed):
        for question in general.messages()[:3]:
            (reply_there,) = await finished(server, general, question)
            assert reply_there.shown == question.text.split()[-1]
    # What the workspace lost is found where its token can be read again.
    assert await seen(store) == before
    assert [q.conversation.workspace for q in await store.unanswered("slack")] == [UNREADABLE]
    assert [r.conversation.workspace for r in await store.undelivered("slack")] == [UNREADABLE]


async def test_a_token_that_can_be_read_again_is_taken_up(
    server: SlackServer,
    chat: Chat,
    database: Database,
    installed: SqlInstallations,
    secrets: SlackSecrets,
    tanaka: Person,
    general: Channel,
) -> None:
    """By the next start, which reads what was said since the last time that all was read."""
    asked = await missed(server, tanaka, general, "聞こえる？")
    other_key = SqlInstallations(database, new_key())
    async with serving(server, chat, secrets=secrets, installations=other_key):
        await asyncio.sleep(0.1)
    assert not server.bot_messages(general)
    async with serving(server, chat, secrets=secrets, installations=installed):
        (reply,) = await finished(server, general, asked)
    assert reply.shown == "聞こえる？"


def failing(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> list[str]:
    """Let a method of the store fail so often; what was asked of it."""
    real, asked = getattr(SqlStore, name), list[str]()

    async def fails(*arguments: Any, **options: Any) -> Any:
        asked.append(name)
        if len(asked) <= times:
            raise BUSY
        return await real(*arguments, **options)

    monkeypatch.setattr(SqlStore, name, fails)
    return asked


@pytest.mark.parametrize("method", ["settings", "undelivered", "unanswered"])
async def test_a_database_that_fails_at_first_is_asked_again(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    tanaka: Person,
    general: Channel,
    method: str,
) -> None:
    """Until then nothing counts as seen."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    monkeypatch.setattr(take_up, "SEEN_SECONDS", 0.05)
    asked = await missed(server, tanaka, general, "留守中")
    noted = failing(monkeypatch, "set_setting", 0)
    tried = failing(monkeypatch, method, 2)
    async with serving(server, chat):
        await server.until(lambda: len(tried) == 2)
        assert not noted
        (reply,) = await finished(server, general, asked)
        await server.until(lambda: noted)
    assert reply.shown == "留守中" and server.bot_messages(general) == [reply]
    assert await seen(store) is not None


@pytest.mark.parametrize("method", ["add_message", "latest"])
async def test_what_the_database_does_not_take_in_is_found_by_the_next_start(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    tanaka: Person,
    general: Channel,
    method: str,
) -> None:
    """It does not count as seen."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    async with serving(server, chat):
        root = tanaka.says(general, f"{server.bot.mention} 前")
        await finished(server, general, root)
    before = await seen(store)
    tanaka.says(general, "留守中", root.ts)
    await server.settled()
    with monkeypatch.context() as patched:
        tried = failing(patched, method, 1)
        async with serving(server, chat):
            await server.until(lambda: tried)
            await asyncio.sleep(0.1)
        assert await seen(store) == before
    async with serving(server, chat):
        replies = await finished(server, general, root, 2)
    assert [reply.shown for reply in replies] == ["前", "留守中"]


@pytest.mark.parametrize("method", ["conversations.history", "users.conversations"])
async def test_what_slack_does_not_tell_is_found_by_the_next_start(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    tanaka: Person,
    general: Channel,
    method: str,
) -> None:
    """Where it is broken for a moment; what it refuses for good counts as seen."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    asked = await missed(server, tanaka, general, "留守中")
    server.faults.add(method, status=503)
    async with serving(server, chat):
        await server.until(lambda: server.counts["users.conversations"] == 4)
        await asyncio.sleep(0.1)
    assert await seen(store) is None and not server.bot_messages(general)
    async with serving(server, chat):
        await finished(server, general, asked)
    before = await seen(store)
    assert before is not None
    server.faults.add(method, error="missing_scope", times=4)
    async with serving(server, chat):
        await server.until(lambda: server.counts["users.conversations"] == 12)
        await asyncio.sleep(0.1)
    after = await seen(store)
    assert after is not None and after > before
