"""Discord's messages as `adapters.intake.Said`: what follows from them at once, and what Discord is
asked for where it is needed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
import discord

from adapters.discord import around
from adapters.discord.access import Access
from adapters.discord.errors import lacking, permissions
from adapters.discord.files import fetch
from adapters.discord.incoming import PLATFORM, conversation_key, envelope, quotable
from adapters.discord.outlet import ChannelOutlet
from adapters.discord.places import Places
from adapters.discord.reading import quoted, read
from adapters.discord.roles import OwnRoles
from adapters.outlet import TryAgain
from adapters.reading import Reading, with_files
from adapters.said import Heard
from bot.errors import BotError
from bot.messages import ConversationKey, IncomingMessage
from bot.ports import Caller, Store


class Hearing:
    """Makes `Said`s. `places` makes outlets; `attachment_bytes`: of a file that is read."""

    def __init__(
        self,
        client: discord.Client,
        store: Store,
        access: Access,
        places: Places,
        *,
        trusted: Iterable[str] = (),
        attachment_bytes: int = 0,
    ) -> None:
        self.client = client
        self.store = store
        self.access = access
        self.places = places
        self.trusted = frozenset(trusted)
        self.own_roles = OwnRoles()
        self._attachment_bytes = attachment_bytes

    @property
    def me(self) -> int:
        """The bot's user id; events come after the login."""
        assert self.client.user is not None
        return self.client.user.id

    def said(self, message: discord.Message, *, late: bool = False) -> DiscordSaid | None:
        """What a message is to the bot; None where it is certainly nobody's to answer. `late`: it
        was read from a channel's history, where Discord leaves out its author's roles."""
        if envelope(message, self.me, trusted=self.trusted) is None:
            return None
        return DiscordSaid(self, message, late)

    async def reading(self, message: discord.Message) -> Reading:
        """What a message says, with the text of its files."""
        own = await self.own_roles.of(message)
        found = read(message, self.me, own_roles=own, guild_of=self.client.get_guild)
        return await with_files(found, partial(fetch, self.client), self._attachment_bytes)

    async def quotation(self, message: discord.Message) -> str:
        """A message as a quotation; empty where its author asked that nothing be kept."""
        if await self.store.opted_out(PLATFORM, str(message.author.id)):
            return ""
        return quoted(await self.reading(message), message.author.display_name)

    async def message(self, channel: Any, message_id: int) -> discord.Message | None:
        """A message of a channel; None where it is gone, or out of sight."""
        try:
            found: discord.Message = await channel.fetch_message(message_id)
        except (AttributeError, discord.HTTPException, aiohttp.ClientError, OSError):
            return None
        return found

    async def channel(self, channel_id: int, guild_id: int | None) -> Any:
        """A channel by its id: the known one, else asked for, else just the id."""
        known = self.client.get_channel(channel_id)
        if known is not None:
            return known
        try:
            return await self.client.fetch_channel(channel_id)
        except (discord.HTTPException, discord.InvalidData, aiohttp.ClientError, OSError):
            return self.client.get_partial_messageable(channel_id, guild_id=guild_id)

    async def channel_of(self, key: ConversationKey) -> Any:
        """The channel or thread of a conversation."""
        guild = int(key.workspace) if key.workspace.isdecimal() else None
        thread = key.thread if key.thread.isdecimal() else ""
        return await self.channel(int(thread or key.channel), guild)


@dataclass(slots=True)
class DiscordSaid:
    """A message on Discord."""

    hearing: Hearing
    message: discord.Message
    late: bool = False
    outlet: ChannelOutlet = field(init=False)
    _looked_up: bool = False

    def __post_init__(self) -> None:
        message = self.message
        self.outlet = self.hearing.places.in_channel(message.channel, message.id, message.author)

    @property
    def place(self) -> int:
        """The channel or thread."""
        return self.message.channel.id

    @property
    def version(self) -> object:
        """When it was edited last."""
        return self.message.edited_at

    @property
    def forwards(self) -> bool:
        """Whether it is a forwarded message, to which Discord lets nobody add a word."""
        return around.is_forward(self.message)

    async def envelope(self) -> IncomingMessage | None:
        """The message without its text; roles that only the bot holds are the bot."""
        hearing, message = self.hearing, self.message
        own = await hearing.own_roles.of(message)
        return envelope(message, hearing.me, trusted=hearing.trusted, own_roles=own)

    async def welcome(self) -> bool:
        """Whether the operator's lists allow its author, with the roles that they have now."""
        message, access = self.message, self.hearing.access
        looks_up = self.late and access.asks_roles and not self._looked_up
        if looks_up and message.guild is not None and message.webhook_id is None:
            try:
                message.author = await message.guild.fetch_member(message.author.id)
            except discord.NotFound:
                return False  # no member any more
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                raise TryAgain(f"a message's author cannot be looked up: {error}") from error
            self._looked_up = True
        guild_id = message.guild.id if message.guild else None
        return access.allows(message.author, message.channel, guild_id)

    def lacking(self) -> BotError | None:
        """The permissions that an answer takes."""
        return lacking(self.message.channel)

    async def read(self) -> Heard:
        """Its text, and above it what it is about."""
        message, hearing = self.message, self.hearing
        found = await hearing.reading(message)
        text = found.text
        about = quotable(message, hearing.me, await hearing.own_roles.of(message))
        if about is not None and (quotation := await hearing.quotation(about)):
            text = f"{quotation}\n{text}".rstrip()
        return Heard(text, message.author.display_name, found.unreadable)

    async def before(self, forward: str | None) -> str:
        """The message before it, as Discord's history has it."""
        message, hearing = self.message, self.hearing
        may = permissions(message.channel)
        if may is not None and not may.read_message_history:
            return ""
        previous = await around.before(message)
        own = await hearing.own_roles.of(message)
        if previous is None or not around.belongs(previous, message, hearing.me, own):
            return ""
        return "" if await self._is_kept(previous) else await hearing.quotation(previous)

    async def opening(self) -> str:
        """The message from which the thread was made."""
        root = await around.made_from(self.message)
        if root is None or root.author.id == self.hearing.me or await self._is_kept(root):
            return ""
        return await self.hearing.quotation(root)

    async def _is_kept(self, message: discord.Message) -> bool:
        """Whether it was said to the bot itself, and stands in the history."""
        said = self.hearing.said(message)
        found = None if said is None else await said.envelope()
        if found is None:
            return False
        return (await self.hearing.store.known(found)).stored is not None

    def there(self, conversation: ConversationKey) -> ChannelOutlet:
        """Here: a channel's replies stand in itself."""
        return self.outlet

    async def caller(self) -> Caller:
        """Its author, with what they may do in the channel."""
        message = self.message
        may = None
        if message.guild is not None:
            may = discord.Permissions.none()
            if isinstance(message.author, discord.Member):
                may = message.author.guild_permissions
                with suppress(AttributeError, discord.ClientException):  # a channel not known
                    may = message.channel.permissions_for(message.author)
        administers = self.hearing.access.administers(message.author, may)
        author, key = message.author, conversation_key(message.channel)
        return Caller(key, str(author.id), administers, author.display_name)
