"""Several processes on one database: who has a message in hand, and what of those that end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.messages import FinishReason
from bot.ports import TakenOver, WrittenElsewhere
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL
from tests.storage.processes import another_process, join, lapse, process_of
from tests.storage.steps import OTHER, THREAD, answer, begin, id_of, say, texts


@pytest.fixture
async def one(store: SqlStore) -> SqlStore:
    """A process."""
    await join(store)
    return store


@pytest.fixture
async def two(one: SqlStore) -> AsyncIterator[SqlStore]:
    """Another one on the same database."""
    async with another_process(one) as two:
        yield two


async def waiting(store: SqlStore) -> list[str]:
    """What a process would take up."""
    return [message.platform_id for message in await store.unanswered("console")]


async def test_a_conversation_has_one_writer_whichever_message_is_answered(
    one: SqlStore, two: SqlStore
) -> None:
    """The order of a conversation holds over processes; another conversation is free."""
    first, second = await say(one, "a"), await say(two, "b")
    reply = await begin(one, first)
    for trigger in (first, second):
        with pytest.raises(WrittenElsewhere):
            await begin(two, trigger)
    await begin(two, await say(two, "elsewhere", at=OTHER), at=OTHER)
    await one.finish_reply(reply.id, "はい。", FinishReason.END)
    assert await two.start_reply(await id_of(two), first) is None
    assert await answer(two, second, "次") is not None
    assert await texts(two) == ["a", "b", "はい。", "次"]


async def test_of_many_that_begin_at_once_one_writes(one: SqlStore, two: SqlStore) -> None:
    """Whoever comes second waits, and then finds it answered."""
    trigger = await say(one, "a")
    here = await id_of(one)

    async def attempt(store: SqlStore) -> bool:
        try:
            return await store.start_reply(here, trigger) is not None
        except WrittenElsewhere:
            return False

    async with another_process(one) as three:
        stores = (one, two, three)
        assert sum(await asyncio.gather(*(attempt(store) for store in stores))) == 1


async def test_what_a_living_process_has_in_hand_is_not_taken_up(
    one: SqlStore, two: SqlStore
) -> None:
    """Nor what failed there, nor what it shows."""
    await begin(one, await say(one, "written"))
    await say(one, "waits")
    failed = await begin(one, await say(one, "failed", at=OTHER), at=OTHER)
    await one.fail_reply(failed.id)
    assert await waiting(two) == []
    await lapse(one)
    assert await waiting(two) == ["written", "waits", "failed"]


async def test_what_nobody_had_in_hand_is_taken_up(store: SqlStore) -> None:
    """As after an upgrade, or what one that was alone left."""
    await begin(store, await say(store, "a"))
    async with another_process(store) as two:
        assert await waiting(two) == ["a"]


async def test_a_reply_is_taken_over_at_once_when_its_process_is_no_more(
    one: SqlStore, two: SqlStore
) -> None:
    """In the messages in which it stood."""
    trigger = await say(one, "a")
    before = await begin(one, trigger)
    await one.record_sent(before.id, ["p1"])
    await lapse(one)
    after = await begin(two, trigger)
    assert (after.id, after.platform_ids) == (before.id, ("p1",))
    assert await two.finish_reply(after.id, "新", FinishReason.END) is not None


async def test_a_process_that_slept_says_and_stores_nothing_of_what_was_taken_over(
    one: SqlStore, two: SqlStore
) -> None:
    """It may believe that it lives: the entry says whose it is."""
    trigger = await say(one, "a")
    reply = await begin(one, trigger)
    assert await one.holds(reply.id)
    await lapse(one)
    taken = await begin(two, trigger)
    await two.record_sent(taken.id, ["p2"])
    assert not await one.holds(reply.id)
    assert not await one.holds(reply.id)  # also after it lives again
    with pytest.raises(TakenOver):
        await one.record_sent(reply.id, ["p1"])
    with pytest.raises(TakenOver):
        await one.finish_reply(reply.id, "旧", FinishReason.END)
    await one.fail_reply(reply.id)
    await two.finish_reply(taken.id, "新", FinishReason.END)
    await one.mark_delivered(reply.id)
    assert await texts(two) == ["a", "新"]
    await lapse(two)
    (undelivered,) = await one.undelivered("console")
    assert undelivered.platform_ids == ("p2",)


async def test_a_process_that_slept_goes_on_where_nobody_took_over(
    one: SqlStore, two: SqlStore
) -> None:
    """And from then on nobody does, as it lives."""
    trigger = await say(one, "a")
    reply = await begin(one, trigger)
    await lapse(one)
    assert await one.holds(reply.id)
    with pytest.raises(WrittenElsewhere):
        await begin(two, trigger)
    assert await one.finish_reply(reply.id, "はい。", FinishReason.END) is not None


async def test_a_finished_reply_is_shown_by_one_of_those_who_would(
    one: SqlStore, two: SqlStore
) -> None:
    """Not while its process lives; of several one, and of what it needs no more none."""
    reply = await begin(one, await say(one, "a"))
    await one.finish_reply(reply.id, "はい。", FinishReason.END)
    assert await two.undelivered("console") == []
    assert not await two.claim_reply(reply.id)
    await lapse(one)
    async with another_process(one) as three:
        for store in (two, three):
            assert [entry.reply_id for entry in await store.undelivered("console")] == [reply.id]
        claimed = await asyncio.gather(two.claim_reply(reply.id), three.claim_reply(reply.id))
        assert sorted(claimed) == [False, True]
        await (two if claimed[0] else three).mark_delivered(reply.id)
        await lapse(two)
        await lapse(three)
        assert not await one.claim_reply(reply.id)


async def test_a_reply_is_written_anew_by_who_takes_it_back(one: SqlStore, two: SqlStore) -> None:
    """Once nobody else writes in the conversation; and if that one ends, it is another's."""
    await answer(one, await say(one, "a"))
    later = await begin(one, await say(one, "b"))
    with pytest.raises(WrittenElsewhere):
        await two.discard_reply(await id_of(two))
    await one.finish_reply(later.id, "はい。", FinishReason.END)
    assert await two.discard_reply(await id_of(two)) is not None
    assert await waiting(one) == []
    await lapse(two)
    assert await waiting(one) == ["b"]


