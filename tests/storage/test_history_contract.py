"""What every HistoryStore must do. Each test runs on each store of conftest.py."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.messages import ConversationKey, FinishReason, Role
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, SENT_AT, incoming
from tests.storage.steps import OTHER, THREAD, answer, begin, id_of, say, texts


async def test_a_message_comes_back_as_it_was_sent(store: SqlStore) -> None:
    """Text, author, platform id and moment are kept; line breaks, emoji and rare kanji too."""
    text = "VRは\n  なんですか。\t😀 𠮷野家"
    stored = await store.add_message(incoming("m1", text))
    (message,) = await store.history(stored.conversation_id, limit=10)
    assert stored.is_new
    assert message.id == stored.message_id
    assert (message.role, message.text) == (Role.USER, text)
    assert (message.author_id, message.author_name) == ("u1", "田中")
    assert (message.platform_id, message.partial) == ("m1", False)
    assert message.created_at == SENT_AT


async def test_moments_are_aware_and_in_utc(store: SqlStore) -> None:
    """A moment given in another zone is the same moment, in UTC, when it is read."""
    tokyo = timezone(timedelta(hours=9))
    sent_at = datetime(2026, 1, 1, 8, 30, tzinfo=tokyo)
    stored = await store.add_message(incoming("m1", sent_at=sent_at))
    (message,) = await store.history(stored.conversation_id, limit=1)
    assert message.created_at == sent_at
    assert message.created_at.tzinfo is UTC


async def test_a_message_delivered_twice_is_stored_once(store: SqlStore) -> None:
    """The platform's id decides; a redelivery with another text changes nothing."""
    first = await store.add_message(incoming("m1", "original"))
    again = await store.add_message(incoming("m1", "changed"))
    assert again == replace(first, is_new=False)
    assert await texts(store) == ["original"]


async def test_concurrent_deliveries_of_a_message_store_it_once(store: SqlStore) -> None:
    """Exactly one of many simultaneous deliveries is new, also when it opens its channel."""
    stored = await asyncio.gather(*(store.add_message(incoming("m1")) for _ in range(8)))
    assert [entry.is_new for entry in stored].count(True) == 1
    assert len({entry.message_id for entry in stored}) == 1
    assert len(await store.conversations()) == 1


async def test_the_same_platform_id_elsewhere_is_another_message(store: SqlStore) -> None:
    """Ids are compared within a conversation: platforms reuse them across channels."""
    await say(store, "m1")
    await say(store, "m1", at=OTHER)
    assert await texts(store) == await texts(store, OTHER) == ["m1"]


async def test_text_that_no_encoding_can_hold_is_stored_with_a_substitute(store: SqlStore) -> None:
    """Lone surrogates (bad bytes) and NUL become U+FFFD instead of failing the message."""
    await store.add_message(incoming("m1", "a\udc80b\x00c"))
    assert await texts(store) == ["a\ufffdb\ufffdc"]
    assert await store.edit_message(incoming("m1", "\ud83d"))
    assert await texts(store) == ["\ufffd"]


async def test_a_long_message_is_kept_whole(store: SqlStore) -> None:
    """100,000 characters are not cut."""
    await store.add_message(incoming("m1", "あ" * 100_000))
    assert await texts(store) == ["あ" * 100_000]


async def test_history_is_the_newest_messages_oldest_first(store: SqlStore) -> None:
    """`limit` counts from the end; a limit of none or less gives nothing."""
    await say(store, "a", "b", "c", "d")
    assert await texts(store, limit=2) == ["c", "d"]
    assert await texts(store, limit=9) == ["a", "b", "c", "d"]
    assert await texts(store, limit=0) == await texts(store, limit=-1) == []


async def test_history_ends_at_the_message_asked_for(store: SqlStore) -> None:
    """`up_to` is included; what came later is not."""
    await say(store, "a")
    middle = await say(store, "b")
    await say(store, "c")
    assert await texts(store, up_to=middle) == ["a", "b"]
    assert await texts(store, limit=1, up_to=middle) == ["b"]
    assert await texts(store, up_to=0) == []


