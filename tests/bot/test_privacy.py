"""What `/privacy`, `/forget-me` and `/export` do with what is stored. See also test_commands.py."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot import privacy
from bot.chat import Chat
from bot.command import Answer
from bot.messages import ConversationKey, ReplyStart
from bot.notices import Notice
from bot.ports import Caller
from storage.store import SqlStore
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming

CALLER = Caller(CHANNEL, "u1")


async def told(events: Answer) -> Notice:
    """The one notice of an answer."""
    (event,) = [event async for event in events]
    assert isinstance(event, Notice)
    return event


async def say(chat: Chat, id: str, **options: object) -> int:
    """Say something and wait for the reply; the reply's id."""
    events = chat.respond(incoming(id, **options))  # type: ignore[arg-type]  # as given
    (start,) = [event async for event in events if isinstance(event, ReplyStart)]
    return start.reply_id


async def test_everything_is_exported_wherever_it_was_said(chat: Chat) -> None:
    """Channels, threads and direct messages of the platform, in their order."""
    places = [CHANNEL, replace(CHANNEL, thread="t"), replace(CHANNEL, workspace="@me")]
    for number, place in enumerate(places):
        await say(chat, f"m{number}", conversation=place)
    elsewhere = replace(CHANNEL, platform="other")
    await say(chat, "m9", conversation=elsewhere)
    answer = await told(privacy.export(chat, CALLER, ""))
    assert answer.file is not None
    exported = json.loads(answer.file.content)["messages"]
    assert [(e["workspace"], e["thread"], e["text"]) for e in exported] == [
        ("home", "", "m0"),
        ("home", "", "m0"),
        ("home", "t", "m1"),
        ("home", "t", "m1"),
        ("@me", "", "m2"),
        ("@me", "", "m2"),
    ]


async def test_of_who_said_nothing_there_is_nothing(chat: Chat) -> None:
    """An empty list, and nothing to delete; no error."""
    answer = await told(privacy.export(chat, CALLER, ""))
    assert answer.file is not None
    nothing: dict[str, list[object]] = {each: [] for each in ("messages", "ratings", "corrections")}
    assert json.loads(answer.file.content) == {"user_id": "u1", **nothing}
    assert "Deleted 0" in (await told(privacy.forget_me(chat, CALLER, "yes"))).english
    assert "I keep 0 messages" in (await told(privacy.privacy(chat, CALLER, ""))).english


async def test_what_is_kept_is_counted_and_not_read(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have said very much."""
    await say(chat, "m1")
    monkeypatch.setattr(SqlStore, "messages_of", None)
    assert "I keep 2 messages" in (await told(privacy.privacy(chat, CALLER, ""))).english
    assert "deletes 2 messages" in (await told(privacy.forget_me(chat, CALLER, ""))).english


async def test_a_reply_whose_question_was_deleted_is_still_the_askers(
    chat: Chat, store: SqlStore
) -> None:
    """It is exported and forgotten with what they said."""
    await say(chat, "m1", text="秘密")
    await chat.deleted(CHANNEL, "m1")
    assert [m.text for _, m in await store.messages_of("console", "u1")] == ["秘密"]
    assert "Deleted 1" in (await told(privacy.forget_me(chat, CALLER, "yes"))).english
    assert [count for *_, count in await store.conversations()] == [0]


async def test_what_is_being_written_to_who_asks_to_be_forgotten_is_not_stored(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The reply speaks of what they said; and it is not written anew after a restart."""
    generator.gate.clear()
    reply = asyncio.create_task(say(chat, "m1", text="秘密"))
    async with asyncio.timeout(20):
        while not generator.running:  # noqa: ASYNC110, no event
            await asyncio.sleep(0.001)
    assert "Deleted 1" in (await told(privacy.forget_me(chat, CALLER, "yes"))).english
    generator.gate.set()
    await reply
    assert [count for *_, count in await store.conversations()] == [0]
    assert await store.unanswered("console") == []


async def test_forgetting_deletes_ratings_and_not_the_wish_that_nothing_be_kept(
    chat: Chat, store: SqlStore
) -> None:
    """The ratings of others stay; so do this person's on other platforms."""
    reply = await say(chat, "m1", author="u2")
    there = await say(chat, "m1", conversation=replace(CHANNEL, platform="other"), author="u2")
    for user, rated in (("u1", reply), ("u2", reply), ("u1", there)):
        await store.rate(rated, user, -1)
    await store.opt_out("console", "u1", True)
    await told(privacy.forget_me(chat, CALLER, "yes"))
    assert await store.ratings_of("console", "u1") == []
    assert len(await store.ratings_of("console", "u2")) == 1
    assert len(await store.ratings_of("other", "u1")) == 1
    assert await store.opted_out("console", "u1")


async def test_after_opting_out_an_edit_is_not_kept_either(chat: Chat, store: SqlStore) -> None:
    """The new words are among what is not to be kept from now on."""
    await say(chat, "m1", text="前の話")
    await told(privacy.privacy(chat, CALLER, "out"))
    await chat.edited(incoming("m1", "新しい秘密"))
    assert [m.text for _, m in await store.messages_of("console", "u1")] == ["前の話", "前の話"]


async def test_what_a_person_corrected_is_exported_and_stays_unnamed(
    chat: Chat, store: SqlStore
) -> None:
    """The correction is the group's, the name is theirs."""
    await store.correct("console", "home", "一日", "ついたち", "u1")
    await store.correct("console", "home", "生", "なま", "u2")
    answer = await told(privacy.export(chat, CALLER, ""))
    assert answer.file is not None
    (exported,) = json.loads(answer.file.content)["corrections"]
    assert (exported["group"], exported["word"], exported["reading"]) == (
        "home",
        "一日",
        "ついたち",
    )
    assert "without your name" in (await told(privacy.forget_me(chat, CALLER, "yes"))).english
    assert (await store.corrections("console", "home"))["一日"].user_id == ""


async def test_quizzes_that_were_begun_on_the_web_page_are_exported(
    chat: Chat, store: SqlStore
) -> None:
    """Where a person is known by another name; afterwards they are nobody's."""
    here, there = CALLER.platform, f"{CALLER.platform}:{CALLER.user_id}"
    now = datetime.now(UTC)
    for key, who in ((CHANNEL, CALLER.user_id), (ConversationKey("web", "@web", there), there)):
        await store.begin_quiz(key, "home", who, "{}", [], now)
    answer = await told(privacy.export(chat, CALLER, ""))
    assert answer.file is not None
    exported = json.loads(answer.file.content)["quizzes"]
    assert [each["channel"] for each in exported] == [CHANNEL.channel, there]
    await told(privacy.forget_me(chat, CALLER, "yes"))
    assert await store.learning_of(here, CALLER.user_id) == {}
    assert await store.learning_of("web", there) == {}
