"""Names of a workspace's people and channels, asked for once and remembered for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import REFUSED, UNREACHABLE
from adapters.slack.incoming import Event, Names, references, unescaped

T = TypeVar("T")

FRESH_SECONDS = 3_600.0
MOST = 10_000  # entries of each kind


@dataclass(frozen=True, slots=True)
class Person:
    """A member. `administrator`: may administer the workspace."""

    name: str
    administrator: bool = False


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
        people, channels = set[str](), set[str]()
        for event in events:
            users, places = references(event)
            people |= users
            channels |= places
        known = await self._people.all(people - {self._me})
        return Names({u: p.name for u, p in known.items()}, await self._channels.all(channels))

    async def channel(self, channel: str) -> str:
        """A channel's name; its id where it has none that the bot may know."""
        return await self._channels.get(channel) or channel

    async def _ask_person(self, user: str) -> Person:
        found: dict[str, Any] = (await self._client.users_info(user=user)).get("user") or {}
        profile = found.get("profile") or {}
        name = profile.get("display_name") or profile.get("real_name") or found.get("name")
        name = unescaped(str(name or user))
        administrator = bool(found.get("is_admin") or found.get("is_owner"))
        return Person(name, administrator)

    async def _ask_channel(self, channel: str) -> str:
        found = (await self._client.conversations_info(channel=channel)).get("channel") or {}
        return str(found.get("name") or "")


class _Remembered(Generic[T]):
    """Answers by id: the newest `MOST`, each for `FRESH_SECONDS`; failures are not kept."""

    def __init__(self, ask: Callable[[str], Awaitable[T]]) -> None:
        self._ask = ask
        self._known: OrderedDict[str, tuple[float, T]] = OrderedDict()

    async def get(self, id: str) -> T | None:
        known = self._known.get(id)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        try:
            answer = await self._ask(id)
        except (*REFUSED, *UNREACHABLE):
            return known[1] if known else None
        self._known[id] = (time.monotonic() + FRESH_SECONDS, answer)
        self._known.move_to_end(id)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return answer

    async def all(self, ids: Iterable[str]) -> dict[str, T]:
        found = {id: await self.get(id) for id in sorted(ids)}
        return {id: answer for id, answer in found.items() if answer}