async def test_an_unknown_conversation_has_no_history(store: SqlStore) -> None:
    """Nothing stored is nothing remembered, and no error."""
    assert await store.history(999, limit=5) == []
    assert await store.find(CHANNEL) is None
    assert await store.discard_reply(999) is None
    assert await store.start_reply(999, 1) is None


async def test_what_was_delivered_before_is_recognised(store: SqlStore) -> None:
    """With what was decided about it then; in its own conversation only."""
    stored = await store.add_message(incoming("m1", addressed=False))
    again = (await store.known(incoming("m1"))).stored
    assert again is not None and (again.message_id, again.is_new) == (stored.message_id, False)
    assert not again.addressed
    assert not (await store.add_message(incoming("m1", addressed=True))).addressed
    assert (await store.known(incoming("m2"))).stored is None
    assert (await store.known(incoming("m1", conversation=THREAD))).stored is None


async def test_an_edit_to_the_same_text_is_none(store: SqlStore) -> None:
    """So the reply to it need not begin anew."""
    await say(store, "a")
    assert await store.edit_message(incoming("a", "a")) is None
    assert await store.edit_message(incoming("a", "b")) is not None


async def test_an_edit_changes_what_is_remembered(store: SqlStore) -> None:
    """The next prompt has the new text, in the old place."""
    await say(store, "a", "b")
    assert await store.edit_message(incoming("a", "edited"))
    assert await texts(store) == ["edited", "b"]


async def test_what_is_answered_by_the_platforms_means_is_kept(store: SqlStore) -> None:
    """The id of the message that a message answers comes back with it."""
    await store.add_message(incoming("a", reply_to="p1"))
    await say(store, "b")
    messages = await store.history(await id_of(store), limit=9)
    assert [message.reply_to for message in messages] == ["p1", None]


async def test_editing_or_deleting_what_is_not_here_says_so(store: SqlStore) -> None:
    """A message of another conversation is not touched."""
    await say(store, "a")
    assert not await store.edit_message(incoming("a", "x", conversation=OTHER))
    assert not await store.edit_message(incoming("b", "x"))
    assert not await store.delete_message(OTHER, "a")
    assert not await store.delete_message(CHANNEL, "b")
    assert await texts(store) == ["a"]


async def test_a_deleted_message_is_gone_and_its_id_is_not_used_again(store: SqlStore) -> None:
    """A later message gets a greater id, so positions kept elsewhere stay right."""
    deleted = await say(store, "a")
    assert await store.delete_message(CHANNEL, "a")
    assert await texts(store) == []
    assert await say(store, "b") > deleted


@pytest.mark.parametrize("place", [CHANNEL, replace(CHANNEL, thread="a")])
async def test_a_deleted_message_is_known_by_its_id_alone(
    store: SqlStore, place: ConversationKey
) -> None:
    """Where it is delivered once more, also as the one that a thread begins with."""
    await say(store, "a")
    await store.delete_message(CHANNEL, "a")
    known = await store.known(incoming("a", conversation=place))
    assert known.deleted and known.stored is None
    assert not (await store.known(incoming("b", conversation=place))).deleted
    assert not (await store.known(incoming("a", conversation=OTHER))).deleted


async def test_a_message_that_was_edited_to_nothing_may_come_back(store: SqlStore) -> None:
    """It is a new one then, and is answered."""
    trigger = await say(store, "a")
    await answer(store, trigger)
    await store.delete_message(CHANNEL, "a", for_good=False)
    assert not (await store.known(incoming("a"))).deleted
    again = await store.add_message(incoming("a"))
    assert again.is_new
    assert await store.start_reply(again.conversation_id, again.message_id) is not None


async def test_a_thread_continues_its_channel_from_where_it_began(store: SqlStore) -> None:
    """The channel's messages up to the root, then the thread's; the channel sees none of it."""
    await say(store, "a", "b", "c")
    await say(store, "t", at=THREAD, root="b")
    await say(store, "d")
    await say(store, "u", at=THREAD)
    assert await texts(store, THREAD) == ["a", "b", "t", "u"]
    assert await texts(store) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("root", [None, "never stored"])
