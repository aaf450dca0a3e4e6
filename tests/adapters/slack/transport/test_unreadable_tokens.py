"""A workspace whose token cannot be read: it holds up no other one, and loses little itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters import absence
from bot.chat import Chat
from bot.messages import ConversationKey
from storage.database import Database
from storage.installations import SqlInstallations, new_key
from storage.store import SqlStore
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.adapters.slack.test_take_up import SEEN, answered_before, failing, missed, seen
from tests.adapters.slack.transport.installing import install, secrets_of_many
from tests.fakes.incoming import incoming
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

UNREADABLE = "T0UNREADABLE"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Where installations are kept."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/installed.db") as database:
        yield database


@pytest.fixture
async def installed(server: SlackServer, database: Database) -> SqlInstallations:
    """The app is installed in the server's workspace, and is not there to hear of events."""
    installations = SqlInstallations(database, new_key())
    await install(server, installations)
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    return installations


async def test_a_workspace_whose_token_cannot_be_read_loses_nothing_of_the_others(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    database: Database,
    installed: SqlInstallations,
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
        if number % 2 == 0:
            await answered_before(store, key, ts)
        else:
            await store.add_message(incoming(ts, "質問", conversation=key, opens_thread=True))
    asked = await missed(server, tanaka, general, "留守中")
    async with serving(server, chat, secrets=secrets_of_many(server), installations=installed):
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
    tanaka: Person,
    general: Channel,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By the next start, which reads what was said since the last time that all was read."""
    asked = await missed(server, tanaka, general, "聞こえる？")
    other_key = SqlInstallations(database, new_key())
    async with serving(server, chat, secrets=secrets_of_many(server), installations=other_key):
        await server.until(lambda: "is left for the next start" in caplog.text)
    assert not server.bot_messages(general)
    async with serving(server, chat, secrets=secrets_of_many(server), installations=installed):
        (reply,) = await finished(server, general, asked)
    assert reply.shown == "聞こえる？"


async def test_a_token_that_cannot_be_had_for_a_moment_is_asked_for_again(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    tanaka: Person,
    general: Channel,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By the same process: a busy database is none that somebody has to put right."""
    monkeypatch.setattr(absence, "SEEN_SECONDS", 0.05)
    asked = await missed(server, tanaka, general, "聞こえる？")
    with monkeypatch.context() as busy:
        failing(busy, "installation", 1_000, SqlInstallations)
        async with serving(server, chat, secrets=secrets_of_many(server), installations=installed):
            await server.until(lambda: "cannot be taken up yet" in caplog.text)
            busy.undo()
            (reply,) = await finished(server, general, asked)
    assert reply.shown == "聞こえる？" and "for the next start" not in caplog.text
