"""Which of the mentioned roles only the bot holds: such a role is the bot.

The one that Discord made for it says so itself. Of others the bot knows whether it holds them,
and must ask how many do: https://discord.com/developers/docs/resources/guild#get-guild-role-member-counts
"""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import discord

log = logging.getLogger(__name__)

FRESH_SECONDS = 600.0  # how long a guild's counts are taken as they were


class OwnRoles:
    """Asks at most once in FRESH_SECONDS for each guild, and only where it must."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[float, dict[int, int] | None]] = {}  # by guild: when, what

    async def of(self, message: discord.Message) -> frozenset[int]:
        """The ids of roles that a message mentions and only the bot holds."""
        guild = message.guild
        if guild is None or guild.me is None or not message.role_mentions:
            return frozenset()
        held = set(guild.me.roles) - {guild.default_role}
        unsure = [role for role in message.role_mentions if role in held and role.tags is None]
        if not unsure:
            return frozenset()
        counts = await self._of_guild(guild)
        if counts is None:  # then a role that it holds and that is named after it
            names = {guild.me.name.casefold(), guild.me.display_name.casefold()}
            return frozenset(role.id for role in unsure if role.name.casefold() in names)
        return frozenset(role.id for role in unsure if counts.get(role.id) == 1)

    async def _of_guild(self, guild: discord.Guild) -> dict[int, int] | None:
        """How many members hold each role; None where Discord does not say."""
        now = asyncio.get_running_loop().time()
        if guild.id in self._counts and now - self._counts[guild.id][0] < FRESH_SECONDS:
            return self._counts[guild.id][1]
        counts: dict[int, int] | None = None
        try:
            found = await guild.role_member_counts()
            counts = {role.id: number for role, number in found.items()}
        except discord.Forbidden:
            log.debug("how many members hold a role is not told in %s", guild.id)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("how many members hold a role cannot be read: %s", error)
            return None  # asked again at the next mention
        old = [number for number, (at, _) in self._counts.items() if now - at >= FRESH_SECONDS]
        for number in old:
            del self._counts[number]
        self._counts[guild.id] = (now, counts)
        return counts