async def test_a_thread_of_unknown_root_continues_the_channel_as_it_was(
    store: SqlStore, root: str | None
) -> None:
    """Then the channel's newest message at the time is where it branched off."""
    await say(store, "a", "b")
    await say(store, "t", at=THREAD, root=root)
    await say(store, "c")
    assert await texts(store, THREAD) == ["a", "b", "t"]


async def test_a_thread_of_an_empty_channel_has_only_its_own(store: SqlStore) -> None:
    """What is said in the channel later is no part of the thread."""
    await say(store, "t", at=THREAD)
    await say(store, "a")
    assert await texts(store, THREAD) == ["t"]


async def test_the_limit_counts_a_threads_own_messages_first(store: SqlStore) -> None:
    """The newest of both parts together, in their order; `up_to` may lie in either part."""
    await say(store, "a")
    b = await say(store, "b")
    await say(store, "t", "u", at=THREAD)
    assert await texts(store, THREAD, limit=3) == ["b", "t", "u"]
    assert await texts(store, THREAD, limit=1) == ["u"]
    assert await texts(store, THREAD, up_to=b) == ["a", "b"]


async def test_a_thread_may_begin_at_a_reply(store: SqlStore) -> None:
    """Its platform id is that of a message that shows the reply."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    await store.record_sent(reply.id, ["p1", "p2"])
    await store.finish_reply(reply.id, "reply", FinishReason.END)
    await say(store, "b")
    await say(store, "t", at=THREAD, root="p2")
    assert await texts(store, THREAD) == ["a", "reply", "t"]


async def test_a_thread_made_from_an_answered_message_has_the_answer_too(store: SqlStore) -> None:
    """Else two users' turns would follow each other; what was said behind it is not in it."""
    await answer(store, await say(store, "a"), "re a")
    await answer(store, await say(store, "b"), "re b")
    await say(store, "t", at=THREAD, root="a")
    assert await texts(store, THREAD) == ["a", "re a", "t"]


async def test_a_thread_made_from_one_of_several_that_were_answered_together_has_the_answer(
    store: SqlStore,
) -> None:
    """With those that the answer is to; what is only overheard has none."""
    await say(store, "a")
    await answer(store, await say(store, "b"), "re a and b")
    await store.add_message(incoming("overheard", addressed=False))
    await answer(store, await say(store, "c"), "re c")
    await say(store, "t", at=THREAD, root="a")
    assert await texts(store, THREAD) == ["a", "b", "re a and b", "t"]
    other = replace(CHANNEL, thread="overheard")
    await say(store, "u", at=other, root="overheard")
    assert await texts(store, other) == ["a", "b", "re a and b", "overheard", "u"]


@pytest.mark.parametrize("ending", ["open", "failed", "without text", "deleted"])
async def test_a_thread_made_from_a_message_without_an_answer_begins_with_it(
    store: SqlStore, ending: str
) -> None:
    """However the reply ended of which nothing is kept."""
    reply = await begin(store, await say(store, "a"))
    if ending == "failed":
        await store.fail_reply(reply.id)
    elif ending != "open":
        await store.record_sent(reply.id, ["p1"])
        text = "" if ending == "without text" else "re a"
        await store.finish_reply(reply.id, text, FinishReason.END)
        await store.delete_message(CHANNEL, "p1")
    await say(store, "b")
    await say(store, "t", at=THREAD, root="a")
    assert await texts(store, THREAD) == ["a", "t"]


async def test_a_threads_branch_survives_the_deletion_of_its_root(store: SqlStore) -> None:
    """The branch is a position, not a message."""
    await say(store, "a", "b")
    await say(store, "t", at=THREAD, root="b")
    await store.delete_message(CHANNEL, "b")
    await say(store, "c")
    assert await texts(store, THREAD) == ["a", "t"]


