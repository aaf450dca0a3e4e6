"""Names of a workspace's people and channels, asked for once and remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import REFUSED, UNREACHABLE
from adapters.slack.markup import Names, unescaped
from adapters.slack.reading import references
from adapters.slack.shares import Event
from bot.bounded import Bounded
from bot.floor import Keyed

T = TypeVar("T")

FRESH_SECONDS = 3_600.0
FAILED_SECONDS = 60.0
ASK_SECONDS = 5.0  # for an answer; a message is not to wait for a name much longer
MOST = 10_000  # entries of each kind
MOST_AT_ONCE = 20  # names of one message


@dataclass(frozen=True, slots=True)
class Person:
    """A member. `administrator`: may administer the workspace. `japanese`: whether their Slack is
    set to Japanese; None where it does not say."""

    name: str
    administrator: bool = False
    japanese: bool | None = None


class Directory:
    """The people and channels of one workspace. What Slack does not tell has no name here.

    `me` is the bot's own user id, of which nobody needs the name.
    """

    def __init__(self, client: AsyncWebClient, me: str) -> None:
        self._client = client
        self._me = me
        self._people: _Remembered[Person] = _Remembered(self._ask_person)
        self._channels: _Remembered[str] = _Remembered(self._ask_channel)

    async def person(self, user: str) -> Person:
        """A member by their id; one that is not known is called by the id."""
        return await self._people.get(user) or Person(user)

    async def names(self, *events: Event) -> Names:
        """The names that these events' texts need."""
        authors = [str(event["user"]) for event in events if event.get("user")]
        people, channels = references(*events)
        # Whoever mentions very many is called by name all the same.
        wanted = dict.fromkeys([*authors, *sorted(people)])
        known = await self._people.all(user for user in wanted if user != self._me)
        found = await self._channels.all(sorted(channels))
        return Names({u: p.name for u, p in known.items()}, found)

    async def channel(self, channel: str) -> str:
        """A channel's name; its id where it has none that the bot may know."""
        return await self._channels.get(channel) or channel

    async def _ask_person(self, user: str) -> Person:
        found: dict[str, Any] = (await self._client.users_info(user=user, include_locale=True)).get(
            "user"
        ) or {}
        profile = found.get("profile") or {}
        name = profile.get("display_name") or profile.get("real_name") or found.get("name")
        name = unescaped(str(name or user))
        administrator = bool(found.get("is_admin") or found.get("is_owner"))
        locale = str(found.get("locale") or "")
        return Person(name, administrator, locale.startswith("ja") if locale else None)

    async def _ask_channel(self, channel: str) -> str:
        found = (await self._client.conversations_info(channel=channel)).get("channel") or {}
        return str(found.get("name") or "")


class _Remembered(Generic[T]):
    """Answers by id: the newest `MOST`, each for a while; failures for a shorter one."""

    def __init__(self, ask: Callable[[str], Awaitable[T]]) -> None:
        self._ask = ask
        self._known: Bounded[str, tuple[float, T | None]] = Bounded(MOST)  # until when
        self._asking = Keyed(asyncio.Lock)

    async def get(self, id: str) -> T | None:
        """The answer, or None; several who want the same at once ask once."""
        with self._asking.use(id) as lock:
            async with lock:
                until, known = self._known.get(id, (0.0, None))
                if until > time.monotonic():
                    return known
                fresh = FRESH_SECONDS
                try:
                    async with asyncio.timeout(ASK_SECONDS):
                        known = await self._ask(id)
                except (*REFUSED, *UNREACHABLE):  # what was known before is better than nothing
                    fresh = FAILED_SECONDS
                self._known[id] = (time.monotonic() + fresh, known)
                return known

    async def all(self, ids: Iterable[str]) -> dict[str, T]:
        """Those of the first so many ids of which there are answers."""
        some = list(islice(ids, MOST_AT_ONCE))
        answers = await asyncio.gather(*map(self.get, some))
        return {id: answer for id, answer in zip(some, answers, strict=True) if answer}
