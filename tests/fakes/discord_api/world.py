"""The fake Discord as a whole: who and what there is, and the events that each change causes.

Knows no sockets and no requests: events go to `emit`, which the gateway puts in its place, and
`until` wakes whoever waits for a change.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.messages import Attachment, Message, mentioned
from tests.fakes.discord_api.objects import DM, Clock, Guild, Json, User
from tests.fakes.shared.world import Changing

# Gateway intents.
GUILDS, GUILD_MEMBERS, PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = {
    "guild_members": GUILD_MEMBERS,
    "presences": PRESENCES,
    "message_content": MESSAGE_CONTENT,
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the gateway tells the sessions that asked for it.

    `payload` takes whether the session has the message-content intent; `intent` 0 is for all.
    """

    name: str
    guild: Guild | None
    intent: int
    payload: Callable[[bool], Json]


@dataclass(slots=True)
class World(Changing):
    """Everything there is. `keep` bounds each of the records that would grow without end.

    `keep_messages` bounds the messages of a channel, beyond which the oldest are forgotten.
    """

    token: str
    privileged: set[str]
    limited: bool
    shards: int
    keep: int | None
    keep_messages: int | None
    clock: Clock = field(default_factory=Clock)
    bot: User = field(init=False)
    application_id: int = field(init=False)
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    commands: dict[int | None, list[Json]] = field(default_factory=dict)  # by guild
    files: deque[Attachment] = field(init=False)  # of users, which the bot can fetch
    api_url: str = ""
    gateway_url: str = ""
    emit: Callable[[Event], None] = field(default=lambda event: None)
    _dms: dict[int, Channel] = field(default_factory=dict)  # by user

    def __post_init__(self) -> None:
        self.files = deque(maxlen=self.keep)
        self.application_id = self.clock.made_id()
        self.bot = self.add_user("kaiwa", bot=True)

    def add_user(self, name: str, *, bot: bool = False) -> User:
        """A new account."""
        user = User(self.clock.made_id(), name, bot)
        self.users[user.id] = user
        return user

    def dm(self, user: User) -> Channel:
        """The direct-message channel of the bot and a user."""
        if user.id in self._dms:
            return self._dms[user.id]
        channel = Channel(self.clock.made_id(), DM, user.name, recipients=[user])
        self.channels[channel.id] = self._dms[user.id] = channel
        return channel

    def has_bot(self, channel: Channel) -> bool:
        """Whether the bot is where this channel is, so that it hears of it."""
        if channel.guild is not None:
            return channel.guild.has_bot and not channel.lacks("view_channel")
        return channel.type == DM

    def payload(self, message: Message, *, sees_content: bool | None = None) -> Json:
        """A message object; unless told, the application's own switch says what it sees."""
        if sees_content is None:
            sees_content = "message_content" in self.privileged
        return message.payload(self.bot, sees_content=sees_content)

    def fill_mentions(self, message: Message, allowed: Json | None = None) -> None:
        """Fill in whom a message mentions, as far as `allowed` allows; None allows all."""
        parse = ["users", "roles", "everyone"] if allowed is None else allowed.get("parse", [])
        listed = allowed or {}
        users, roles, everyone = mentioned(message.text)
        known = message.channel.guild.roles if message.channel.guild else {}
        message.mentions = [
            self.users[id]
            for id in dict.fromkeys(users)
            if id in self.users and ("users" in parse or id in map(int, listed.get("users", ())))
        ]
        message.role_mentions = [
            known[id]
            for id in dict.fromkeys(roles)
            if id in known and ("roles" in parse or id in map(int, listed.get("roles", ())))
        ]
        message.mentions_everyone = everyone and "everyone" in parse

    def post(self, message: Message) -> None:
        """A new message appears in its channel, unless only one user can see it."""
        if not message.ephemeral:
            message.channel.add(message, self.keep_messages)
            self.tell(message, "MESSAGE_CREATE")

    def change(self, message: Message, text: str) -> None:
        """A message is edited, its text perhaps; what else is new is set by the caller."""
        if not message.edits:
            message.history = deque(maxlen=self.keep)
        if text != message.text:
            message.history.append(message.text)
        message.edits += 1
        message.text = text
        message.edited = self.clock.now()

    def tell(self, message: Message, name: str) -> None:
        """Tell of a message, once more if it has been told of before."""
        if not message.ephemeral:
            self._tell(message.channel, name, lambda sees: self.payload(message, sees_content=sees))

    def remove(self, messages: Iterable[Message]) -> None:
        """Messages of one channel are deleted, at once if they are several."""
        gone = list(messages)
        for message in gone:
            message.channel.remove(message)
        ids = [str(message.id) for message in gone if not message.ephemeral]
        if not ids:
            return
        channel = gone[0].channel
        where = {"channel_id": str(channel.id)}
        if channel.guild:
            where["guild_id"] = str(channel.guild.id)
        if len(ids) == 1:
            self._tell(channel, "MESSAGE_DELETE", lambda _: {"id": ids[0], **where})
        else:
            self._tell(channel, "MESSAGE_DELETE_BULK", lambda _: {"ids": ids, **where})

    def _tell(self, channel: Channel, name: str, payload: Callable[[bool], Json]) -> None:
        if self.has_bot(channel):
            intent = GUILD_MESSAGES if channel.guild else DIRECT_MESSAGES
            self.emit(Event(name, channel.guild, intent, payload))
        self.touch()