async def test_a_reply_becomes_a_message_of_the_conversation(store: SqlStore) -> None:
    """It stands behind its trigger, belongs to the assistant and is whole."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    stored = await store.finish_reply(reply.id, "はい。", FinishReason.LENGTH)
    message = (await store.history(await id_of(store), limit=10))[-1]
    assert message.id == stored
    assert (message.role, message.text, message.partial) == (Role.ASSISTANT, "はい。", False)
    assert message.created_at.tzinfo is UTC


async def test_a_stopped_reply_is_stored_and_marked(store: SqlStore) -> None:
    """As far as it went; and its trigger counts as answered."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    await store.finish_reply(reply.id, "む", FinishReason.STOPPED)
    message = (await store.history(await id_of(store), limit=10))[-1]
    assert (message.text, message.partial) == ("む", True)
    assert await store.start_reply(await id_of(store), trigger) is None


@pytest.mark.parametrize("text", ["", " \n"])
async def test_a_reply_without_text_closes_its_entry_and_stores_nothing(
    store: SqlStore, text: str
) -> None:
    """There is no message, and the trigger is not answered again."""
    trigger = await say(store, "a")
    assert await answer(store, trigger, text) is None
    assert await texts(store) == ["a"]
    assert await store.start_reply(await id_of(store), trigger) is None


async def test_finishing_a_reply_twice_stores_it_once(store: SqlStore) -> None:
    """The second call returns the first one's message, whatever it brings."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    first = await store.finish_reply(reply.id, "one", FinishReason.END)
    assert await store.finish_reply(reply.id, "two", FinishReason.STOPPED) == first
    assert await texts(store) == ["a", "one"]


async def test_an_unknown_reply_is_not_stored(store: SqlStore) -> None:
    """Its conversation was forgotten meanwhile."""
    assert await store.finish_reply(999, "text", FinishReason.END) is None
    await store.fail_reply(999)


async def test_a_message_is_answered_once(store: SqlStore) -> None:
    """An answered trigger opens no entry."""
    trigger = await say(store, "a")
    await answer(store, trigger)
    assert await store.start_reply(await id_of(store), trigger) is None


async def test_messages_that_waited_are_answered_by_a_reply_to_the_newest(
    store: SqlStore,
) -> None:
    """An earlier trigger counts as answered; a later one does not."""
    a = await say(store, "a")
    b = await say(store, "b")
    c = await say(store, "c")
    await answer(store, b)
    here = await id_of(store)
    assert await store.start_reply(here, a) is None
    assert await store.start_reply(here, c) is not None


async def test_a_reply_elsewhere_answers_nothing_here(store: SqlStore) -> None:
    """Conversations do not answer for each other, however their ids compare."""
    here = await say(store, "a")
    await answer(store, await say(store, "b", at=OTHER), at=OTHER)
    assert await store.start_reply(await id_of(store), here) is not None


async def test_an_open_or_failed_reply_is_opened_again(store: SqlStore) -> None:
    """As one entry, which can then be finished."""
    trigger = await say(store, "a")
    here = await id_of(store)
    reply = await store.start_reply(here, trigger)
    assert reply is not None and reply.asker == "u1"
    assert await store.start_reply(here, trigger) == replace(reply, again=True)
    await store.fail_reply(reply.id)
    assert await store.start_reply(here, trigger) == replace(reply, again=True)
    assert await store.finish_reply(reply.id, "now", FinishReason.END) is not None
    assert await texts(store) == ["a", "now"]


async def test_failing_a_finished_reply_changes_nothing(store: SqlStore) -> None:
    """A late failure does not open an answered message again."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    await store.finish_reply(reply.id, "yes", FinishReason.END)
    await store.fail_reply(reply.id)
    assert await store.start_reply(await id_of(store), trigger) is None


