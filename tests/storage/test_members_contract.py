"""What every MemberStore must do: a person sees, deletes and forbids what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.messages import ConversationKey, FinishReason, Role
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, SENT_AT, incoming
from tests.storage.steps import OTHER, THREAD, answer, begin, id_of, say, texts

SLACK = ConversationKey("slack", "home", "general")


async def told(store: SqlStore, user_id: str = "u1", platform: str = "console") -> list[str]:
    """The texts of what is kept of a person."""
    return [message.text for _, message in await store.messages_of(platform, user_id)]


async def said(store: SqlStore, id: str, author: str = "u1", at: ConversationKey = CHANNEL) -> int:
    """Store a message of somebody's; its id in the store."""
    return (await store.add_message(incoming(id, author=author, conversation=at))).message_id


async def test_who_opts_out_is_known_until_they_opt_in(store: SqlStore) -> None:
    """On that platform alone; saying it twice is saying it once."""
    assert not await store.opted_out("console", "u1")
    for out in (True, True, False, False, True):
        await store.opt_out("console", "u1", out)
        assert await store.opted_out("console", "u1") is out
    assert not await store.opted_out("slack", "u1")
    assert not await store.opted_out("console", "u2")


async def test_of_a_person_there_is_what_they_said_and_the_replies_to_it(store: SqlStore) -> None:
    """In every conversation of the platform, each in its order, and nothing of others."""
    await answer(store, await said(store, "a"), "re a")
    await answer(store, await said(store, "b", "u2"), "re b")
    await store.add_message(incoming("c", addressed=False))
    await answer(store, await said(store, "t", at=THREAD), "re t", at=THREAD)
    await said(store, "s", at=SLACK)
    found = await store.messages_of("console", "u1")
    assert [(place, message.role, message.text) for place, message in found] == [
        (CHANNEL, Role.USER, "a"),
        (CHANNEL, Role.ASSISTANT, "re a"),
        (CHANNEL, Role.USER, "c"),
        (THREAD, Role.USER, "t"),
        (THREAD, Role.ASSISTANT, "re t"),
    ]
    assert await told(store, platform="slack") == ["s"]
    assert await told(store, "u3") == []
    counts = [await store.count_of(*who) for who in (("console", "u1"), ("slack", "u1"))]
    assert counts == [5, 1] and await store.count_of("console", "u3") == 0


async def test_a_reply_stays_the_askers_when_the_question_is_deleted(store: SqlStore) -> None:
    """It still speaks of what they said."""
    await answer(store, await said(store, "a"), "re a")
    await store.delete_message(CHANNEL, "a")
    assert await told(store) == ["re a"]
    assert await store.forget_member("console", "u1") == 1
    assert await texts(store) == []


async def test_a_forgotten_person_leaves_nothing_and_others_stay(store: SqlStore) -> None:
    """What they said elsewhere on the platform goes too; another platform is another person."""
    await answer(store, await said(store, "a"), "re a")
    await answer(store, await said(store, "b", "u2"), "re b")
    await said(store, "c", at=OTHER)
    await said(store, "s", at=SLACK)
    assert await store.forget_member("console", "u1") == 3
    assert await told(store) == []
    assert await texts(store) == await told(store, "u2") == ["b", "re b"]
    assert await told(store, platform="slack") == ["s"]
    assert await store.forget_member("console", "u1") == 0


async def test_what_a_forgotten_person_said_before_is_not_answered_again(store: SqlStore) -> None:
    """Messages of others that their reply answered stay answered."""
    other = await said(store, "a", "u2")
    await answer(store, await said(store, "b"), "re both")
    await store.forget_member("console", "u1")
    assert await store.start_reply(await id_of(store), other) is None
    assert await store.unanswered("console") == []


async def test_a_reply_to_a_forgotten_person_that_is_being_written_is_not_stored(
    store: SqlStore,
) -> None:
    """Replies to others that are being written are."""
    mine = await begin(store, await said(store, "a", at=OTHER), OTHER)
    theirs = await begin(store, await said(store, "b", "u2"))
    await store.forget_member("console", "u1")
    assert await store.finish_reply(mine.id, "about a", FinishReason.END) is None
    assert await store.finish_reply(theirs.id, "about b", FinishReason.END) is not None
    assert await texts(store, OTHER) == []
    assert await store.unanswered("console") == []