async def test_what_stands_open_and_is_not_written_can_be_closed(
    one: SqlStore, two: SqlStore
) -> None:
    """So that nobody waits for it for ever."""
    trigger = await say(one, "a")
    await begin(one, trigger)
    here = await id_of(one)
    assert not await two.abandon(here)
    assert await one.abandon(here)
    assert not await one.abandon(here)
    await begin(two, trigger)


async def test_what_others_write_is_known_by_conversation(one: SqlStore, two: SqlStore) -> None:
    """In a conversation alone, or in all of its channel; not what nobody writes any more."""
    channel = await begin(one, await say(one, "a"))
    thread = await begin(one, await say(one, "b", at=THREAD), at=THREAD)
    await begin(one, await say(one, "c", at=OTHER), at=OTHER)
    here, there = await id_of(one), await id_of(one, THREAD)
    assert await one.written_elsewhere(CHANNEL, threads=True) == {}
    assert await two.written_elsewhere(CHANNEL) == {here: channel.id}
    assert await two.written_elsewhere(THREAD) == {there: thread.id}
    assert await two.written_elsewhere(CHANNEL, threads=True) == {
        here: channel.id,
        there: thread.id,
    }
    await one.finish_reply(channel.id, "はい。", FinishReason.END)
    assert await two.written_elsewhere(CHANNEL) == {}
    await lapse(one)
    assert await two.written_elsewhere(THREAD) == {}


async def test_who_ends_and_who_is_killed_are_seen_once_by_each(
    one: SqlStore, two: SqlStore
) -> None:
    """One that lives on is not among them, and one that comes back may end again."""
    mine, others = process_of(one), process_of(two)
    assert not await mine.others_ended()
    await lapse(two)
    assert await mine.others_ended() == {others.id}
    assert not await mine.others_ended()
    assert not await others.renew()
    assert await others.renew()
    assert not await mine.others_ended()
    await others.leave()
    assert await mine.others_ended() == {others.id}


async def test_a_process_that_was_forgotten_lives_on_under_its_id(
    one: SqlStore, two: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it slept: what it has in hand, and nobody took over, is still its own."""
    monkeypatch.setattr("storage.processes.KNOWN_SECONDS", 0.0)
    reply = await begin(two, await say(two, "a"))
    await lapse(two)
    assert await process_of(one).others_ended()
    assert await two.holds(reply.id)
    assert await waiting(one) == []