async def test_a_failed_reply_takes_no_text(store: SqlStore) -> None:
    """It must be opened again first, since its trigger may be answered anew by now."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    await store.fail_reply(reply.id)
    assert await store.finish_reply(reply.id, "late", FinishReason.END) is None
    assert await texts(store) == ["a"]


async def test_a_deleted_message_is_not_answered(store: SqlStore) -> None:
    """Deleted between its storing and its turn, it opens no entry."""
    trigger = await say(store, "a")
    await store.delete_message(CHANNEL, "a")
    assert await store.start_reply(await id_of(store), trigger) is None


async def test_deleting_a_trigger_leaves_its_reply_and_what_it_answered(store: SqlStore) -> None:
    """The reply stays in the history, and the messages before stay answered."""
    a = await say(store, "a")
    await answer(store, await say(store, "b"), "reply")
    await store.delete_message(CHANNEL, "b")
    assert await texts(store) == ["a", "reply"]
    assert await store.start_reply(await id_of(store), a) is None
    assert await store.unanswered("console") == []


async def test_deleting_a_reply_does_not_have_it_answered_again(store: SqlStore) -> None:
    """The ledger's entry outlives the message; finishing it again stores nothing."""
    trigger = await say(store, "a")
    here = await id_of(store)
    reply = await store.start_reply(here, trigger)
    assert reply is not None
    await store.record_sent(reply.id, ["p1"])
    await store.finish_reply(reply.id, "reply", FinishReason.END)
    assert await store.delete_message(CHANNEL, "p1")
    assert await store.start_reply(here, trigger) is None
    assert await store.finish_reply(reply.id, "reply", FinishReason.END) is None
    assert await texts(store) == ["a"]


async def test_a_reply_is_stored_though_its_trigger_was_deleted_meanwhile(store: SqlStore) -> None:
    """What was said is kept as far as it went."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    await store.delete_message(CHANNEL, "a")
    assert await store.finish_reply(reply.id, "む", FinishReason.STOPPED) is not None
    assert await texts(store) == ["む"]


async def test_a_discarded_reply_is_gone_and_its_trigger_is_answered_anew(store: SqlStore) -> None:
    """/regenerate: the newest reply only, and then the one before it."""
    a = await say(store, "a")
    await answer(store, a, "one")
    b = await say(store, "b")
    await answer(store, b, "two")
    here = await id_of(store)
    assert await store.discard_reply(here) == b
    assert await texts(store) == ["a", "one", "b"]
    await answer(store, b, "three")
    assert await texts(store) == ["a", "one", "b", "three"]
    assert await store.discard_reply(here) == b
    assert await store.discard_reply(here) == a
    assert await store.discard_reply(here) is None


async def test_a_discarded_reply_takes_no_text(store: SqlStore) -> None:
    """A late second finish does not bring it back."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    await store.finish_reply(reply.id, "one", FinishReason.END)
    await store.discard_reply(await id_of(store))
    assert await store.finish_reply(reply.id, "one", FinishReason.END) is None
    assert await texts(store) == ["a"]


async def test_a_reply_without_text_can_be_discarded(store: SqlStore) -> None:
    """It has no message to remove; its trigger is answered anew all the same."""
    trigger = await say(store, "a")
    await answer(store, trigger, "")
    assert await store.discard_reply(await id_of(store)) == trigger
    assert await store.start_reply(await id_of(store), trigger) is not None


async def test_a_reply_is_not_discarded_when_its_trigger_is_gone(store: SqlStore) -> None:
    """There is nothing to answer anew; an older reply is not taken in its place."""
    await answer(store, await say(store, "a"), "one")
    await answer(store, await say(store, "b"), "two")
    await store.delete_message(CHANNEL, "b")
    assert await store.discard_reply(await id_of(store)) is None
    assert await texts(store) == ["a", "one", "two"]


async def test_a_reply_before_the_memory_marker_is_not_discarded(store: SqlStore) -> None:
    """What is out of sight is left alone."""
    await answer(store, await say(store, "a"))
    await store.reset(CHANNEL)
    assert await store.discard_reply(await id_of(store)) is None


async def test_unanswered_messages_wait(store: SqlStore) -> None:
    """Oldest first, with what is needed to answer them."""
    a = await say(store, "a")
    b = await say(store, "b", at=OTHER)
    a2 = await say(store, "a2")
    first, second, third = await store.unanswered("console")
    assert (first.conversation, first.message_id) == (CHANNEL, a)
    assert (second.conversation, second.message_id) == (OTHER, b)
    assert (third.conversation, third.message_id) == (CHANNEL, a2)
    assert third.conversation_id == await id_of(store)
    assert (third.platform_id, third.text, third.created_at) == ("a2", "a2", SENT_AT)
    await answer(store, a)
    assert [entry.message_id for entry in await store.unanswered("console")] == [b, a2]


