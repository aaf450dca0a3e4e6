"""What every ReplyLedger must do about replies that are shown; test_history_contract.py has
which messages are answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import ConversationKey, FinishReason
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, SENT_AT, incoming
from tests.storage.steps import OTHER, THREAD, answer, begin, id_of, say, texts


async def shown(store: SqlStore, id: str, *platform_ids: str, at: ConversationKey = CHANNEL) -> int:
    """Have a message answered by a reply that these messages show; the reply's id."""
    reply = await begin(store, await say(store, id, at=at), at)
    await store.record_sent(reply.id, platform_ids)
    await store.finish_reply(reply.id, f"re {id}", FinishReason.END)
    return reply.id


async def test_a_reply_knows_its_question_and_where_an_earlier_attempt_stands(
    store: SqlStore,
) -> None:
    """In order; what was noted before is replaced, not added to."""
    trigger = await say(store, "a")
    reply = await begin(store, trigger)
    assert (reply.trigger, reply.platform_ids) == ("a", ())
    for parts in (["p3"], ["p3", "p2", "p1"], ["p2", "p3"]):
        await store.record_sent(reply.id, parts)
        again = await begin(store, trigger)
        assert (again.id, again.platform_ids) == (reply.id, tuple(parts))
    await store.record_sent(reply.id, [])
    assert (await begin(store, trigger)).platform_ids == ()


async def test_where_a_discarded_reply_stood_the_next_one_will_stand(store: SqlStore) -> None:
    """/regenerate edits the messages that are there."""
    reply = await shown(store, "a", "p1", "p2")
    trigger = await store.discard_reply(await id_of(store))
    assert trigger is not None
    again = await begin(store, trigger)
    assert (again.id, again.platform_ids) == (reply, ("p1", "p2"))


async def test_what_is_noted_of_an_unknown_reply_is_nothing(store: SqlStore) -> None:
    """Its conversation was forgotten meanwhile."""
    await store.record_sent(999, ["p1"])
    await store.mark_delivered(999)
    await store.rate(999, "u1", 1)
    assert await store.ratings_of("console", "u1") == []


async def test_a_reply_is_found_by_each_message_that_shows_it(store: SqlStore) -> None:
    """Also while it is written; not elsewhere, and not by its question's id."""
    one = await shown(store, "a", "p1", "p2")
    open_reply = await begin(store, await say(store, "b"))
    await store.record_sent(open_reply.id, ["p3"])
    found = [await store.reply_at(CHANNEL, id) for id in ("p1", "p2", "p3", "p4", "a")]
    assert found == [one, one, open_reply.id, None, None]
    assert await store.reply_at(OTHER, "p1") is None


async def test_only_the_newest_reply_is_discarded_by_its_id(store: SqlStore) -> None:
    """Another id changes nothing."""
    first, second = await shown(store, "a", "p1"), await shown(store, "b", "p2")
    here = await id_of(store)
    assert await store.discard_reply(here, first) is None
    assert await texts(store) == ["a", "re a", "b", "re b"]
    assert await store.discard_reply(here, second) is not None
    assert await texts(store) == ["a", "re a", "b"]


async def test_a_reply_is_undelivered_until_it_is_marked(store: SqlStore) -> None:
    """With all that is needed to show it, oldest first, of the platform asked for."""
    first = await shown(store, "a", "p1", "p2")
    second = await shown(store, "b", at=OTHER)
    await shown(store, "c", at=ConversationKey("slack", "home", "general"))
    one, two = await store.undelivered("console")
    assert (one.conversation, one.reply_id, one.trigger) == (CHANNEL, first, "a")
    assert (one.text, one.platform_ids) == ("re a", ("p1", "p2"))
    assert one.ended_at.tzinfo is not None and one.ended_at > SENT_AT
    assert (two.conversation, two.reply_id, two.platform_ids) == (OTHER, second, ())
    await store.mark_delivered(first)
    assert [reply.reply_id for reply in await store.undelivered("console")] == [second]


async def test_a_reply_without_text_or_end_is_not_undelivered(store: SqlStore) -> None:
    """There is nothing to show of one that is open, failed, empty or discarded."""
    for number, ending in enumerate(("open", "failed", "empty", "discarded")):
        at = replace(CHANNEL, channel=ending)
        reply = await begin(store, await say(store, f"m{number}", at=at), at)
        if ending == "failed":
            await store.fail_reply(reply.id)
        if ending in ("empty", "discarded"):
            text = "" if ending == "empty" else "x"
            await store.finish_reply(reply.id, text, FinishReason.END)
        if ending == "discarded":
            await store.discard_reply(await id_of(store, at))
    assert await store.undelivered("console") == []


