"""Discord's messages as `adapters.intake.Said`: what follows from them at once, and what Discord is
asked for where it is needed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord

from adapters.discord.access import Access
from adapters.discord.errors import UNREACHABLE, lacking, permissions
from adapters.discord.incoming import (
    PLATFORM,
    belongs,
    conversation_key,
    envelope,
    quotable,
)
from adapters.discord.outlet import ChannelOutlet
from adapters.discord.places import Places
from adapters.discord.reading import fetch, quoted, reading
from adapters.intake import Heard
from adapters.reading import with_files
from adapters.streaming import TryAgain
from bot.errors import BotError
from bot.messages import ConversationKey, IncomingMessage
from bot.ports import Caller, Store

log = logging.getLogger(__name__)


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
        self.attachment_bytes = attachment_bytes

    @property
    def me(self) -> int:
        """The bot's user id; events come after the login."""
        assert self.client.user is not None
        return self.client.user.id

    def said(self, message: discord.Message, *, late: bool = False) -> DiscordSaid | None:
        """What a message is to the bot; None where it is nobody's to answer. `late`: it was read
        from a channel's history, where Discord leaves out its author's roles."""
        envelope_ = envelope(message, self.me, trusted=self.trusted)
        return None if envelope_ is None else DiscordSaid(self, message, envelope_, late)

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
    envelope: IncomingMessage
    late: bool = False
    outlet: ChannelOutlet = field(init=False)

    def __post_init__(self) -> None:
        message = self.message
        self.outlet = self.hearing.places.in_channel(message.channel, message.id, message.author)

    @property
    def place(self) -> int:
        """The channel or thread."""
        return self.message.channel.id

    @property
    def forwards(self) -> bool:
        """Whether it is a forwarded message, to which Discord lets nobody add a word."""
        return bool(self.message.message_snapshots) and not self.message.content

    async def welcome(self) -> bool:
        """Whether the operator's lists allow its author, with the roles that they have now."""
        message, access = self.message, self.hearing.access
        if self.late and access.asks_roles and message.guild is not None:
            try:
                message.author = await message.guild.fetch_member(message.author.id)
            except discord.NotFound:
                return False  # no member any more
            except (*UNREACHABLE, discord.HTTPException) as error:
                raise TryAgain(f"a message's author cannot be looked up: {error}") from error
        guild_id = message.guild.id if message.guild else None
        return access.allows(message.author, message.channel, guild_id)

    def lacking(self) -> BotError | None:
        """The permissions that an answer takes."""
        return lacking(self.message.channel)

    async def read(self) -> Heard:
        """Its text with that of its files. Nobody is quoted who asked that nothing be kept."""
        message, hearing = self.message, self.hearing
        read = reading(message, hearing.me)
        text = await with_files(read, fetch, hearing.attachment_bytes)
        about = quotable(message, hearing.me)
        if about is not None and not await self._keeps_nothing(about):
            quotation = quoted(reading(about, hearing.me), about.author.display_name)
            text = f"{quotation}\n{text}".rstrip()
        return Heard(text, message.author.display_name, read.unreadable)

    async def before(self, forward: str | None) -> str:
        """The message before it, as Discord's history has it."""
        previous = await self._previous()
        if previous is None or not belongs(previous, self.message):
            return ""
        hearing = self.hearing
        earlier = hearing.said(previous)
        if forward is None and earlier is not None:
            known = await hearing.store.known(earlier.envelope)
            if known.stored is not None:
                return ""  # it was said to the bot itself, and stands above
        read = reading(previous, hearing.me)
        text = await with_files(read, fetch, hearing.attachment_bytes)
        return quoted(text, previous.author.display_name) if text.strip() else ""

    async def _previous(self) -> discord.Message | None:
        channel: Any = self.message.channel
        may = permissions(channel)
        if may is not None and not may.read_message_history:
            return None
        try:
            async for message in channel.history(limit=1, before=self.message):
                found: discord.Message = message
                return found
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("what was said before a call cannot be read: %s", error)
        return None

    async def _keeps_nothing(self, message: discord.Message) -> bool:
        return await self.hearing.store.opted_out(PLATFORM, str(message.author.id))

    async def caller(self) -> Caller:
        """Its author, with what they may do in the channel."""
        message = self.message
        may = None
        if message.guild is not None:
            may = discord.Permissions.none()
            if isinstance(message.author, discord.Member) and not isinstance(
                message.channel, discord.PartialMessageable
            ):
                try:
                    may = message.channel.permissions_for(message.author)
                except discord.ClientException:  # a thread whose channel is not known
                    may = message.author.guild_permissions
        administers = self.hearing.access.administers(message.author, may)
        return Caller(conversation_key(message.channel), str(message.author.id), administers)