async def test_what_is_answered_stopped_or_not_addressed_does_not_wait(store: SqlStore) -> None:
    """Neither do another platform's messages."""
    await answer(store, await say(store, "a"))
    await store.add_message(incoming("b", addressed=False))
    stopped = await say(store, "c", at=OTHER)
    reply = await store.start_reply(await id_of(store, OTHER), stopped)
    assert reply is not None
    await store.finish_reply(reply.id, "", FinishReason.STOPPED)
    await say(store, "d", at=ConversationKey("slack", "home", "general"))
    assert await store.unanswered("console") == []
    assert [entry.text for entry in await store.unanswered("slack")] == ["d"]


@pytest.mark.parametrize("ending", ["writing", "failed", "discarded"])
async def test_a_message_waits_until_its_reply_is_finished(store: SqlStore, ending: str) -> None:
    """A crash while writing, a failure, and a /regenerate cut short leave it unanswered."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    if ending == "failed":
        await store.fail_reply(reply.id)
    if ending == "discarded":
        await store.finish_reply(reply.id, "x", FinishReason.END)
        await store.discard_reply(await id_of(store))
    assert [entry.message_id for entry in await store.unanswered("console")] == [trigger]


async def test_a_message_before_an_unaddressed_one_still_waits(store: SqlStore) -> None:
    """The newest addressed message counts, not the newest message."""
    a = await say(store, "a")
    await store.add_message(incoming("b", addressed=False))
    assert [entry.message_id for entry in await store.unanswered("console")] == [a]


async def test_a_reset_puts_everything_so_far_out_of_sight(store: SqlStore) -> None:
    """It counts what it hid, deletes nothing, and what follows is remembered."""
    await answer(store, await say(store, "a"))
    assert await store.reset(CHANNEL) == 2
    assert await texts(store) == []
    assert await store.unanswered("console") == []
    await say(store, "b")
    assert await texts(store) == ["b"]
    assert (await store.conversations())[0][2] == 3
    assert await store.reset(CHANNEL) == 1


async def test_a_reset_of_nothing_hides_nothing(store: SqlStore) -> None:
    """Neither in an unknown channel, nor twice in a row."""
    assert await store.reset(CHANNEL) == 0
    await say(store, "a")
    assert await store.reset(CHANNEL) == 1
    assert await store.reset(CHANNEL) == 0


async def test_a_reset_in_a_thread_cuts_off_the_channels_part(store: SqlStore) -> None:
    """The channel itself remembers; the thread begins anew."""
    await say(store, "a", "b")
    await say(store, "t", at=THREAD)
    assert await store.reset(THREAD) == 3
    await say(store, "u", at=THREAD)
    assert await texts(store, THREAD) == ["u"]
    assert await texts(store) == ["a", "b"]


async def test_a_reset_as_a_threads_first_word_cuts_off_the_channels_part(store: SqlStore) -> None:
    """A thread need not have messages of its own to be reset."""
    await say(store, "a", "b")
    assert await store.reset(THREAD) == 2
    await say(store, "t", at=THREAD, root="a")
    assert await texts(store, THREAD) == ["t"]


async def test_a_channels_reset_holds_for_its_part_of_a_thread(store: SqlStore) -> None:
    """What the channel forgot no thread brings back; the thread's own messages stay."""
    await say(store, "a")
    await say(store, "t", at=THREAD)
    await store.reset(CHANNEL)
    await say(store, "b")
    await say(store, "u", at=replace(CHANNEL, thread="t2"))
    assert await texts(store, THREAD) == ["t"]
    assert await texts(store, replace(CHANNEL, thread="t2")) == ["b", "u"]


