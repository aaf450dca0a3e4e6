"""What was said while the bot was away, read from the channels' own history.

Whether a message was answered already is not decided here: each goes the way of a new one, and
the store knows what it has.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from adapters.slack.errors import REFUSED, CannotWrite, translated
from adapters.slack.incoming import PLATFORM, Event
from adapters.slack.transport.workspaces import Workspace
from adapters.streaming import MessageGone, TryAgain
from bot.errors import BotError
from bot.ports import HistoryStore

log = logging.getLogger(__name__)

MOST_CHANNELS = 500
MOST = 100  # messages of a channel or thread that are looked through
MOST_THREADS = 200  # the newest
THREAD_DAYS = 7  # threads in which somebody spoke to the bot that lately are looked into
TYPES = ("public_channel", "private_channel", "im", "mpim")


async def missed(
    workspace: Workspace, store: HistoryStore, since: datetime
) -> AsyncIterator[Event]:
    """The newest messages since a moment as events, oldest first in each channel and thread.

    Raises TryAgain, after all others, where Slack could not be asked for some of them.
    """
    oldest = f"{since.timestamp():.6f}"
    unknown: list[str] = []
    async for channel in _channels(workspace, unknown):
        kind = "im" if channel.get("is_im") else "channel"
        for event in await _read(
            workspace,
            unknown,
            "conversations.history",
            channel=channel["id"],
            oldest=oldest,
            limit=MOST,
        ):
            yield {**event, "channel": channel["id"], "channel_type": kind}
    threads = [
        (moment, key)
        for key, moment in (await store.latest(PLATFORM)).items()
        if key.workspace == workspace.team
        and key.thread
        and moment > since - timedelta(days=THREAD_DAYS)
    ]
    for _, key in sorted(threads, key=lambda each: each[0], reverse=True)[:MOST_THREADS]:
        kind = "im" if key.channel.startswith("D") else "channel"
        for event in await _read(
            workspace,
            unknown,
            "conversations.replies",
            channel=key.channel,
            ts=key.thread,
            oldest=oldest,
            limit=MOST,
        ):
            if event.get("ts") != key.thread:  # the first one comes along always
                yield {**event, "channel": key.channel, "channel_type": kind}
    if unknown:
        raise TryAgain(f"no answer about {', '.join(unknown)}")


async def _channels(workspace: Workspace, unknown: list[str]) -> AsyncIterator[dict[str, Any]]:
    """Where the bot is a member. A kind of channel that it has no scope for is left out."""
    for kind in TYPES:
        cursor, seen = "", 0
        while seen < MOST_CHANNELS:
            try:
                with translated():
                    page = await workspace.client.users_conversations(
                        types=kind, exclude_archived=True, limit=200, cursor=cursor or None
                    )
            except TryAgain:
                unknown.append(kind)
                break
            except (BotError, *REFUSED) as error:
                if not isinstance(error, CannotWrite) or error.code != "missing_scope":
                    log.warning("the list of channels (%s) cannot be read: %s", kind, error)
                break
            for channel in page.get("channels") or ():
                seen += 1
                yield channel
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break


async def _read(
    workspace: Workspace, unknown: list[str], method: str, **arguments: Any
) -> list[dict[str, Any]]:
    """Messages, oldest first; none where Slack does not let the bot read."""
    channel = str(arguments["channel"])
    try:
        with translated():
            found = await workspace.client.api_call(method, http_verb="GET", params=arguments)
    except TryAgain:
        unknown.append(channel)
        return []
    except (BotError, MessageGone, *REFUSED) as error:
        log.warning("what was said meanwhile in %s is not known: %s", channel, error)
        return []
    return sorted(found.get("messages") or [], key=lambda message: float(message.get("ts", 0)))
