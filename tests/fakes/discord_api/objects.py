"""The clock, the users and the guilds of the fake Discord, as its API (version 10) writes them.

The payloads are complete enough for discord.py's parsers. Knows no sockets and no requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.shared.world import MovableTime

if TYPE_CHECKING:
    from tests.fakes.discord_api.channels import Channel

Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000  # Discord counts the milliseconds of ids from 2015
FIRST_ID_MS = 200_000_000_000  # users and channels are of 2021, made in this order
FIRST_GUILD_MS = 221_760_000_000  # a multiple of all numbers of shards up to twelve
TEXT, DM, GROUP_DM, PUBLIC_THREAD, FORUM = 0, 1, 3, 11, 15  # types of channels
PERMISSIONS = {
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "use_application_commands": 1 << 31,
    "send_messages_in_threads": 1 << 38,
}
USUAL = sum(PERMISSIONS.values()) - PERMISSIONS["manage_messages"]


@dataclass(slots=True)
class Clock(MovableTime):
    """The server's time, which tests move; ids carry it."""

    _last_id: int = 0
    _made: int = 0
    _guilds: int = 0

    def id(self) -> int:
        """An id that carries the time, above all others of its kind."""
        self._last_id = max(self._last_id + 1, (int(self.now() * 1000) - EPOCH_MS) << 22)
        return self._last_id

    def made_id(self) -> int:
        """An id that is the same in every run: the nth has the nth millisecond."""
        self._made += 1
        return (FIRST_ID_MS + self._made) << 22

    def guild_id(self) -> int:
        """An id likewise: the nth guild is on the nth shard, counting from 0 and round."""
        self._guilds += 1
        return (FIRST_GUILD_MS + self._guilds - 1) << 22


@dataclass(eq=False, slots=True)
class User:
    """An account; `dms_open` says whether it takes direct messages from the bot."""

    id: int
    name: str
    bot: bool = False
    dms_open: bool = True

    @property
    def mention(self) -> str:
        """What mentions it in a text."""
        return f"<@{self.id}>"

    def payload(self) -> Json:
        """A user object."""
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": self.name,
            "discriminator": "0000" if self.bot else "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass(eq=False, slots=True)
class Role:
    """A guild's role."""

    id: int
    name: str
    bot_id: int | None = None

    @property
    def mention(self) -> str:
        """What mentions it in a text."""
        return f"<@&{self.id}>"

    def payload(self) -> Json:
        """A role object; the bot's own role names the bot in its tags."""
        payload: Json = {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(USUAL),
            "position": 0,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": self.bot_id is not None,
            "mentionable": True,
            "flags": 0,
        }
        if self.bot_id is not None:
            payload["tags"] = {"bot_id": str(self.bot_id)}
        return payload


@dataclass(eq=False, slots=True)
class Member:
    """A user in a guild."""

    user: User
    nick: str | None = None
    roles: list[Role] = field(default_factory=list)

    def payload(self, *, user: bool = True) -> Json:
        """A member object, with or without its user."""
        payload: Json = {
            "nick": self.nick,
            "roles": [str(role.id) for role in self.roles],
            "joined_at": "2021-05-04T00:00:00+00:00",
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }
        return payload | {"user": self.user.payload()} if user else payload


@dataclass(eq=False, slots=True)
class Guild:
    """A server, of which the bot is a member unless only a user of it installed the app.

    `counts_roles`: whether the bot may know how many members hold each role.
    """

    id: int
    name: str
    has_bot: bool = True
    counts_roles: bool = True
    everyone: Role = field(init=False)
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.everyone = self.roles[self.id] = Role(self.id, "@everyone")

    @property
    def owner_id(self) -> int:
        """Who made it and its threads: nobody else in it, for an owner may do everything."""
        return self.id + 1

    def payload(self, members: Iterable[Member]) -> Json:
        """A guild as GUILD_CREATE has it, with these members."""
        channels = [channel for channel in self.channels.values() if channel.parent is None]
        threads = [channel for channel in self.channels.values() if channel.parent is not None]
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "unavailable": False,
            "large": False,
            "joined_at": "2021-05-04T00:00:00+00:00",
            "member_count": len(self.members),
            "members": [member.payload() for member in members],
            "roles": [role.payload() for role in self.roles.values()],
            "channels": [channel.payload() for channel in channels],
            "threads": [thread.payload() for thread in threads],
            "preferred_locale": "ja",
            "features": [],
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            **{key: [] for key in ("emojis", "stickers", "voice_states", "presences")},
            **{key: [] for key in ("stage_instances", "guild_scheduled_events")},
        }
