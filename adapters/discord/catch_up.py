"""What was said while the bot was away, read from the channels' own history.

Whether a message was answered already is not decided here: each goes the way of a new one,
and the store knows what it has.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import discord

from adapters.discord.incoming import DIRECT, PLATFORM, conversation_key
from bot.messages import ConversationKey
from bot.ports import HistoryStore

log = logging.getLogger(__name__)

MOST = 100  # messages of a channel that are looked through


async def missed(
    client: discord.Client, store: HistoryStore, minutes: int
) -> AsyncIterator[discord.Message]:
    """The messages of the last `minutes` that the store may not have, oldest first in each
    channel."""
    if not minutes:
        return
    oldest = datetime.now(UTC) - timedelta(minutes=minutes)
    latest = await store.latest(PLATFORM)
    for channel in _with_news(client, latest, oldest):
        since = max(oldest, latest.get(conversation_key(channel), oldest))
        try:
            async for message in channel.history(limit=MOST, after=since, oldest_first=True):
                yield message
        except (discord.HTTPException, OSError) as error:
            log.warning("what was said meanwhile in #%s cannot be read: %s", channel, error)


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
            rights = channel.permissions_for(guild.me)
            if rights.read_message_history and rights.view_channel:
                yield channel
    for key, moment in latest.items():
        if key.workspace == DIRECT and moment > oldest - timedelta(days=30):
            yield client.get_partial_messageable(int(key.channel), type=discord.ChannelType.private)
