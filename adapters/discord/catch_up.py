"""What was said while the bot was away, read from the channels' own history; and where replies of
before stand. Implements `adapters.absence.Past`."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import discord

from adapters.delivery import FORESEEN
from adapters.discord.errors import permissions, translated
from adapters.discord.hearing import Hearing
from adapters.discord.incoming import DIRECT, PLATFORM
from adapters.discord.shards import Shards
from adapters.discord.tolerant import history
from adapters.outlet import Outlet, TryAgain
from adapters.said import Said
from bot.messages import ConversationKey
from bot.ports import HistoryStore

log = logging.getLogger(__name__)

ALL = Shards()
MOST = 100  # messages of a channel that are taken in: the newest
MOST_ARCHIVES = 200  # channels whose archived threads are looked at
DIRECT_DAYS = 30  # direct messages in which somebody spoke to the bot that lately are read


class DiscordPast:
    """What Discord remembers."""

    def __init__(
        self,
        client: discord.Client,
        store: HistoryStore,
        hearing: Hearing,
        shards: Shards = ALL,
    ) -> None:
        self._client = client
        self._store = store
        self._hearing = hearing
        self._shards = shards

    @property
    def part(self) -> str:
        """See adapters.absence.Past."""
        return self._shards.name

    def sees(self, key: ConversationKey) -> bool:
        """Whether a conversation's events come to this process."""
        return self._shards.see(key)

    @property
    def own(self) -> ConversationKey:
        """Where the store keeps what concerns the application itself; no channel."""
        return ConversationKey(PLATFORM, str(self._client.application_id), "")

    async def missed(self, since: datetime) -> AsyncGenerator[Said, None]:
        """What was said since a moment. See adapters.absence.Past."""
        unknown: list[str] = []
        spoken = await self._store.latest(PLATFORM)
        latest = {key: moment for key, moment in spoken.items() if self.sees(key)}
        async for channel in _with_news(self._client, latest, since, unknown):
            for message in await _read(channel, since, unknown):
                try:
                    said = self._hearing.said(message, late=True)
                except Exception:
                    log.exception("a message of before cannot be understood")
                    continue
                if said is not None:
                    yield said
        if unknown:
            raise TryAgain(f"no answer about {', '.join(unknown)}")

    async def outlet(self, key: ConversationKey, question: str) -> Outlet | None:
        """The place of a reply of before."""
        channel = await self._hearing.channel_of(key)
        number = int(question) if question.isdecimal() else None
        return self._hearing.places.in_channel(channel, number, None)


async def _read(channel: Any, since: datetime, unknown: list[str]) -> list[discord.Message]:
    """The newest messages, oldest first; none where Discord does not let the bot read."""
    found: list[discord.Message] = []
    try:
        with translated(channel):
            async for message in history(channel, limit=MOST + 1, after=since):
                found.append(message)
    except TryAgain as error:
        log.warning("what was said meanwhile in #%s cannot be read now: %s", channel, error)
        unknown.append(f"#{channel}")
        return []
    except FORESEEN as error:
        log.warning("what was said meanwhile in #%s is not known: %s", channel, error)
    except Exception:  # a page that the library cannot parse; what came before it is taken in
        log.exception("what was said meanwhile in #%s cannot be understood", channel)
    if len(found) > MOST:
        log.warning("of what was said meanwhile in #%s only the newest is taken in", channel)
    return found[:MOST][::-1]


async def _with_news(
    client: discord.Client,
    latest: Mapping[ConversationKey, datetime],
    oldest: datetime,
    unknown: list[str],
) -> AsyncIterator[Any]:
    """Channels and threads whose newest message is recent, also threads that were archived
    meanwhile; and direct messages, whose newest is not known."""
    archives = 0
    for guild in client.guilds:
        channels: tuple[Any, ...] = (
            *(*guild.text_channels, *guild.voice_channels, *guild.stage_channels),
            *guild.threads,
        )
        for channel in channels:
            if _is_recent(channel.last_message_id, oldest) and _is_readable(channel):
                yield channel
        known = {thread.id for thread in guild.threads}
        for parent in (*guild.text_channels, *guild.forums):
            if not _is_readable(parent):
                continue
            archives += 1
            if archives > MOST_ARCHIVES:
                break
            for thread in await _archived(parent, oldest, unknown):
                if thread.id not in known:
                    yield thread
    if archives > MOST_ARCHIVES:
        log.warning("archived threads of %d channels are not looked at", archives - MOST_ARCHIVES)
    for key, moment in latest.items():
        recent = moment > oldest - timedelta(days=DIRECT_DAYS)
        if key.workspace == DIRECT and recent and key.channel.isdecimal():
            number = int(key.channel)
            yield client.get_partial_messageable(number, type=discord.ChannelType.private)


async def _archived(parent: Any, oldest: datetime, unknown: list[str]) -> list[discord.Thread]:
    """The public threads of a channel that were archived since a moment."""
    found: list[discord.Thread] = []
    try:
        with translated(parent):
            async for thread in parent.archived_threads(limit=MOST):
                if thread.archive_timestamp < oldest:
                    break
                if _is_recent(thread.last_message_id, oldest):
                    found.append(thread)
    except TryAgain as error:
        log.warning("the archived threads of #%s cannot be read now: %s", parent, error)
        unknown.append(f"#{parent}")
    except FORESEEN as error:
        log.debug("the archived threads of #%s are not known: %s", parent, error)
    except Exception:
        log.exception("the archived threads of #%s cannot be understood", parent)
    return found


def _is_recent(newest: int | None, oldest: datetime) -> bool:
    return newest is not None and discord.utils.snowflake_time(newest) >= oldest


def _is_readable(channel: Any) -> bool:
    may = permissions(channel)
    return may is not None and may.read_message_history and may.view_channel
