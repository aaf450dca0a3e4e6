"""With whom the bot talks, where, and who may change a channel: the operator's lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import discord

from bot.config import DiscordSettings


class Access:
    """The lists of `[discord]`. Blocking wins over allowing; an empty allowed list allows all.

    A trusted bot needs no role, and need not be named among the people.
    """

    def __init__(self, settings: DiscordSettings) -> None:
        self.take(settings)

    def take(self, settings: DiscordSettings) -> None:
        """Go by these lists from now on."""
        self._settings = settings
        self._administrators = frozenset(settings.administrators)

    def allows(self, user: discord.abc.User, channel: Any, guild_id: int | None) -> bool:
        """Whether the bot talks with this person in this channel."""
        settings = self._settings
        people, roles = {str(user.id)}, _roles(user)
        if people & set(settings.blocked_users) or roles & set(settings.blocked_roles):
            return False
        welcome = not (settings.allowed_users or settings.allowed_roles)
        welcome = welcome or bool(people & {*settings.allowed_users, *settings.trusted_bots})
        if guild_id is None:
            if settings.direct_messages == "allowed":
                return bool(people & set(settings.allowed_users))
            return welcome and settings.direct_messages == "everyone"
        guild, places = {str(guild_id)}, _places(channel)
        if guild & set(settings.blocked_guilds) or places & set(settings.blocked_channels):
            return False
        if settings.allowed_guilds and not guild & set(settings.allowed_guilds):
            return False
        if settings.allowed_channels and not places & set(settings.allowed_channels):
            return False
        return welcome or bool(roles & set(settings.allowed_roles))

    @property
    def asks_roles(self) -> bool:
        """Whether it depends on a person's roles."""
        return bool(self._settings.allowed_roles or self._settings.blocked_roles)

    def administers(self, user: discord.abc.User, permissions: discord.Permissions | None) -> bool:
        """Whether this person may change a channel for everybody in it.

        `permissions` are the person's own in that channel; None in a direct message, which is
        one's own.
        """
        if permissions is None or permissions.manage_channels or permissions.administrator:
            return True
        return bool(({str(user.id)} | _roles(user)) & self._administrators)


def _roles(user: discord.abc.User) -> set[str]:
    roles: Iterable[discord.Role] = user.roles if isinstance(user, discord.Member) else ()
    return {str(role.id) for role in roles}


def _places(channel: Any) -> set[str]:
    """A channel's id, and those of what it is in: a thread's channel, a channel's category."""
    if isinstance(channel, discord.Thread):  # whose category is not known where its channel is not
        category = channel.parent.category_id if channel.parent is not None else None
    else:
        category = getattr(channel, "category_id", None)
    ids = (getattr(channel, "id", None), getattr(channel, "parent_id", None), category)
    return {str(number) for number in ids if number is not None}
