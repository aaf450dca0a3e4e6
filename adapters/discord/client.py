"""The bot as Discord sees it: events in, each to what is the same on every platform.

Knows which event means what. It does not know how to connect (platform.py), what a message says
(reading.py), what commands and buttons do (interactions.py), nor which messages are taken in,
kept or answered (adapters/intake.py, bot/policy.py).
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import discord
from discord import app_commands

from adapters.absence import Absence
from adapters.calls import counted
from adapters.controls import Controls
from adapters.delivery import Deliveries
from adapters.discord import slash
from adapters.discord.access import Access
from adapters.discord.announcing import DiscordAnnouncer
from adapters.discord.buttons import DoneView, WritingView
from adapters.discord.catch_up import DiscordPast
from adapters.discord.hearing import Hearing
from adapters.discord.incoming import PLATFORM, conversation_key
from adapters.discord.interactions import Interactions
from adapters.discord.offers import OfferButton
from adapters.discord.places import Places
from adapters.discord.shards import Shards
from adapters.discord.speech import SILENT
from adapters.intake import Intake
from adapters.platform_time import PlatformTime
from bot.chat import Chat
from bot.config import ATTACHMENT_BYTES, DiscordSettings
from bot.messages import ConversationKey

log = logging.getLogger(__name__)


class KaiwaClient(discord.AutoShardedClient):
    """Answers on Discord. Events are handled each in a task of its own, by discord.py."""

    def __init__(
        self,
        chat: Chat,
        settings: DiscordSettings,
        intents: discord.Intents,
        *,
        attachment_bytes: int = ATTACHMENT_BYTES,
        shard_count: int | None = None,
    ) -> None:
        time = PlatformTime("Discord")
        super().__init__(
            intents=intents,
            shard_count=shard_count,
            shard_ids=list(settings.shard_ids) or None,  # type: ignore[arg-type]  # as documented
            allowed_mentions=SILENT,
            max_messages=None,  # the store remembers, not the client
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            http_trace=time.heard_by(counted(chat.meters.requests, PLATFORM)),
        )
        self.tree = app_commands.CommandTree(self)
        access = Access(settings)
        places = Places(settings, readings=chat.study.available)
        self._announcements = chat.announcements
        self._deliveries = Deliveries(chat, settings.edit_seconds)
        self._controls = Controls(chat, self._deliveries)
        self._hearing = Hearing(
            self,
            chat.store,
            access,
            places,
            trusted=settings.trusted_bots,
            attachment_bytes=attachment_bytes,
        )
        self._intake = Intake(chat, self._deliveries, self._controls, time)
        shards = Shards(settings.shards, settings.shard_ids)
        past = DiscordPast(self, chat.store, self._hearing, shards)
        self._absence = Absence(
            chat, self._deliveries, self._intake, past, settings.catch_up_minutes, time=time
        )
        self.does = Interactions(chat, self._hearing, self._deliveries, self._controls)
        self._noting: asyncio.Task[None] | None = None

    def take(self, settings: DiscordSettings) -> None:
        """Go by these settings from now on, as far as they can change."""
        self._hearing.access.take(settings)
        self._hearing.trusted = frozenset(settings.trusted_bots)
        self._hearing.places.pings = settings.reply_pings
        self._deliveries.interval = settings.edit_seconds

    async def setup_hook(self) -> None:
        """Once logged in, before the first event: buttons, commands."""
        does = self.does
        self.add_view(WritingView(does.press_stop, does.failed))
        self.add_view(DoneView(does))
        self.add_dynamic_items(OfferButton)
        self.tree.error(does.failed)
        await self.tree.set_translator(slash.Translator())
        slash.declare(self.tree, does)

    async def on_message(self, message: discord.Message) -> None:
        """Somebody said something that the bot can see."""
        said = self._hearing.said(message)
        if said is not None:
            await self._intake.said(said)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message changed; what has no time of an edit is only a link that got its preview."""
        said = self._hearing.said(payload.message)
        if said is not None and payload.message.edited_at is not None:
            await self._intake.changed(said)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted, by a user or a moderator."""
        await self._forget(payload.channel_id, payload.guild_id, {payload.message_id})

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Many were."""
        await self._forget(payload.channel_id, payload.guild_id, payload.message_ids)

    async def _forget(self, channel_id: int, guild_id: int | None, ids: set[int]) -> None:
        where = partial(self._key, channel_id, guild_id)
        await self._intake.deleted(channel_id, map(str, sorted(ids)), where)

    async def _key(self, channel_id: int, guild_id: int | None) -> ConversationKey:
        return conversation_key(await self._hearing.channel(channel_id, guild_id), guild_id)

    async def on_ready(self) -> None:
        """Connected, for the first time or anew: take up what happened meanwhile."""
        log.info("connected to Discord as %s, in %d servers", self.user, len(self.guilds))
        self._absence.connected(missed=True)
        if self._noting is None:
            self._noting = asyncio.create_task(self._absence.keep_noting())
        await self._announcements.connect(PLATFORM, DiscordAnnouncer(self))

    async def on_shard_ready(self, shard_id: int) -> None:
        """One of several connections is anew; discord.py says `ready` only once all of them are."""
        if self.shard_count != 1:
            self._absence.connected(missed=True, part=shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """A connection is lost: from now on events may be missing."""
        self._absence.lost(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """It is back, and Discord has told what happened meanwhile."""
        log.info("connected to Discord again")
        self._absence.resumed(shard_id)

    async def wind_down(self, grace: float) -> None:
        """Take nothing new; let replies end within `grace` seconds, then stop and mark them."""
        self._announcements.disconnect(PLATFORM)
        if self._noting is not None:
            self._noting.cancel()
            await asyncio.wait([self._noting])
        await self._absence.end()
        await self._deliveries.wind_down(grace)