async def test_a_reply_that_is_written_again_is_to_be_delivered_again(store: SqlStore) -> None:
    """The mark was for the old text."""
    reply = await shown(store, "a", "p1")
    await store.mark_delivered(reply)
    trigger = await store.discard_reply(await id_of(store))
    assert trigger is not None
    await answer(store, trigger, "new")
    assert [entry.text for entry in await store.undelivered("console")] == ["new"]


async def test_an_undelivered_reply_whose_question_is_gone_has_no_trigger(
    store: SqlStore,
) -> None:
    """There is no message that it could be attached to."""
    await shown(store, "a", "p1")
    await store.delete_message(CHANNEL, "a")
    assert [reply.trigger for reply in await store.undelivered("console")] == [""]


async def test_a_reply_goes_with_the_last_message_that_shows_it(store: SqlStore) -> None:
    """As long as a part can be read, it is remembered."""
    await shown(store, "a", "p1", "p2")
    assert await store.delete_message(CHANNEL, "p1") is None
    assert await texts(store) == ["a", "re a"]
    assert await store.delete_message(OTHER, "p2") is None
    assert await store.delete_message(CHANNEL, "p2") is not None
    assert await texts(store) == ["a"]
    assert await store.unanswered("console") == []


async def test_a_reply_that_is_deleted_while_it_is_written_is_not_stored(store: SqlStore) -> None:
    """Nor written anew; one that can still be read in part is."""
    gone = await begin(store, await say(store, "a"))
    await store.record_sent(gone.id, ["p1"])
    await store.delete_message(CHANNEL, "p1")
    assert await store.finish_reply(gone.id, "text", FinishReason.END) is None
    half = await begin(store, await say(store, "b"))
    await store.record_sent(half.id, ["p2", "p3"])
    await store.delete_message(CHANNEL, "p2")
    assert await store.finish_reply(half.id, "text", FinishReason.END) is not None
    assert await texts(store) == ["a", "b", "text"]
    assert await store.unanswered("console") == []


@pytest.mark.parametrize("forgotten", [False, True])
async def test_what_waited_with_a_question_that_went_away_still_waits(
    store: SqlStore, forgotten: bool
) -> None:
    """Also after a restart, and though some of the reply to both can be read."""
    first = await say(store, "a")
    second = await store.add_message(incoming("b", author="u2"))
    reply = await begin(store, second.message_id)
    if forgotten:
        await store.forget_member("console", "u2")
    else:
        await store.delete_message(CHANNEL, "b")
        assert await store.finish_reply(reply.id, "は", FinishReason.GONE) is not None
        assert [entry.reply_id for entry in await store.undelivered("console")] == [reply.id]
    (waiting,) = await store.unanswered("console")
    assert waiting.message_id == first
    assert await store.start_reply(waiting.conversation_id, first) is not None


async def test_an_exchange_is_the_question_and_the_reply_that_a_message_shows(
    store: SqlStore,
) -> None:
    """Oldest first, also across the memory marker; nothing for an unknown message."""
    await shown(store, "a", "p1", "p2")
    await shown(store, "b", "p3")
    await store.reset(CHANNEL)
    here = await id_of(store)
    for part in ("p1", "p2"):
        assert [m.text for m in await store.exchange(here, part)] == ["a", "re a"]
    assert await store.exchange(here, "unknown") == []
    assert await store.exchange(here, "a") == []


async def test_a_thread_finds_its_channels_exchanges_and_not_the_other_way(
    store: SqlStore,
) -> None:
    """What a thread continues it may be asked about; other channels it does not see."""
    await shown(store, "a", "p1")
    await shown(store, "t", "p2", at=THREAD)
    await shown(store, "o", "p3", at=OTHER)
    channel, thread = await id_of(store), await id_of(store, THREAD)
    assert [m.text for m in await store.exchange(thread, "p1")] == ["a", "re a"]
    assert await store.exchange(channel, "p2") == []
    assert await store.exchange(channel, "p3") == await store.exchange(thread, "p3") == []


