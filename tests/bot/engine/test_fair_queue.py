"""The rules of `bot/engine/fair_queue.py`."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.fair_queue import FairQueue
from bot.errors import EngineBusy
from bot.messages import Queued


@dataclass(eq=False)
class Asked:
    """A request; its number is when it came."""

    person: str
    conversation: str
    number: int = 0


ASKED = st.builds(Asked, st.sampled_from(["", "a", "b", "c"]), st.sampled_from("xyz"))
Queue = FairQueue[Asked]


def served(queue: Queue) -> list[Asked]:
    """Everybody, each leaving before the next comes."""
    order = []
    while (item := queue.next()) is not None:
        queue.start(item)
        queue.leave(item)
        order.append(item)
    return order


def filled(asked: list[Asked], places: int = 8, max_waiting: int = 100) -> Queue:
    """A queue with all of these in it."""
    queue: Queue = FairQueue(places, max_waiting)
    for number, each in enumerate(asked):
        each.number = number
        queue.add(each)
    return queue


def who(item: Asked) -> tuple[str, str]:
    """A person, or a conversation in which nobody in particular asks."""
    return (item.person, "") if item.person else ("", item.conversation)


@given(st.lists(ASKED, max_size=40))
def test_people_take_turns_and_each_conversation_keeps_its_order(asked: list[Asked]) -> None:
    """Whoever has something left is served once before anybody is served again; so nobody waits
    for more than one request of each other person, however many those have."""
    queue = filled(asked)
    told = [item for item, _ in queue.news()]
    order = served(queue)
    assert order == told and len(order) == len(asked) and len(queue) == 0
    left = Counter(map(who, asked))
    since: Counter[tuple[str, str]] = Counter()
    for item in order:
        me = who(item)
        assert all(since[other] >= since[me] for other in left if left[other])
        since[me] += 1
        left[me] -= 1
    for key in {(i.person, i.conversation) for i in asked}:
        numbers = [i.number for i in order if (i.person, i.conversation) == key]
        assert numbers == sorted(numbers)


@given(st.lists(ASKED.filter(lambda each: bool(each.person)), max_size=40))
def test_a_persons_conversations_take_turns(asked: list[Asked]) -> None:
    """One conversation with many questions does not hold up the person's others."""
    for person in "abc":
        seen: Counter[str] = Counter()
        left = Counter(each.conversation for each in asked if each.person == person)
        for item in [each for each in served(filled(asked)) if each.person == person]:
            here = item.conversation
            assert all(seen[other] >= seen[here] for other in left if left[other])
            seen[here] += 1
            left[here] -= 1


