"""What cannot be taken up at a start is not lost: it is tried again, or left for the next one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters import absence
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import ConversationKey, FinishReason
from storage.store import SqlStore
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.incoming import incoming
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_api.world import Notice
from tests.fakes.slack_server import SlackServer

SEEN = ConversationKey("slack", "", "")
BUSY = BotError("The database is busy.", "データベースが使用中です。")


async def missed(server: SlackServer, person: Person, channel: Channel, text: str) -> Message:
    """Something that is said to the bot while it is away."""
    asked = person.says(channel, f"{server.bot.mention} {text}")
    await server.settled()
    return asked


async def seen(store: SqlStore) -> datetime | None:
    """Until when the next start takes events as having come in."""
    stored = (await store.settings(SEEN)).get("seen")
    return datetime.fromisoformat(stored) if stored else None


async def until_seen(store: SqlStore, before: datetime | None = None) -> None:
    """Wait until more than that counts as having come in."""
    async with asyncio.timeout(200):
        while True:
            now = await seen(store)
            if now is not None and (before is None or now > before):
                return
            await asyncio.sleep(0.02)


async def answered_before(store: SqlStore, key: ConversationKey, ts: str) -> None:
    """A question was answered by a process that ended before it showed that."""
    stored = await store.add_message(incoming(ts, "質問", conversation=key, opens_thread=True))
    reply = await store.start_reply(stored.conversation_id, stored.message_id)
    assert reply is not None
    await store.finish_reply(reply.id, "答え", FinishReason.END)


def failing(
    monkeypatch: pytest.MonkeyPatch, name: str, times: int, of: type = SqlStore
) -> list[str]:
    """Let a method of the store fail so often; what was asked of it."""
    real, asked = getattr(of, name), list[str]()

    async def fails(*arguments: Any, **options: Any) -> Any:
        asked.append(name)
        if len(asked) <= times:
            raise BUSY
        return await real(*arguments, **options)

    monkeypatch.setattr(of, name, fails)
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
    monkeypatch.setattr(absence, "SEEN_SECONDS", 0.05)
    asked = await missed(server, tanaka, general, "留守中")
    noted = failing(monkeypatch, "set_setting", 0)
    with monkeypatch.context() as away:
        tried = failing(away, method, 1_000)
        async with serving(server, chat):
            await server.until(lambda: len(tried) >= 2)
            assert not noted
            away.undo()
            (reply,) = await finished(server, general, asked)
            await server.until(lambda: noted)
    assert reply.shown == "留守中" and server.bot_messages(general) == [reply]
    assert await seen(store) is not None


async def test_a_stored_reply_is_shown_once_though_the_database_fails_after_it(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    tanaka: Person,
    general: Channel,
) -> None:
    """It is begun when all that is to be taken up is known."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    monkeypatch.setattr(absence, "SEEN_SECONDS", 0.05)
    asked = await missed(server, tanaka, general, "質問")
    key = ConversationKey("slack", server.team.id, general.id, asked.ts)
    await answered_before(store, key, asked.ts)
    noted = failing(monkeypatch, "set_setting", 0)
    failing(monkeypatch, "unanswered", 2)
    async with serving(server, chat):
        with server.faults.hold("chat.postMessage") as hold:
            await hold.reached.wait()
            await server.until(lambda: noted)
        await finished(server, general, asked)
    assert [reply.shown for reply in server.bot_messages(general)] == ["答え"]
    assert server.counts["chat.postMessage"] == 1


async def test_what_is_being_read_when_the_process_ends_is_for_the_next_start(
    server: SlackServer, chat: Chat, store: SqlStore, tanaka: Person, general: Channel
) -> None:
    """It does not count as seen before it was read."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    asked = await missed(server, tanaka, general, "留守中")
    with server.faults.hold("conversations.history") as hold:
        async with serving(server, chat, grace=0.01):
            await hold.reached.wait()
        assert await seen(store) is None
    async with serving(server, chat):
        (reply,) = await finished(server, general, asked)
    assert reply.shown == "留守中"


async def test_what_was_under_way_when_it_ended_is_answered_by_the_next_start(
    server: SlackServer, chat: Chat, store: SqlStore, tanaka: Person, general: Channel
) -> None:
    """What was said shortly before all counted as seen had perhaps not come in."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    asked = await missed(server, tanaka, general, "間に合う？")
    await store.set_setting(SEEN, "seen", datetime.now(UTC).isoformat())
    for _ in range(2):
        async with serving(server, chat):
            (reply,) = await finished(server, general, asked)
            await finished(server, tanaka.dm, tanaka.says(tanaka.dm, "つぎ"))
    assert reply.shown == "間に合う？" and server.bot_messages(general) == [reply]


