"""What every RetentionStore must do: what is too old goes, in one channel and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.messages import ConversationKey, FinishReason
from bot.retention import RETENTION
from storage import expiry
from storage.database import Database
from storage.schema import Base, DeletedMessageRow, RatingRow, ReplyRow, SentMessageRow
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, incoming
from tests.storage.steps import OTHER, THREAD, begin, texts

# Replies bear the time at which they were written, so what is old here is old by the tests' clock.
NOW = datetime.now(UTC)
OLD, NEW = NOW - timedelta(days=40), NOW - timedelta(hours=1)
BEFORE = NOW - timedelta(days=30)
# What becomes of each table is said in storage/expiry.py.
MESSAGES = {"messages", "deleted_messages", "replies", "ratings"}
STAY = {
    "conversations", "channel_settings", "members", "reading_corrections", "installations",
    "sent_messages", "processes", "comparisons", "comparison_votes",
}  # fmt: skip
LEARNT = {
    "saved_words", "cards", "reviews", "quizzes", "quiz_questions", "quiz_answers", "mistakes",
    "member_settings", "daily_posts", "looked_up", "web_sessions",
}  # fmt: skip


async def said(
    store: SqlStore, id: str, when: datetime, at: ConversationKey = CHANNEL, author: str = "u1"
) -> int:
    """Somebody said something then."""
    message = incoming(id, conversation=at, sent_at=when, author=author)
    return (await store.add_message(message)).message_id


async def count(store: SqlStore, table: type[Base]) -> int:
    """How many rows there are."""
    async with store.database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def test_what_is_older_goes_and_what_is_not_stays(store: SqlStore) -> None:
    """In the channel and its threads; what is as old elsewhere stays."""
    for place in (CHANNEL, THREAD, OTHER):
        await said(store, f"{place.channel}{place.thread}-old", OLD, place)
        await said(store, f"{place.channel}{place.thread}-new", NEW, place)
    assert await store.expire(CHANNEL, BEFORE) == 2
    assert await texts(store) == ["general-new"]
    assert await texts(store, THREAD) == ["general-new", "generalt1-new"]  # the channel's first
    assert await texts(store, OTHER) == ["random-old", "random-new"]
    assert await store.expire(CHANNEL, BEFORE) == 0


async def test_a_message_that_is_exactly_as_old_stays(store: SqlStore) -> None:
    """A moment later it goes."""
    await said(store, "a", BEFORE)
    assert await store.expire(CHANNEL, BEFORE) == 0
    assert await store.expire(CHANNEL, BEFORE + timedelta(microseconds=1)) == 1


async def test_many_go_in_small_transactions(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, also where a new one stands among them."""
    monkeypatch.setattr(expiry, "BATCH", 3)
    for number in range(10):
        await said(store, f"m{number}", NEW if number == 4 else OLD)
    assert await store.expire(CHANNEL, BEFORE) == 9
    assert await texts(store) == ["m4"]


async def test_of_an_exchange_nothing_stays_that_names_somebody(store: SqlStore) -> None:
    """The ledger's entry has no asker, the rating is gone; bare numbers stay."""
    question = await said(store, "q", OLD)
    reply = await begin(store, question)
    await store.record_sent(reply.id, ["s1"])
    await store.finish_reply(reply.id, "はい。", FinishReason.END)
    await store.rate(reply.id, "u2", 1)
    assert await store.expire(CHANNEL, NOW + timedelta(days=1)) == 2
    assert await store.messages_of("console", "u1") == []
    assert await store.ratings_of("console", "u2") == []
    assert await count(store, RatingRow) == 0
    async with store.database.read() as connection:
        assert (await connection.scalars(select(ReplyRow.asker_id))).all() == [None]
    assert await count(store, SentMessageRow) == 1


async def test_a_reply_that_is_newer_is_still_the_askers(store: SqlStore) -> None:
    """Who asks to be forgotten before its time comes is forgotten with it."""
    reply = await begin(store, await said(store, "q", OLD))
    await store.finish_reply(reply.id, "はい。", FinishReason.END)
    assert await store.expire(CHANNEL, BEFORE) == 1
    assert [message.text for _, message in await store.messages_of("console", "u1")] == ["はい。"]
    assert await store.forget_member("console", "u1") == 1


async def test_what_is_just_being_answered_stays_until_the_next_time(store: SqlStore) -> None:
    """As somebody wants an old reply written anew."""
    reply = await begin(store, await said(store, "q", OLD))
    assert await store.expire(CHANNEL, BEFORE) == 0
    await store.finish_reply(reply.id, "はい。", FinishReason.END)
    assert await store.expire(CHANNEL, BEFORE) == 1


async def test_what_is_gone_is_not_taken_in_again(store: SqlStore) -> None:
    """When it is edited on the platform, or delivered once more."""
    message = incoming("a", sent_at=OLD)
    await store.add_message(message)
    await store.expire(CHANNEL, BEFORE)
    assert (await store.known(message)).deleted
    assert await count(store, DeletedMessageRow) == 1


async def test_channels_are_known_by_what_they_set(store: SqlStore) -> None:
    """Each once, its threads within it; `every`: those that set nothing too."""
    await said(store, "a", NEW)
    await said(store, "b", NEW, THREAD)
    await said(store, "c", NEW, OTHER)
    await store.set_setting(OTHER, RETENTION, "7")
    await store.set_setting(replace(CHANNEL, channel="empty"), RETENTION, "forever")
    await store.set_setting(CHANNEL, "mode", "always")
    wishes = {key.channel: wish for key, wish in await store.retentions(every=False)}
    assert wishes == {"random": "7", "empty": "forever"}
    every = await store.retentions(every=True)
    assert {key.channel: wish for key, wish in every} == {"general": None, **wishes}
    assert len(every) == 3


async def test_nothing_of_it_is_left_in_the_files(database: Database, tmp_path: Path) -> None:
    """SQLite's file and its log, as after /forget-me."""
    store = SqlStore(database)
    for number in range(50):
        await store.add_message(incoming(f"m{number}", "ひみつの言葉" * 20, sent_at=OLD))
    await store.add_message(incoming("new", "あたらしい言葉", sent_at=NEW))
    assert await store.expire(CHANNEL, BEFORE) == 50
    await store.scrub()
    files = b"".join(file.read_bytes() for file in [*tmp_path.glob("kaiwa.db*")])  # noqa: ASYNC240
    assert "ひみつの言葉".encode() not in files
    assert "あたらしい言葉".encode() in files


def test_of_every_table_it_is_decided_what_becomes_of_it() -> None:
    """A new table is to be thought of: here, and in what the module says."""
    assert set(Base.metadata.tables) == MESSAGES | STAY | LEARNT
    assert all(name in str(expiry.__doc__) for name in MESSAGES | STAY)