@given(st.data(), st.integers(1, 20), st.integers(0, 6))
def test_any_coming_and_going_keeps_the_bounds(
    data: st.DataObject, places: int, max_waiting: int
) -> None:
    """No more wait than may, no person is given more than their share while they have that, and
    whoever is refused or pushed out had as many in the queue as anybody, or nearly."""
    queue: Queue = FairQueue(places, max_waiting)
    inside: list[Asked] = []
    waiting: list[Asked] = []
    for step in data.draw(st.lists(st.sampled_from("aaalsr"), max_size=60)):
        sizes = Counter(map(who, waiting))
        if step == "a":
            item = data.draw(ASKED)
            try:
                pushed = queue.add(item)
            except EngineBusy:
                assert len(waiting) >= max_waiting
                assert max(sizes.values(), default=0) <= sizes[who(item)] + 1
                continue
            waiting.append(item)
            if pushed is not None:
                theirs = [each for each in waiting if who(each) == who(pushed)]
                assert len(theirs) == max(sizes.values()) and pushed is theirs[-1]
                waiting.remove(pushed)
        elif step == "s" and len(inside) < places and (next_one := queue.next()) is not None:
            held = sum(who(each) == who(next_one) for each in inside)
            assert not next_one.person or held < max(1, places // 8)
            queue.start(next_one)
            waiting.remove(next_one)
            inside.append(next_one)
        elif step == "l" and inside:
            queue.leave(inside.pop(data.draw(st.integers(0, len(inside) - 1))))
        elif step == "r" and waiting:
            gone = waiting.pop(data.draw(st.integers(0, len(waiting) - 1)))
            queue.remove(gone)
        assert len(queue) == len(waiting) <= max_waiting
        assert set(queue) == set(waiting) and all(each in queue for each in waiting)
        if queue.next() is None:  # then everybody who waits holds their share
            holding = Counter(map(who, inside))
            assert all(each.person and holding[who(each)] for each in waiting)


def test_where_the_queue_is_full_a_flood_gives_way() -> None:
    """The newest of who has most, until all have as many; then nobody does."""
    flood = [Asked("flood", str(n)) for n in range(6)]
    queue = filled(flood, max_waiting=6)
    assert [queue.add(Asked(p, p)) for p in "abc"] == flood[:2:-1]
    with pytest.raises(EngineBusy):
        queue.add(Asked("flood", "7"))
    assert queue.add(Asked("d", "d")) is flood[2]
    assert queue.add(Asked("e", "e")) is flood[1]
    with pytest.raises(EngineBusy, match="6 requests"):
        queue.add(Asked("f", "f"))


def test_nobody_takes_the_last_places() -> None:
    """A person has an eighth of them, and one at least; what nobody asked for may have all."""
    for places, share in ((1, 1), (7, 1), (16, 2), (64, 8)):
        queue = filled([Asked("a", str(n)) for n in range(70)], places)
        while (item := queue.next()) is not None:
            queue.start(item)
        assert 70 - len(queue) == share
        nobody = Asked("", "bench")
        queue.add(nobody)
        assert queue.next() is nobody
    queue = filled([Asked("", "c") for _ in range(10)], 8)
    for item in [each for each, _ in queue.in_order()][:8]:
        queue.start(item)
    assert queue.next() is not None


def test_where_many_are_there_everybody_has_fewer_places() -> None:
    """So that there is one more for the next who comes."""
    people = [Asked(f"p{n}", "c") for n in range(40)]
    queue = filled([*people, *(Asked("p0", f"c{n}") for n in range(5))], 64)
    for each in people:
        assert queue.next() is each
        queue.start(each)
    assert queue.next() is None and {each.person for each in queue} == {"p0"}
    for each in people[1:]:
        queue.leave(each)
    assert queue.next() is not None


def test_who_waits_hears_each_change_of_their_place_once() -> None:
    """With an estimate from how long the last ones took: by their own share where that is less."""
    queue = filled([Asked("a", "c1"), Asked("a", "c2"), Asked("b", "c3")], places=8)
    a1, b1, a2 = (each for each, _ in queue.in_order())
    assert queue.news() == [(a1, Queued(1, None)), (b1, Queued(2, None)), (a2, Queued(3, None))]
    assert queue.news() == []
    queue.note(10.0)
    queue.start(a1)
    assert queue.news() == [(b1, Queued(1, 10.0)), (a2, Queued(2, 10.0))]
    queue.remove(b1)
    assert queue.news() == [(a2, Queued(1, 10.0))]


def test_a_newcomer_stands_before_the_second_of_others() -> None:
    """And those are told so."""
    queue = filled([Asked("a", "c1"), Asked("a", "c2")])
    first, second = (each for each, _ in queue.in_order())
    queue.news()
    newcomer = Asked("b", "c3")
    queue.add(newcomer)
    assert queue.news() == [(newcomer, Queued(2, None)), (second, Queued(3, None))]
    assert [each for each, _ in queue.in_order()] == [first, newcomer, second]


def test_where_places_are_free_a_flood_waits_as_many_as_may_wait_and_no_more() -> None:
    """What its share keeps from the free places has not left the queue."""
    queue: Queue = FairQueue(16, 64)
    with pytest.raises(EngineBusy):
        for n in range(100):
            queue.add(Asked("p0", f"c{n}"), free=16)
    assert len(queue) == 64 + 2  # its share begins at once


def test_somebody_who_begins_at_once_pushes_nobody_out() -> None:
    """There is a place, whoever fills the queue."""
    queue: Queue = FairQueue(16, 64)
    with suppress(EngineBusy):
        for n in range(100):
            queue.add(Asked("p0", f"c{n}"), free=16)
    assert queue.add(Asked("p1", "other"), free=16) is None
