"""What was said while the bot was away, read from the channels' own history.

Whether a message was answered already is not decided here: each goes the way of a new one,
and the store knows what it has. What was seen, but is not in the store, stays seen: `since` is
until when events came in, so that what a person deleted is not taken in anew.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import discord

from adapters.discord.errors import permissions
from adapters.discord.incoming import DIRECT, PLATFORM
from bot.messages import ConversationKey
from bot.ports import HistoryStore

log = logging.getLogger(__name__)

MOST = 100  # messages of a channel that are looked through


async def missed(
    client: discord.Client, store: HistoryStore, since: datetime
) -> AsyncIterator[discord.Message]:
    """The newest messages since a moment, oldest first in each channel."""
    latest = await store.latest(PLATFORM)
    for channel in _with_news(client, latest, since):
        try:
            history = channel.history(limit=MOST, after=since, oldest_first=False)
            news = [message async for message in history]
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("what was said meanwhile in #%s cannot be read: %s", channel, error)
            continue
        for message in reversed(news):
            yield message


def _with_news(
    client: discord.Client, latest: Mapping[ConversationKey, datetime], oldest: datetime
) -> Iterator[Any]:
    """Channels whose newest message is recent; direct messages, whose newest is not known."""
    for guild in client.guilds:
        channels: tuple[Any, ...] = (*guild.text_channels, *guild.voice_channels, *guild.threads)
        for channel in channels:
            newest = channel.last_message_id
            if newest is None or discord.utils.snowflake_time(newest) < oldest:
                continue
            may = permissions(channel)
            if may is not None and may.read_message_history and may.view_channel:
                yield channel
    for key, moment in latest.items():
        if key.workspace == DIRECT and moment > oldest - timedelta(days=30):
            yield client.get_partial_messageable(int(key.channel), type=discord.ChannelType.private)