@pytest.mark.parametrize("method", ["add_message", "latest"])
async def test_what_the_database_does_not_take_in_is_found_by_the_next_start(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
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
            await server.until(lambda: tried and "cannot be taken up yet" in caplog.text)
        assert await seen(store) == before
    async with serving(server, chat):
        replies = await finished(server, general, root, 2)
    assert [reply.shown for reply in replies] == ["前", "留守中"]


@pytest.mark.parametrize("method", ["conversations.history", "users.conversations"])
async def test_what_slack_does_not_tell_is_found_by_the_next_start(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
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
        await server.until(lambda: "cannot be taken up yet" in caplog.text)
    assert await seen(store) is None and not server.bot_messages(general)
    monkeypatch.setattr(absence, "SEEN_SECONDS", 0.05)
    async with serving(server, chat):
        await finished(server, general, asked)
        await until_seen(store)
    before = await seen(store)
    server.faults.add(method, error="missing_scope", times=4)
    async with serving(server, chat):
        await server.until(lambda: server.counts["users.conversations"] == 12)
        await until_seen(store, before)


@pytest.mark.parametrize(
    ("text", "answer"), [("/persona default", "Only administrators"), ("", "Yes?")]
)
async def test_what_is_not_done_late_is_left_to_the_event_that_is_under_way(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    tanaka: Person,
    general: Channel,
    text: str,
    answer: str,
) -> None:
    """A command that was just given stands in the channel's history, too."""
    monkeypatch.setattr(absence, "SEEN_SECONDS", 0.05)
    held: list[Notice] = []
    with monkeypatch.context() as late:
        late.setattr(server.world, "emit", held.append)
        tanaka.says(general, f"{server.bot.mention} {text}")
    async with serving(server, chat):
        await until_seen(store)  # everything that was missed was looked at
        assert server.counts["conversations.history"]
        assert not (general.ephemerals or server.bot_messages(general))
        for notice in held * 2:
            server.world.emit(notice)
        await server.until(lambda: general.ephemerals or server.bot_messages(general))
        await server.settled()
    (said,) = general.ephemerals or server.bot_messages(general)
    assert answer in said.shown


async def test_pages_of_fifteen_objects_are_read_on_though_one_of_them_fails(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    tanaka: Person,
    general: Channel,
) -> None:
    """What was said before much talk is answered, and once; in a thread too."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    monkeypatch.setattr(absence, "SEEN_SECONDS", 0.05)
    server.team.most_objects = 15
    async with serving(server, chat):
        thread = tanaka.says(general, f"{server.bot.mention} はじめ")
        await finished(server, general, thread)
    asked = tanaka.says(general, f"{server.bot.mention} 留守中")
    tanaka.says(general, f"{server.bot.mention} スレッド", thread.ts)
    for number in range(40):
        tanaka.says(general, f"{number}")
        tanaka.says(general, f"<@U0> {number}", thread.ts)
    await server.settled()
    with server.faults.hold("conversations.history") as hold:
        async with serving(server, chat):
            await hold.reached.wait()
            server.faults.add("conversations.history", status=503, times=2)  # the second one
            hold.release()
            await finished(server, general, asked)
            await finished(server, general, thread, 2)
    assert server.counts["conversations.replies"] >= 3
    shown = [each.shown for each in server.bot_messages(general)]
    assert sorted(shown) == ["はじめ", "スレッド", "留守中"]


@pytest.mark.parametrize("method", ["conversations.history", "users.conversations"])
async def test_a_page_with_odd_entries_hides_no_other_message(
    server: SlackServer, chat: Chat, tanaka: Person, general: Channel, method: str
) -> None:
    """Nor an odd channel another one."""
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    asked = await missed(server, tanaka, general, "留守中")
    handler, token = server.api._handlers[method]
    name = "messages" if method == "conversations.history" else "channels"
    odd: list[Any] = [None, "x", {}, {"ts": [], "user": {}}, {"ts": "x", "user": "U", "text": 1}]

    def spoiled(call: Any) -> Any:
        found = handler(call)
        return found | {name: [*odd, *found[name]]}

    server.api._handlers[method] = (spoiled, token)
    async with serving(server, chat):
        await finished(server, general, asked)