async def test_a_forgotten_persons_ratings_go_and_their_wish_stays(store: SqlStore) -> None:
    """That nothing be kept must stay known; that something may be is nothing to keep."""
    await answer(store, await said(store, "a", "u2"))
    await answer(store, await said(store, "s", "u2", at=SLACK), at=SLACK)
    (here,), (there,) = [await store.undelivered(name) for name in ("console", "slack")]
    for reply in (here, there):
        await store.rate(reply.reply_id, "u1", 1)
    await store.rate(here.reply_id, "u2", 1)
    await store.opt_out("console", "u1", True)
    await store.opt_out("console", "u2", False)
    for user in ("u1", "u3"):
        await store.forget_member("console", user)
    assert await store.ratings_of("console", "u1") == []
    assert [len(await store.ratings_of("slack", "u1")), len(await told(store, "u2"))] == [1, 2]
    assert [value for _, value, _ in await store.ratings_of("console", "u2")] == [1]
    assert await store.opted_out("console", "u1")


async def test_more_than_a_statement_can_name_is_forgotten(store: SqlStore) -> None:
    """However much somebody said."""
    for number in range(1_100):
        await store.add_message(incoming(f"m{number}"))
    await said(store, "b", "u2")
    assert await store.forget_member("console", "u1") == 1_100
    assert await texts(store) == ["b"]


async def test_who_opted_out_has_no_new_words_stored_by_an_edit(store: SqlStore) -> None:
    """Others' edits are stored; and theirs again once they opt in."""
    await said(store, "a")
    await said(store, "b", "u2")
    await store.opt_out("console", "u1", True)
    assert await store.edit_message(incoming("a", "new")) is None
    assert await store.edit_message(incoming("b", "new")) is not None
    assert await texts(store) == ["a", "new"]
    await store.opt_out("console", "u1", False)
    assert await store.edit_message(incoming("a", "newer")) is not None
    assert await texts(store) == ["newer", "new"]


async def test_a_thread_does_not_bring_a_forgotten_person_back(store: SqlStore) -> None:
    """Its prompt has the channel's part without them."""
    await say(store, "a")
    await said(store, "b", "u2")
    await said(store, "t", "u2", at=replace(CHANNEL, thread="t9"))
    await store.forget_member("console", "u1")
    assert await texts(store, replace(CHANNEL, thread="t9")) == ["b", "t"]


async def test_what_was_forgotten_is_known_by_when_it_was_sent(store: SqlStore) -> None:
    """That person's, up to the newest that was deleted; others' and later words are new."""
    later = SENT_AT + timedelta(seconds=1)
    await store.add_message(incoming("m1"))
    await store.add_message(incoming("m2", author="u2", sent_at=later))

    async def was_forgotten(platform: str, author: str, sent_at: datetime) -> bool:
        here = replace(CHANNEL, platform=platform)
        said = incoming("m", conversation=here, author=author, sent_at=sent_at)
        return (await store.known(said)).forgotten

    assert not await was_forgotten("console", "u1", SENT_AT)
    await store.forget_member("console", "u1")
    assert await was_forgotten("console", "u1", SENT_AT)
    assert not await was_forgotten("console", "u1", later)
    assert not await was_forgotten("console", "u2", SENT_AT)
    assert not await was_forgotten("slack", "u1", SENT_AT)
    await store.forget_member("console", "u1")  # nothing more: what is known stays
    await store.opt_out("console", "u1", True)
    await store.opt_out("console", "u1", False)
    assert await was_forgotten("console", "u1", SENT_AT)


async def test_a_message_that_showed_a_forgotten_reply_may_show_another(store: SqlStore) -> None:
    """A platform may give an id again for what it takes for the same message."""
    first = await begin(store, await say(store, "a"))
    await store.record_sent(first.id, ["p1"])
    second = await begin(store, await say(store, "b"))
    await store.record_sent(second.id, ["p1", "p2"])
    assert await store.reply_at(CHANNEL, "p1") == second.id
