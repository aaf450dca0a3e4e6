"""The fake Slack as a whole: who and what there is, and the events that each change causes.

Knows no sockets and no requests: what is to be told goes to `emit`, which the deliveries put in
its place, `posted` hears of new messages, and `until` wakes whoever waits for a change.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.shared.world import Changing, MovableTime
from tests.fakes.slack_api import events
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message, pings
from tests.fakes.slack_api.objects import File, Json, Organization, Team, User


@dataclass(slots=True)
class Clock(MovableTime):
    """Time, which tests may move ahead, and the `ts` of messages, which never repeat."""

    _last: int = 0

    def ts(self) -> str:
        """A new ts, later than all before."""
        self._last = max(self._last + 100, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something for the app: an event, an interaction or a slash command.

    kind: as Socket Mode names it: "events_api", "interactive", "slash_commands"
    answered: called with what the app answered, once, by whom it is delivered
    """

    kind: str
    payload: Json
    answered: Callable[[Any], None] = lambda answer: None


@dataclass(frozen=True, slots=True)
class Ping:
    """A message of the app that notifies people, as it was sent."""

    message: Message
    whom: list[str]


@dataclass(slots=True)
class World(Changing):
    """Everything there is.

    subscribed: the events that the app hears of; None is all
    echoes: whether it hears of its own messages, as apps do
    """

    app_id: str
    app_token: str
    subscribed: set[str] | None = None
    echoes: bool = True
    clock: Clock = field(default_factory=Clock)
    teams: dict[str, Team] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    tokens: dict[str, Team] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)  # tokens that were valid
    expired: set[str] = field(default_factory=set)
    pings: list[Ping] = field(default_factory=list)
    url: str = ""  # http://127.0.0.1:PORT
    emit: Callable[[Notice], None] = field(default=lambda notice: None)
    posted: Callable[[Channel, Message], None] = field(default=lambda channel, message: None)
    _dms: dict[User, Channel] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def id(self, kind: str) -> str:
        """A new id; `kind` is its first letter or letters."""
        return f"{kind}{next(self._numbers):010d}"

    @property
    def files_url(self) -> str:
        """What the addresses of files begin with."""
        return f"{self.url}/files/"

    def team(self, name: str, *, installed: bool = True) -> Team:
        """A new workspace, with the app in it."""
        team = Team(self.id("T"), name, installed=installed)
        self.renew(team)
        bot = User(self.id("U"), team, "kaiwa", "kaiwa", self.id("B"), self.app_id)
        team.bot = self.users[bot.id] = bot
        self.teams[team.id] = team
        return team

    def organization(self, name: str, *teams: str) -> Organization:
        """A new organization of workspaces, not yet with the app in it."""
        made = Organization(self.id("E"), name)
        for each in teams:
            team = self.team(each, installed=False)
            team.organization = made
            made.teams.append(team)
            team.bot = made.teams[0].bot
        return made

    def renew(self, team: Team) -> str:
        """A new token for a workspace, or its organization; the one before stays valid."""
        of = team.organization
        token = self.id("xoxb-")
        for each in [team] if of is None else of.teams:
            each.token = token
        self.tokens[token] = team
        return token

    def team_of(self, token: str, arguments: Json) -> Team | None:
        """The workspace that a token is for; an organization's speaks where it is told to."""
        team = self.tokens.get(token)
        if team is None or team.organization is None:
            return team
        channel = self.channels.get(
            str(arguments.get("channel") or arguments.get("channel_id") or "")
        )
        there = [each for each in team.organization.teams if each.installed] or [team]
        told = self.teams.get(str(arguments.get("team_id")), there[0])
        return channel.team if channel else told

    def dm(self, user: User) -> Channel:
        """The direct messages of the app and someone."""
        if user not in self._dms:
            channel = Channel(self.id("D"), user.team, "im", "", [user, user.team.bot])
            self._dms[user] = self.add(channel)
        return self._dms[user]

    def add(self, channel: Channel) -> Channel:
        """Keep a new channel."""
        self.channels[channel.id] = channel
        return channel

    def tell(
        self, team: Team, event: Json, *, source: Team | None = None, shared: bool = False
    ) -> None:
        """Tell the app of an event, where it is subscribed to it; see `events.envelope`."""
        if team.installed and (
            self.subscribed is None or events.subscription(event) in self.subscribed
        ):
            at, id = int(self.clock.now()), self.id("Ev")
            payload = events.envelope(
                team, event, id, at, self.app_id, source=source, shared=shared
            )
            self.emit(Notice("events_api", payload))
        self.touch()

    def tell_in(self, channel: Channel, event: Json, by: User | None = None) -> None:
        """Tell the app of an event in a channel, if it is there and may hear of its cause."""
        if channel.has_bot and (self.echoes or by is not channel.team.bot):
            source = None if by is None else by.team
            self.tell(channel.team, event, source=source, shared=channel.is_shared)
        self.touch()

    def post(self, channel: Channel, message: Message) -> None:
        """A new message appears in its channel."""
        channel.add(message)
        self.posted(channel, message)
        self.tell_in(channel, events.message(channel, message, self.files_url), message.user)

    def shown(self, channel: Channel, message: Message) -> Json:
        """A message as events show it now, to be told after it has changed."""
        return events.of_message(channel, message, self.files_url)

    def changed(self, channel: Channel, message: Message, previous: Json) -> None:
        """A message is not any more what `previous` shows."""
        message.changed_at.append(time.monotonic())
        new = self.shown(channel, message)
        event = events.message_changed(channel, new, previous, self.clock.ts())
        self.tell_in(channel, event, message.user)

    def delete(self, channel: Channel, message: Message) -> None:
        """A message goes; a thread's first one leaves a stone behind where there are replies."""
        previous = self.shown(channel, message)
        if channel.thread(message.ts)[1:]:
            message.deleted = True
            message.text, message.blocks, message.subtype = "", [], "tombstone"
            new, ts = events.tombstone(previous), self.clock.ts()
            self.tell_in(channel, events.message_changed(channel, new, previous, ts), message.user)
        else:
            channel.remove(message)
            event = events.message_deleted(channel, previous, self.clock.ts())
            self.tell_in(channel, event, message.user)

    def unfold(self, channel: Channel, message: Message) -> None:
        """Slack unfolds a message's link: message_changed, with nothing edited by anyone."""
        previous = self.shown(channel, message)
        message.attachments = [{"id": 1, "fallback": "a link's title"}]
        self.changed(channel, message, previous)

    def note_pings(self, message: Message, text: str) -> None:
        """Remember whom a text of the app would notify."""
        if whom := pings(text):
            self.pings.append(Ping(message, whom))
