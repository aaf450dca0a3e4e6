"""Who is next: fair by person, then by conversation. Knows nothing of what is done in a place.

People take turns, however many requests each of them has; a person's conversations take turns
within theirs, and in a conversation it goes in order. Nobody is given more than a share of the
places, less where more people are there, so that whoever comes finds one free beside a flood; and
where the queue is full, a request of somebody with less pushes out the newest one of whoever has
most. What nobody in particular asked for is as if each conversation were a person, and takes as
many places as there are.

What an operation costs depends on the number of places, and not on how many wait; only telling all
of them where they stand does, which is done when that has changed.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from bot.errors import EngineBusy
from bot.messages import Queued

SHARE = 8  # of the places, the part that is one person's at most
NEAR = 10  # places from the front, within which each step forward is told


class Asking(Protocol):
    """A request as far as the queue knows it. `person` is empty where nobody in particular asks."""

    @property
    def person(self) -> str:
        """Who asks."""

    @property
    def conversation(self) -> str:
        """Where."""


T = TypeVar("T", bound=Asking)
U = TypeVar("U")


@dataclass(slots=True)
class _Line(Generic[T]):
    """What one person has in the queue: by arrival, and by conversation in their turn."""

    arrived: dict[T, None] = field(default_factory=dict)
    conversations: OrderedDict[str, dict[T, None]] = field(default_factory=OrderedDict)

    def add(self, item: T) -> None:
        self.arrived[item] = None
        self.conversations.setdefault(item.conversation, {})[item] = None

    def first(self) -> T:
        return next(iter(next(iter(self.conversations.values()))))

    def remove(self, item: T, *, served: bool) -> None:
        del self.arrived[item]
        here = self.conversations[item.conversation]
        del here[item]
        if not here:
            del self.conversations[item.conversation]
        elif served:
            self.conversations.move_to_end(item.conversation)


class FairQueue(Generic[T]):
    """Those who wait, and how many places each person holds. Items are told apart by identity."""

    def __init__(self, places: int, max_waiting: int) -> None:
        self._places = places
        self._max_waiting = max_waiting
        self._lines: dict[Hashable, _Line[T]] = {}
        self._turns: OrderedDict[Hashable, None] = OrderedDict()  # the people who wait, next first
        self._holding: Counter[Hashable] = Counter()
        self._sizes: dict[int, dict[Hashable, None]] = {}  # people, by how many they have waiting
        self._most = 0
        self._waiting = 0
        self._told: dict[T, int] = {}  # the place that each knows of
        self._moved = False  # somebody's place changed since it was told
        self._durations: deque[float] = deque(maxlen=32)  # seconds in a place

    def __len__(self) -> int:
        return self._waiting

    def __iter__(self) -> Iterator[T]:
        """All that wait, in no order."""
        return (item for line in self._lines.values() for item in line.arrived)

    def __contains__(self, item: T) -> bool:
        line = self._lines.get(_who(item))
        return line is not None and item in line.arrived

    def add(self, item: T, free: int = 0) -> T | None:
        """Queue a request; the one that was pushed out for it, which is to be told.

        `free` places will be taken by those that wait, and make as much more room. Raises
        EngineBusy where the queue is full and nobody has more in it.
        """
        who, pushed = _who(item), None
        mine = self._lines[who].arrived if who in self._lines else ()
        soon = self._soon(free)
        starts = soon < free and self._may_have(who) > len(mine)
        if self._waiting - soon >= self._max_waiting and not starts:
            if self._most <= len(mine) + 1:
                raise EngineBusy(self._waiting)
            most = self._lines[next(iter(self._sizes[self._most]))]
            pushed = next(reversed(most.arrived))
            self.remove(pushed)
        line = self._lines.setdefault(who, _Line())
        line.add(item)
        self._resized(who, len(line.arrived) - 1, len(line.arrived))
        if len(line.arrived) == 1:
            self._turns[who] = None
        return pushed

    def _soon(self, free: int) -> int:
        """How many of those that wait will take the places that are `free`: of each person as many
        as their share allows."""
        count = 0
        for who in self._turns:
            if count >= free:
                break
            count += min(len(self._lines[who].arrived), self._may_have(who))
        return min(count, free)

    def next(self) -> T | None:
        """Whose turn it is; None where nobody waits, but those who hold their share of places."""
        share = self._share()
        for who in self._turns:  # at most as many as there are places are passed over
            if self._holds_less(who, share):
                return self._lines[who].first()
        return None

    def start(self, item: T) -> None:
        """A request has a place now, from the queue or without having been in it."""
        who = _who(item)
        self._holding[who] += 1
        if item in self:
            self._take_out(item, served=True)
        if who in self._turns:
            self._turns.move_to_end(who)

    def may_start(self, item: T) -> bool:
        """Whether a request may have a place that is free: its person holds less than a share."""
        return self._holds_less(_who(item), self._share())

    def leave(self, item: T) -> None:
        """A request that had a place has it no more."""
        who = _who(item)
        self._holding[who] -= 1
        if not self._holding[who]:
            del self._holding[who]
        self._moved = True

    def note(self, seconds: float) -> None:
        """A request came to its end, and held a place for so long."""
        self._durations.append(seconds)

    def remove(self, item: T) -> None:
        """A request waits no more, and has no place either."""
        self._take_out(item, served=False)

    def news(self) -> list[tuple[T, Queued]]:
        """Those whose standing changed since they were told, with what it is now: a step counts
        for the first ones, a tenth of the way for those who stand further back, of whom there may
        be hundreds for each place that comes free."""
        if not self._moved:
            return []
        self._moved = False
        told: list[tuple[T, Queued]] = []
        share = self._share()
        for place, (item, own) in enumerate(self.in_order(), start=1):
            known = self._told.get(item)
            if known is None or NEAR * abs(place - known) >= max(place, NEAR):
                self._told[item] = place
                rounds = max(place / self._places, own / (share if item.person else self._places))
                told.append((item, Queued(place, self._seconds(rounds))))
        return told

    def in_order(self) -> Iterator[tuple[T, int]]:
        """All that wait, in the order in which they would be served if no place came free; each
        with how manieth of its person's it is."""
        share = self._share()
        people = sorted(self._turns, key=lambda who: not self._holds_less(who, share))
        lines = (self._lines[who].conversations.values() for who in people)
        return _by_turns((item for item, _ in _by_turns(line)) for line in lines)

    def _seconds(self, rounds: float) -> float | None:
        """How long it takes that so many have held a place, one after the other, as the last ones
        did; None where none was measured yet."""
        if not self._durations:
            return None
        return rounds * sum(self._durations) / len(self._durations)

    def _share(self) -> int:
        """The places that one person may hold now: there is one more for the next who comes."""
        people = len(self._lines) + sum(who not in self._lines for who in self._holding)
        return max(1, self._places // max(SHARE, people + 1))

    def _may_have(self, who: Hashable) -> int:
        """How many places more somebody may have now."""
        if not isinstance(who, str):
            return self._places
        return max(0, self._share() - self._holding[who])

    def _holds_less(self, who: Hashable, share: int) -> bool:
        return not isinstance(who, str) or self._holding[who] < share

    def _take_out(self, item: T, *, served: bool) -> None:
        who = _who(item)
        line = self._lines[who]
        line.remove(item, served=served)
        self._told.pop(item, None)
        self._resized(who, len(line.arrived) + 1, len(line.arrived))
        if not line.arrived:
            del self._lines[who]
            self._turns.pop(who, None)

    def _resized(self, who: Hashable, before: int, now: int) -> None:
        """Somebody has one more, or one less, in the queue."""
        self._waiting += now - before
        self._moved = True
        if before:
            del self._sizes[before][who]
            if not self._sizes[before]:
                del self._sizes[before]
        if now:
            self._sizes.setdefault(now, {})[who] = None
        if now > self._most or self._most not in self._sizes:
            self._most = now if now > self._most else before - 1


def _who(item: Asking) -> Hashable:
    """A person, or a conversation in which nobody in particular asks."""
    return item.person or (item.conversation,)


def _by_turns(lines: Iterable[Iterable[U]]) -> Iterator[tuple[U, int]]:
    """The first of each, then the second of each, and so on; each with which one it is."""
    left = [iter(line) for line in lines]
    round = 0
    while left:
        round += 1
        going = []
        for line in left:
            for item in line:
                yield item, round
                going.append(line)
                break
        left = going