async def test_of_an_exchange_there_is_what_was_not_deleted(store: SqlStore) -> None:
    """And of a reply that is still written, the question."""
    await shown(store, "a", "p1")
    await store.delete_message(CHANNEL, "a")
    reply = await begin(store, await say(store, "b"))
    await store.record_sent(reply.id, ["p2"])
    here = await id_of(store)
    assert [m.text for m in await store.exchange(here, "p1")] == ["re a"]
    assert [m.text for m in await store.exchange(here, "p2")] == ["b"]


async def has_spoken(
    store: SqlStore, at: ConversationKey, sent_at: datetime, root: str | None = None
) -> bool:
    """Whether the bot had spoken in a place by then."""
    message = incoming("new", conversation=at, sent_at=sent_at, thread_root=root)
    return (await store.known(message)).spoken


async def test_the_bot_has_spoken_where_it_began_a_reply(store: SqlStore) -> None:
    """From its first word on, and for good; a message to it alone is not enough."""
    trigger = await say(store, "t", at=THREAD)
    assert not await has_spoken(store, THREAD, SENT_AT)
    reply = await begin(store, trigger, THREAD)
    assert await has_spoken(store, THREAD, SENT_AT)
    await store.finish_reply(reply.id, "x", FinishReason.END)
    await store.forget_member("console", "u1")
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert await has_spoken(store, THREAD, later)
    assert not await has_spoken(store, CHANNEL, later)
    assert not await has_spoken(store, replace(THREAD, thread="t2"), later)


async def test_what_was_said_before_the_bot_was_asked_was_not_said_to_it(store: SqlStore) -> None:
    """Whenever it comes in; of a question that was deleted since, its reply's beginning tells."""
    earlier = SENT_AT - timedelta(microseconds=1)
    await begin(store, await say(store, "t", at=THREAD), THREAD)
    assert not await has_spoken(store, THREAD, earlier)
    await store.delete_message(THREAD, "t")
    assert not await has_spoken(store, THREAD, earlier)
    assert await has_spoken(store, THREAD, datetime.now(UTC) + timedelta(seconds=1))


async def test_a_thread_that_began_at_a_reply_has_the_bot_in_it(store: SqlStore) -> None:
    """The channel's reply, and not another message of the channel."""
    await shown(store, "a", "p1")
    await shown(store, "o", "p2", at=OTHER)
    assert await has_spoken(store, THREAD, SENT_AT, "p1")
    assert not await has_spoken(store, THREAD, SENT_AT, "a")
    assert not await has_spoken(store, THREAD, SENT_AT, "p2")


async def test_a_rating_is_each_persons_newest(store: SqlStore) -> None:
    """In place of the one before; 0 takes it back; others' stay."""
    reply = await shown(store, "a", "p1")
    await store.rate(reply, "u1", 1)
    await store.rate(reply, "u1", -1)
    await store.rate(reply, "u2", 1)
    ((place, value, moment),) = await store.ratings_of("console", "u1")
    assert (place, value) == (CHANNEL, -1)
    assert moment.tzinfo is not None
    await store.rate(reply, "u1", 0)
    await store.rate(reply, "u1", 0)
    assert await store.ratings_of("console", "u1") == []
    assert [value for _, value, _ in await store.ratings_of("console", "u2")] == [1]


async def test_what_was_thought_of_a_reply_is_not_thought_of_the_next(store: SqlStore) -> None:
    """A reply that is written again begins without ratings."""
    reply = await shown(store, "a", "p1")
    await store.rate(reply, "u1", -1)
    await store.discard_reply(await id_of(store))
    assert await store.ratings_of("console", "u1") == []


@pytest.mark.parametrize("at", [CHANNEL, THREAD], ids=["channel", "thread"])
async def test_a_forgotten_conversation_takes_its_part_of_the_ledger_along(
    store: SqlStore, at: ConversationKey
) -> None:
    """Where its replies stood, and how they were liked."""
    reply = await shown(store, "a", "p1", at=at)
    await store.rate(reply, "u1", 1)
    await store.forget(await id_of(store, at))
    assert await store.reply_at(at, "p1") is None
    assert await store.ratings_of("console", "u1") == []
    assert await store.undelivered("console") == []
    assert not await has_spoken(store, at, SENT_AT)


async def test_a_reply_that_is_opened_once_more_says_so(store: SqlStore) -> None:
    """A process before this one may have shown more of it than it could note."""
    trigger = await say(store, "a")
    assert not (await begin(store, trigger)).again
    assert (await begin(store, trigger)).again