async def test_a_reset_while_a_reply_is_written_hides_the_reply_too(store: SqlStore) -> None:
    """It speaks of what was put out of sight; what follows is remembered."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    await store.reset(CHANNEL)
    await store.finish_reply(reply.id, "about a", FinishReason.END)
    assert await texts(store) == []
    await answer(store, await say(store, "b"), "about b")
    assert await texts(store) == ["b", "about b"]


async def test_a_message_sent_after_a_reset_is_remembered_before_a_late_reply(
    store: SqlStore,
) -> None:
    """Hiding the late reply must not hide a newer message."""
    trigger = await say(store, "a")
    reply = await store.start_reply(await id_of(store), trigger)
    assert reply is not None
    await store.reset(CHANNEL)
    await say(store, "b")
    await store.finish_reply(reply.id, "about a", FinishReason.END)
    assert "b" in await texts(store)


async def test_settings_belong_to_the_channel_and_its_threads(store: SqlStore) -> None:
    """Set in a thread, read in the channel; other channels have their own."""
    await store.set_setting(THREAD, "mode", "always")
    assert await store.settings(CHANNEL) == await store.settings(THREAD) == {"mode": "always"}
    assert await store.settings(OTHER) == {}
    await store.set_setting(CHANNEL, "mode", "off")
    await store.set_setting(CHANNEL, "persona", "先生")
    assert await store.settings(THREAD) == {"mode": "off", "persona": "先生"}


async def test_a_setting_can_be_removed(store: SqlStore) -> None:
    """None removes it, also where it was not set; no conversation comes into being."""
    await store.set_setting(CHANNEL, "mode", "off")
    await store.set_setting(CHANNEL, "mode", None)
    await store.set_setting(CHANNEL, "mode", None)
    assert await store.settings(CHANNEL) == {}
    assert await store.find(CHANNEL) is None


async def test_when_somebody_last_spoke_is_known_of_each_conversation(store: SqlStore) -> None:
    """Of a platform's alone; replies do not count, what is not addressed does."""
    later = SENT_AT + timedelta(minutes=5)
    await answer(store, await say(store, "a"))
    await store.add_message(incoming("b", addressed=False, sent_at=later))
    await answer(store, await say(store, "t", at=THREAD), at=THREAD)
    await say(store, "c", at=ConversationKey("slack", "home", "general"))
    assert await store.reset(OTHER) == 0  # a conversation in which nobody spoke
    latest = await store.latest("console")
    assert latest == {CHANNEL: later, THREAD: SENT_AT}
    assert latest[CHANNEL].tzinfo is UTC
    assert await store.latest("discord") == {}


async def test_conversations_are_listed_with_their_messages_counted(store: SqlStore) -> None:
    """A thread counts its own only; an id leads back to its key."""
    await answer(store, await say(store, "a"))
    await say(store, "t", at=THREAD)
    channel, thread = await id_of(store), await id_of(store, THREAD)
    assert list(await store.conversations()) == [(channel, CHANNEL, 2), (thread, THREAD, 1)]
    assert await store.key_of(thread) == THREAD


@pytest.mark.parametrize("number", [0, -1, 999, 2**63, -(2**64)])
async def test_an_id_that_nothing_has_leads_nowhere(store: SqlStore, number: int) -> None:
    """Also one that no database could hold."""
    assert await store.key_of(number) is None
    assert await store.forget(number) is None


async def test_a_forgotten_conversation_is_gone_and_others_stay(store: SqlStore) -> None:
    """Its messages, its replies, and its part of a thread; a reply under way stores nothing."""
    await answer(store, await say(store, "a"))
    await say(store, "t", at=THREAD)
    late = await say(store, "b")
    channel, thread = await id_of(store), await id_of(store, THREAD)
    reply = await store.start_reply(channel, late)
    assert reply is not None
    assert await store.forget(channel) == 3
    assert await store.finish_reply(reply.id, "too late", FinishReason.END) is None
    assert await store.find(CHANNEL) is None
    assert await store.history(channel, limit=9) == []
    assert [m.text for m in await store.history(thread, limit=9)] == ["t"]
    assert (await store.add_message(incoming("a"))).is_new
    assert await id_of(store) not in (channel, thread)
