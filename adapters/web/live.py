"""Pages that are open, and what is said into them without being asked: `Announcer` of the web.

What was said lately is said again to a page that is opened then: a quiz goes on after a reload.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from bot.bounded import Bounded
from bot.messages import ConversationKey
from bot.notices import Notice

MOST_PAGES = 8  # of one person, open at the same time
MOST_WAITING = 100  # events that a page has not taken yet
MOST_PEOPLE = 1_000  # of whom it is known what was said lately
LATELY, MOST_LATE = 300.0, 3  # seconds, and notices in them, that a new page is told


@dataclass(frozen=True, slots=True)
class Event:
    """Something for all of a person's pages. `kind`: "notice", or "reply" (its text is HTML)."""

    id: int
    kind: str
    said: Notice | str
    moment: float


@dataclass(slots=True)
class _Person:
    pages: list[asyncio.Queue[Event | None]] = field(default_factory=list)
    lately: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_LATE))


class Live:
    """Everybody's open pages."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ids = count(1)
        self._people: Bounded[str, _Person] = Bounded(MOST_PEOPLE)
        self._open: dict[str, _Person] = {}  # who has pages open

    async def announce(self, conversation: ConversationKey, notice: Notice) -> str:
        """See `bot.ports.Announcer`: say it to all pages of whom the conversation is with."""
        person = self._person(conversation.channel)
        event = Event(next(self._ids), "notice", notice, self._clock())
        person.lately.append(event)
        self._tell(person, event)
        return str(event.id)

    def lately(self, person: str) -> list[Notice]:
        """What was said lately, for a page without a script."""
        here = self._open.get(person) or self._people.get(person) or _Person()
        since = self._clock() - LATELY
        return [
            event.said
            for event in here.lately
            if event.moment >= since and isinstance(event.said, Notice)
        ]

    def reply(self, person: str, html: str) -> None:
        """Show a reply in pages that did not see it being written."""
        if person in self._open:
            event = Event(next(self._ids), "reply", html, self._clock())
            self._tell(self._open[person], event)

    @asynccontextmanager
    async def page(
        self, person: str, after: int | None = None
    ) -> AsyncIterator[asyncio.Queue[Event | None]]:
        """An open page's events, first what was said lately, or after the event `after`. None
        ends them: too many pages were opened, or the bot ends."""
        here = self._person(person)
        queue: asyncio.Queue[Event | None] = asyncio.Queue(MOST_WAITING)
        since = self._clock() - LATELY
        for event in here.lately:
            if event.id > after if after is not None else event.moment >= since:
                queue.put_nowait(event)
        while len(here.pages) >= MOST_PAGES:
            _end(here.pages.pop(0))
        here.pages.append(queue)
        self._open[person] = here
        try:
            yield queue
        finally:
            if queue in here.pages:
                here.pages.remove(queue)
            if not here.pages and self._open.get(person) is here:
                del self._open[person]

    def forget(self, person: str) -> None:
        """Remember nothing of what was said to somebody, and end their pages."""
        self._people.pop(person, None)
        here = self._open.pop(person, None)
        while here is not None and here.pages:
            _end(here.pages.pop())

    def close(self) -> None:
        """End all pages."""
        for here in self._open.values():
            for queue in here.pages:
                _end(queue)

    def _person(self, person: str) -> _Person:
        here = self._open.get(person) or self._people.get(person) or _Person()
        self._people[person] = here
        return here

    def _tell(self, person: _Person, event: Event) -> None:
        for queue in [*person.pages]:
            if queue.full():  # nobody reads there any more
                person.pages.remove(queue)
                _end(queue)
            else:
                queue.put_nowait(event)


def _end(queue: asyncio.Queue[Event | None]) -> None:
    while queue.full():
        queue.get_nowait()
    queue.put_nowait(None)
