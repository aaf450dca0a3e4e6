"""The part of DiscordServer by which a test makes users, guilds and channels.

The bot is told of what comes while it is connected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.gateway import guild_payload
from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_api.objects import (
    FORUM,
    GROUP_DM,
    PUBLIC_THREAD,
    TEXT,
    Guild,
    Json,
    Member,
    Role,
    User,
)
from tests.fakes.discord_api.world import GUILD_MEMBERS, GUILDS, Event, World


class Places:
    """Who and where there is."""

    _world: World

    def user(self, name: str, *, bot: bool = False) -> User:
        """A new account."""
        return self._world.add_user(name, bot=bot)

    def guild(self, name: str, *members: User, bot: bool = True) -> Guild:
        """A new guild, with these members and, unless the app is only user-installed, the bot."""
        guild = Guild(self._world.clock.guild_id(), name, bot)
        self._world.guilds[guild.id] = guild
        if bot:
            own = Role(self._world.clock.made_id(), self._world.bot.name, self._world.bot.id)
            guild.roles[own.id] = own
            guild.members[self._world.bot.id] = Member(self._world.bot, roles=[own])
        for user in members:
            guild.members[user.id] = Member(user)
        self._emit("GUILD_CREATE", guild, lambda: guild_payload(self._world, guild, 0))
        return guild

    def member(
        self, guild: Guild, user: User, *, nick: str | None = None, roles: Iterable[Role] = ()
    ) -> Member:
        """Make a user a member of a guild, or give a member another nick and other roles."""
        name = "GUILD_MEMBER_UPDATE" if user.id in guild.members else "GUILD_MEMBER_ADD"
        member = guild.members[user.id] = Member(user, nick, list(roles))
        where = {"guild_id": str(guild.id)}
        intent = GUILDS if user is self._world.bot else GUILD_MEMBERS  # of itself a bot is told
        self._emit(name, guild, lambda: member.payload() | where, intent)
        return member

    def role(self, guild: Guild, name: str) -> Role:
        """A new role of a guild."""
        role = Role(self._world.clock.made_id(), name)
        guild.roles[role.id] = role
        where = {"guild_id": str(guild.id)}
        self._emit("GUILD_ROLE_CREATE", guild, lambda: where | {"role": role.payload()})
        return role

    def channel(self, guild: Guild, name: str) -> Channel:
        """A new text channel."""
        return self._add(Channel(self._world.clock.made_id(), TEXT, name, guild))

    def forum(self, guild: Guild, name: str) -> Channel:
        """A new forum."""
        return self._add(Channel(self._world.clock.made_id(), FORUM, name, guild))

    def thread(self, parent: Channel, name: str, message: Message | None = None) -> Channel:
        """A new public thread of a text channel; one made from a message has its id."""
        id = self._world.clock.made_id() if message is None else message.id
        return self._add(Channel(id, PUBLIC_THREAD, name, parent.guild, parent))

    def dm(self, user: User) -> Channel:
        """The direct messages of a user and the bot."""
        return self._world.dm(user)

    def group_dm(self, *users: User) -> Channel:
        """Direct messages among users without the bot, where only a user can have installed it."""
        id = self._world.clock.made_id()
        return self._add(Channel(id, GROUP_DM, "group", recipients=list(users)))

    def _add(self, channel: Channel) -> Channel:
        self._world.channels[channel.id] = channel
        if (guild := channel.guild) is not None:
            guild.channels[channel.id] = channel
            name = "THREAD_CREATE" if channel.parent else "CHANNEL_CREATE"
            self._emit(name, guild, lambda: channel.payload() | {"newly_created": True})
        return channel

    def permit(self, channel: Channel, **permissions: bool) -> None:
        """Give the bot permissions in a channel, or take them: `send_messages=False`."""
        for name, granted in permissions.items():
            (channel.denied.discard if granted else channel.denied.add)(name)
        name = "THREAD_UPDATE" if channel.parent else "CHANNEL_UPDATE"
        if channel.guild is not None:
            self._emit(name, channel.guild, channel.payload)

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """A moderator closes a thread; a `locked` one opens for moderators only."""
        thread.archived, thread.locked = True, locked
        if thread.guild is not None:
            self._emit("THREAD_UPDATE", thread.guild, thread.payload)

    def delete_channel(self, channel: Channel) -> None:
        """A channel or a thread is deleted."""
        del self._world.channels[channel.id]
        if (guild := channel.guild) is not None:
            del guild.channels[channel.id]
            self._emit(
                "THREAD_DELETE" if channel.parent else "CHANNEL_DELETE", guild, channel.payload
            )

    def _emit(
        self,
        name: str,
        guild: Guild,
        payload: Callable[[], Json],
        intent: int = GUILDS,
    ) -> None:
        if guild.has_bot:
            self._world.emit(Event(name, guild, intent, lambda _: payload()))
