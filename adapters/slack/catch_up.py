"""What was said while the bot was away, read from the channels' own history; and where replies of
before stand. Implements `adapters.absence.Past`.

Apps outside Slack's marketplace may read once a minute, 15 objects at a time: so pages are read on
until a channel is through, and the client waits as long as Slack says.
https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

from adapters.absence import Withheld
from adapters.outlet import MessageGone, Outlet, TryAgain
from adapters.said import Said
from adapters.slack.errors import REFUSED, CannotWrite, translated
from adapters.slack.hearing import Hearing
from adapters.slack.incoming import PLATFORM
from adapters.slack.transport.workspaces import Workspace, Workspaces
from bot.errors import BotError, WrongKey
from bot.messages import ConversationKey
from bot.ports import HistoryStore

log = logging.getLogger(__name__)

MOST_CHANNELS = 500
MOST = 100  # messages of a channel or thread that are taken in: the newest
MOST_PAGES = 100  # of a channel or thread that are read
MOST_THREADS = 200  # the newest
THREAD_DAYS = 7  # threads in which somebody spoke to the bot that lately are looked into
TYPES = ("public_channel", "private_channel", "im", "mpim")

# Where the store keeps what concerns the app itself; no workspace and no channel.
_OWN = ConversationKey(PLATFORM, "", "")


class SlackPast:
    """What the workspaces remember."""

    own = _OWN
    part = ""

    def __init__(self, workspaces: Workspaces, store: HistoryStore, hearing: Hearing) -> None:
        self._workspaces = workspaces
        self._store = store
        self._hearing = hearing

    def sees(self, key: ConversationKey) -> bool:
        """Slack tells any process of everything."""
        return True

    async def missed(self, since: datetime) -> AsyncGenerator[Said, None]:
        """What was said since a moment. See adapters.absence.Past."""
        unknown: list[str] = []
        withheld: list[str] = []

        def trouble(where: str, error: BotError) -> None:
            log.error("%s", error.english)
            (withheld if isinstance(error, WrongKey) else unknown).append(where)

        spoken = await self._store.latest(PLATFORM)
        for team in await self._workspaces.teams(trouble):
            try:
                workspace = await self._workspaces.find(team)
            except BotError as error:
                trouble(team, error)
                continue
            if workspace is None:
                continue
            threads = [
                (moment, key)
                for key, moment in spoken.items()
                if key.workspace == team
                and key.thread
                and moment > since - timedelta(days=THREAD_DAYS)
            ]
            newest = [key for _, key in sorted(threads, key=lambda each: each[0], reverse=True)]
            if len(newest) > MOST_THREADS:
                log.warning("%d older threads are not looked into", len(newest) - MOST_THREADS)
            async for event in _missed(workspace, newest[:MOST_THREADS], since, unknown):
                try:
                    said = self._hearing.said(workspace, event)
                except Exception:
                    log.exception("a message of before cannot be understood")
                    continue
                if said is not None:
                    yield said
        if unknown:
            raise TryAgain(f"no answer about {', '.join(unknown)}")
        if withheld:
            raise Withheld(f"there is no token for {', '.join(withheld)}")

    async def outlet(self, key: ConversationKey, question: str) -> Outlet | None:
        """The place of a reply of before."""
        workspace = await self._workspaces.find(key.workspace)
        if workspace is None:
            return None
        return self._hearing.places.at(workspace, key, question, None, again=True)


async def _missed(
    workspace: Workspace, threads: list[ConversationKey], since: datetime, unknown: list[str]
) -> AsyncGenerator[dict[str, Any], None]:
    """The messages of a workspace since a moment as events."""
    oldest = f"{since.timestamp():.6f}"
    roots = {(key.channel, key.thread): None for key in threads}
    async for channel in _channels(workspace, unknown):
        id, kind = str(channel["id"]), "im" if channel.get("is_im") else "channel"
        method = "conversations.history"
        for event in await _read(workspace, unknown, method, channel=id, oldest=oldest):
            if _number(event.get("latest_reply")) > since.timestamp():
                roots[id, str(event.get("ts"))] = None  # a thread that began meanwhile
            yield {**event, "channel": id, "channel_type": kind}
    for id, root in roots:
        kind = "im" if id.startswith("D") else "channel"
        method, where = "conversations.replies", {"channel": id, "ts": root}
        for event in await _read(workspace, unknown, method, **where, oldest=oldest):
            if event.get("ts") != root:  # the first one comes along with every page
                yield {**event, "channel": id, "channel_type": kind}


async def _channels(
    workspace: Workspace, unknown: list[str]
) -> AsyncGenerator[dict[str, Any], None]:
    """Where the bot is a member. A kind of channel that it has no scope for is left out."""
    for kind in TYPES:
        cursor, seen = "", 0
        while True:
            try:
                with translated():
                    page = await workspace.client.users_conversations(
                        types=kind, exclude_archived=True, limit=200, cursor=cursor or None
                    )
            except TryAgain:
                unknown.append(kind)
                break
            except (BotError, MessageGone, *REFUSED) as error:
                if not isinstance(error, CannotWrite) or error.code != "missing_scope":
                    log.warning("the list of channels (%s) cannot be read: %s", kind, error)
                break
            for channel in page.get("channels") or ():
                seen += 1
                if isinstance(channel, dict) and channel.get("id"):
                    yield channel
            cursor = _next(page)
            if not cursor:
                break
            if seen >= MOST_CHANNELS:
                log.warning("of more than %d channels (%s) the rest is not read", seen, kind)
                break


async def _read(
    workspace: Workspace, unknown: list[str], method: str, **arguments: Any
) -> list[dict[str, Any]]:
    """The newest messages, oldest first; none where Slack does not let the bot read.

    A channel's pages come with the newest first, a thread's with the oldest.
    """
    channel = str(arguments["channel"])
    newest_first = method == "conversations.history"
    found: deque[dict[str, Any]] = deque(maxlen=None if newest_first else MOST)
    cursor, left = "", False
    for pages in range(1, MOST_PAGES + 1):
        try:
            with translated():
                given = {**arguments, "limit": MOST} | ({"cursor": cursor} if cursor else {})
                page = await workspace.client.api_call(method, http_verb="GET", params=given)
        except TryAgain:
            unknown.append(channel)
            return []
        except (BotError, MessageGone, *REFUSED) as error:
            log.warning("what was said meanwhile in %s is not known: %s", channel, error)
            break
        messages = [each for each in page.get("messages") or () if isinstance(each, dict)]
        left = left or (not newest_first and len(found) + len(messages) > MOST)
        found.extend(messages)
        cursor = _next(page)
        if not cursor:
            left = left or bool(page.get("has_more"))  # which nobody can ask for
            break
        if pages == MOST_PAGES or (newest_first and len(found) >= MOST):
            left = True
            break
    if left:
        log.warning("of what was said meanwhile in %s only the newest is taken in", channel)
    newest = sorted(found, key=lambda message: _number(message.get("ts")))
    return newest[-MOST:]


def _next(page: Any) -> str:
    return str((page.get("response_metadata") or {}).get("next_cursor") or "")


def _number(ts: Any) -> float:
    try:
        return float(ts)
    except (TypeError, ValueError):
        return 0.0
