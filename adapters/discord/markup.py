"""Discord's own markup as text: names in place of ids. Pure: it asks nobody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import discord

# https://discord.com/developers/docs/reference#message-formatting
# No alternative can run over the beginning of another, so that the time is linear.
_MARKUP = re.compile(
    r"<@!?(?P<user>[0-9]{1,20})>|<@&(?P<role>[0-9]{1,20})>|<#(?P<channel>[0-9]{1,20})>"
    r"|<a?:(?P<emoji>\w{1,64}):[0-9]{1,20}>|</(?P<command>[^:<>\n]{1,100}):[0-9]{1,20}>"
    r"|<t:(?P<time>-?[0-9]{1,11})(?::\w)?>|<id:(?P<page>[a-z-]{1,20})(?::[0-9]{1,20})?>"
)
UNKNOWN = "unknown"
_BLANKS = " \t"


@dataclass(frozen=True, slots=True)
class Names:
    """What Discord's ids are called, as far as that is known without asking.

    `own` are the ids by which the bot itself is mentioned: its user, and roles that are its
    alone. `guilds` are looked through in their order.
    """

    own: Collection[int] = ()
    guilds: tuple[discord.Guild, ...] = ()
    people: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)

    def person(self, number: int) -> str:
        """A person's name in the guild, or their own."""
        known = (guild.get_member(number) for guild in self.guilds)
        here = (member.display_name for member in known if member is not None)
        return self.people.get(number) or next(here, UNKNOWN)

    def role(self, number: int) -> str:
        """A role's name."""
        known = (guild.get_role(number) for guild in self.guilds)
        here = (role.name for role in known if role is not None)
        return self.roles.get(number) or next(here, UNKNOWN)

    def channel(self, number: int) -> str:
        """The name of a channel or thread."""
        known = (guild.get_channel_or_thread(number) for guild in self.guilds)
        here = (channel.name for channel in known if channel is not None)
        return self.channels.get(number) or next(here, UNKNOWN)


def own_ids(guild: discord.Guild | None, me: int, own_roles: Collection[int] = ()) -> set[int]:
    """The ids by which the bot is mentioned in a guild; `own_roles` as in `roles.OwnRoles`."""
    role = guild.self_role if guild is not None else None
    return {me, *own_roles} | ({role.id} if role is not None else set())


def names_in(interaction: discord.Interaction[Any], me: int) -> Names:
    """The names that an interaction brings along, and those of its guild."""
    data: Any = interaction.data or {}
    found = data.get("resolved") or {}
    members = found.get("members") or {}
    people = {
        int(id): name_of(user, members.get(id)) for id, user in (found.get("users") or {}).items()
    }
    roles = {int(id): role["name"] for id, role in (found.get("roles") or {}).items()}
    places = (found.get("channels") or {}).items()
    channels = {int(id): place["name"] for id, place in places if place.get("name")}
    guild = interaction.guild
    return Names(own_ids(guild, me), (guild,) if guild else (), people, roles, channels)


def name_of(user: Mapping[str, Any], member: Mapping[str, Any] | None = None) -> str:
    """What a user object of the API is called, with its member object where there is one."""
    name = (member or {}).get("nick") or user.get("global_name") or user.get("username")
    return str(name or UNKNOWN)


def readable(text: str, names: Names) -> str:
    """A text with names in place of Discord's ids, without mentions of the bot itself."""
    parts = [part.strip(_BLANKS) for part in _between_own(text, names)]
    said: list[str] = []
    for part in filter(None, parts):
        if said and not said[-1].endswith("\n") and not part.startswith("\n"):
            said.append(" ")
        said.append(part)
    return "".join(said).strip()


def _between_own(text: str, names: Names) -> Iterator[str]:
    """What stands before, between and behind the mentions of the bot, with names."""
    part: list[str] = []
    end = 0
    for found in _MARKUP.finditer(text):
        part.append(text[end : found.start()])
        end = found.end()
        mentioned = found["user"] or found["role"]
        if mentioned and int(mentioned) in names.own:
            yield "".join(part)
            part = []
        else:
            part.append(_shown(found, names))
    part.append(text[end:])
    yield "".join(part)


def _shown(found: re.Match[str], names: Names) -> str:
    if user := found["user"]:
        return f"@{names.person(int(user))}"
    if role := found["role"]:
        return f"@{names.role(int(role))}"
    if channel := found["channel"]:
        return f"#{names.channel(int(channel))}"
    if moment := found["time"]:
        return _moment(int(moment)) or found[0]
    if page := found["page"]:
        return f"#{page}"
    return f"/{found['command']}" if found["command"] else f":{found['emoji']}:"


def _moment(seconds: int) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return None
