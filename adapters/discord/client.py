"""The bot as Discord sees it: events in, each to one question to `Chat`; answers out.

Knows which event means what. It does not know how to connect (platform.py), what commands and
buttons do (interactions.py), how a reply is paced (adapters/streaming.py), nor which messages
are kept or answered (bot/policy.py).
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import discord
from discord import app_commands

from adapters.discord import slash
from adapters.discord.access import Access
from adapters.discord.buttons import DoneView, WritingView
from adapters.discord.catch_up import missed
from adapters.discord.delivery import Deliveries
from adapters.discord.errors import lacking
from adapters.discord.incoming import PLATFORM, conversation_key, quotable, to_incoming
from adapters.discord.interactions import Interactions
from adapters.discord.outlet import SILENT
from adapters.once import Once, unread_since
from adapters.sentences import NO_DIRECT_MESSAGES, SAY_SOMETHING
from bot.chat import Chat
from bot.config import DiscordSettings
from bot.errors import BotError
from bot.messages import ConversationKey, IncomingMessage

log = logging.getLogger(__name__)

SEEN_SECONDS = 15.0  # how exactly the moment is kept until which events came in


class KaiwaClient(discord.AutoShardedClient):
    """Answers on Discord. Events are handled each in a task of its own, by discord.py."""

    def __init__(
        self,
        chat: Chat,
        settings: DiscordSettings,
        intents: discord.Intents,
        *,
        shard_count: int | None = None,
    ) -> None:
        super().__init__(
            intents=intents,
            shard_count=shard_count,
            allowed_mentions=SILENT,
            max_messages=None,  # the store remembers, not the client
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self._chat = chat
        self._settings = settings
        self._access = Access(settings)
        self._deliveries = Deliveries(chat, settings)
        self._hinted = Once()  # messages that say nothing, or where the bot may not answer
        self._refused: set[int] = set()  # whose direct messages were declined
        self._took_up = False
        self._away: set[int] = set()  # shards without a connection, whose events may be missing
        self._seen: datetime | None = None  # until when events came in
        self._noting: asyncio.Task[None] | None = None
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        """Once logged in, before the first event: buttons, commands."""
        does = Interactions(self._chat, self._access, self._deliveries)
        self.add_view(WritingView(does.press_stop, does.failed))
        self.add_view(DoneView(does.press_regenerate, does.press_good, does.press_bad, does.failed))
        self.tree.error(does.failed)
        await self.tree.set_translator(slash.Translator())
        slash.declare(self.tree, does.run_command, does.ask, does.ask_about)
        seen = (await self._chat.store.settings(self._own)).get("seen")
        self._seen = datetime.fromisoformat(seen) if seen else None

    @property
    def _own(self) -> ConversationKey:
        """Where the store keeps what concerns the application itself; no channel."""
        return ConversationKey(PLATFORM, str(self.application_id), "")

    async def on_message(self, message: discord.Message) -> None:
        """Somebody said something that the bot can see."""
        if not self._deliveries.closing:
            async with self._deliveries.at_work():
                await self._receive(message)

    async def _receive(self, message: discord.Message, *, late: bool = False) -> None:
        """`late`: read from a channel's history, where it perhaps got its hint before."""
        incoming = await self._incoming(message)
        if incoming is None:
            return
        outlet = self._deliveries.in_channel(message.channel, message.id, message.author)
        guild_id = message.guild.id if message.guild else None
        if not self._access.allows(message.author, message.channel, guild_id):
            # In a channel silence is what the operator wants; a DM is declined, once.
            if message.guild is None and not late and message.author.id not in self._refused:
                self._refused.add(message.author.id)
                await self._deliveries.say(outlet, NO_DIRECT_MESSAGES)
            return
        missing = lacking(message.channel) if incoming.addressed else None
        if missing is not None or not incoming.text:
            new = not late and self._hinted.first(message.id)
            if new and await self._chat.would_answer(incoming):
                await self._deliveries.say(outlet, missing or SAY_SOMETHING)
            return
        events = self._chat.respond(incoming)
        outlet.quiet = not incoming.addressed
        await self._deliveries.show(incoming.conversation, events, outlet)

    async def _receive_late(self, message: discord.Message) -> None:
        """A message from a channel's history, where Discord leaves out its author's roles."""
        if self._access.asks_roles and message.guild is not None:
            try:
                message.author = await message.guild.fetch_member(message.author.id)
            except discord.NotFound:
                return  # no member any more
            except discord.HTTPException as error:
                log.warning("a message's author could not be looked up: %s", error)
                return
        await self._receive(message, late=True)

    async def _incoming(self, message: discord.Message) -> IncomingMessage | None:
        """A message as the core takes it. Nobody is quoted who asked that nothing be kept."""
        assert self.user is not None  # events come after the login
        about = quotable(message, self.user.id)
        quote = about is not None and not await self._chat.store.opted_out(
            PLATFORM, str(about.author.id)
        )
        return to_incoming(message, self.user.id, quote=quote)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message changed; what has no time of an edit is only a link that got its preview."""
        message = payload.message
        if message.author.bot or message.edited_at is None or self._deliveries.closing:
            return
        async with self._deliveries.at_work():
            incoming = await self._incoming(message)
            if incoming is not None:
                await self._chat.edited(incoming.conversation, incoming.id, incoming.text)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted, by a user or a moderator."""
        await self._forget(payload.channel_id, payload.guild_id, {payload.message_id})

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Many were."""
        await self._forget(payload.channel_id, payload.guild_id, payload.message_ids)

    async def _forget(self, channel_id: int, guild_id: int | None, ids: set[int]) -> None:
        async with self._deliveries.at_work():
            key = conversation_key(await self._channel(channel_id, guild_id), guild_id)
            for number in sorted(ids):
                await self._chat.deleted(key, str(number))

    async def on_ready(self) -> None:
        """Connected, for the first time or anew: take up what happened meanwhile."""
        log.info("connected to Discord as %s, in %d servers", self.user, len(self.guilds))
        if self._deliveries.closing:
            return
        since = unread_since(self._seen, self._oldest())
        async with self._deliveries.at_work():
            if not self._took_up:
                self._took_up = True
                await self._take_up()
            async for message in missed(self, self._chat.store, since):
                self._deliveries.start(self._receive_late(message))
        self._away.clear()
        if self._noting is None:
            self._noting = asyncio.create_task(self._keep_noting())

    def _oldest(self) -> datetime:
        """From when on messages are still answered after a pause."""
        return datetime.now(UTC) - timedelta(minutes=self._settings.catch_up_minutes)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """A connection is lost: from now on events may be missing."""
        self._away.add(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """It is back, and Discord has told what happened meanwhile."""
        self._away.discard(shard_id)

    async def _keep_noting(self) -> None:
        """Note until when events came in, as long as they do."""
        while True:
            await self._note_seen()
            await asyncio.sleep(SEEN_SECONDS)

    async def _note_seen(self) -> None:
        if not self._away:
            self._seen = datetime.now(UTC)
            try:
                await self._chat.store.set_setting(self._own, "seen", self._seen.isoformat())
            except BotError as error:
                log.warning("could not note until when messages were seen: %s", error)

    async def _take_up(self) -> None:
        """Finish what the process before could not: replies half shown, questions unanswered."""
        store, oldest = self._chat.store, self._oldest()
        for reply in await store.undelivered(PLATFORM):
            if reply.ended_at < oldest:
                await store.mark_delivered(reply.reply_id)
                continue
            channel = await self._channel_of(reply.conversation)
            outlet = self._deliveries.in_channel(channel, _number(reply.trigger), None)
            self._deliveries.start(self._deliveries.show_stored(reply, outlet))
        for question in await store.unanswered(PLATFORM):
            if question.created_at < oldest:
                continue
            channel = await self._channel_of(question.conversation)
            outlet = self._deliveries.in_channel(channel, _number(question.platform_id), None)
            events = self._chat.resume(question)
            self._deliveries.start(self._deliveries.show(question.conversation, events, outlet))

    async def wind_down(self, grace: float) -> None:
        """Take nothing new; let replies end within `grace` seconds, then stop and mark them."""
        if self._noting is not None:
            self._noting.cancel()
            await asyncio.wait([self._noting])
            await self._note_seen()  # what is said from now on is for the next start
        await self._deliveries.wind_down(grace)

    async def _channel(self, channel_id: int, guild_id: int | None) -> Any:
        """A channel by its id: the known one, else asked for, else just the id."""
        known = self.get_channel(channel_id)
        if known is not None:
            return known
        try:
            return await self.fetch_channel(channel_id)
        except (discord.HTTPException, discord.InvalidData, aiohttp.ClientError, OSError):
            return self.get_partial_messageable(channel_id, guild_id=guild_id)

    async def _channel_of(self, key: ConversationKey) -> Any:
        guild = int(key.workspace) if key.workspace.isdecimal() else None
        thread = key.thread if key.thread.isdecimal() else ""
        return await self._channel(int(thread or key.channel), guild)


def _number(platform_id: str) -> int | None:
    return int(platform_id) if platform_id.isdecimal() else None
