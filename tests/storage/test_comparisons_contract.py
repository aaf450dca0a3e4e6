"""What every ComparisonStore must do: which settings were compared, and how people voted."""

from __future__ import annotations

from dataclasses import replace

from bot.ports import Choice, Compared
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL
from tests.storage.steps import OTHER, THREAD

COOL, HOT = {"temperature": 0.5, "top_k": 0}, {"temperature": 1.2, "top_k": 0}


async def test_votes_are_counted_each_persons_first_one(store: SqlStore) -> None:
    """Also of people of the same id elsewhere, who are others."""
    number = await store.add_comparison(CHANNEL, COOL, HOT)
    voted = await store.vote(CHANNEL, number, "console", "u1", Choice.SECOND)
    assert voted is not None and voted.is_new
    assert voted.compared == Compared(COOL, HOT, {Choice.SECOND: 1})
    again = await store.vote(CHANNEL, number, "console", "u1", Choice.FIRST)
    assert again is not None and not again.is_new and again.choice is Choice.SECOND
    await store.vote(CHANNEL, number, "slack", "u1", Choice.SECOND)
    await store.vote(CHANNEL, number, "console", "u2", Choice.SAME)
    (found,) = await store.comparisons(CHANNEL, 9)
    assert found == Compared(COOL, HOT, {Choice.SECOND: 2, Choice.SAME: 1})


async def test_a_channel_has_its_own_and_its_threads_comparisons(store: SqlStore) -> None:
    """The newest first, and no more than are wanted; another channel's are not to be voted on."""
    await store.add_comparison(CHANNEL, COOL, HOT)
    newer = await store.add_comparison(THREAD, HOT, COOL)
    await store.add_comparison(OTHER, {"top_k": 1}, {"top_k": 2})
    assert [each.first for each in await store.comparisons(CHANNEL, 9)] == [HOT, COOL]
    assert [each.first for each in await store.comparisons(THREAD, 1)] == [HOT]
    assert await store.vote(OTHER, newer, "console", "u1", Choice.FIRST) is None
    assert await store.vote(CHANNEL, newer + 99, "console", "u1", Choice.FIRST) is None
    assert await store.vote(CHANNEL, newer, "console", "u1", Choice.FIRST) is not None
    assert await store.comparisons(replace(CHANNEL, channel="none"), 9) == []


async def test_a_vote_goes_with_the_person_and_the_comparison_stays(store: SqlStore) -> None:
    """It is the channel's, and names nobody."""
    number = await store.add_comparison(CHANNEL, COOL, HOT)
    await store.vote(CHANNEL, number, "console", "u1", Choice.FIRST)
    given = await store.learning_of("console", "u1")
    assert [row["choice"] for row in given["comparison_votes"]] == ["a"]
    assert await store.forget_learning("console", "u1") == {"comparison_votes": 1}
    assert await store.comparisons(CHANNEL, 9) == [Compared(COOL, HOT, {})]
