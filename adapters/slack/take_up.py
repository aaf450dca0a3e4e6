"""Taking up what happened while the bot was away: half-shown replies, unanswered questions, and
what was said meanwhile; and noting until when it was there.

It knows neither how the bot connects nor what an event means.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from adapters.delivery import Deliveries
from adapters.once import unread_since
from adapters.slack.catch_up import missed
from adapters.slack.events import Events
from adapters.slack.incoming import PLATFORM, Event
from adapters.slack.places import Places
from adapters.slack.transport.workspaces import Workspace, Workspaces
from adapters.streaming import TryAgain
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import ConversationKey

log = logging.getLogger(__name__)

# What comes in no more for so long Slack delivers again by itself.
SHORT_PAUSE = timedelta(seconds=30)
SEEN_SECONDS = 15.0  # how exactly the moment is kept until which events came in

# Where the store keeps what concerns the app itself; no workspace and no channel.
_OWN = ConversationKey(PLATFORM, "", "")


class TakingUp:
    """`connected` is whether events come in now; `minutes` how old what is taken up may be."""

    def __init__(
        self, chat: Chat, deliveries: Deliveries, places: Places, events: Events, minutes: int
    ) -> None:
        self.connected = False
        self.began = False
        self._chat = chat
        self._deliveries = deliveries
        self._places = places
        self._events = events
        self._patience = timedelta(minutes=minutes)
        self._behind = True  # what was said before is still to be read
        self._lost = False  # some of it could not be, and is for the next start
        self._reading = 0  # workspaces of which it is being read
        self._seen: datetime | None = None  # until when events came in
        self._lost_at: datetime | None = None  # since when they do not

    def lost(self) -> None:
        """Events come in no more."""
        self.connected = False
        self._lost_at = self._lost_at or datetime.now(UTC)

    async def take_up(self, workspaces: Workspaces) -> None:
        """Events come in, for the first time or again: answer what was said meanwhile."""
        self.connected = True
        if self._deliveries.closing:
            return
        try:
            await self._take_up(workspaces)
        except BotError as error:  # tried again later: until then nothing counts as seen
            log.error("what happened meanwhile cannot be taken up yet: %s", error.english)
            self._behind = True

    async def _take_up(self, workspaces: Workspaces) -> None:
        if not self.began:
            stored = (await self._chat.store.settings(_OWN)).get("seen")
            self._seen = datetime.fromisoformat(stored) if stored else None
        now = datetime.now(UTC)
        oldest = now - self._patience
        since = unread_since(self._seen, oldest)
        teams = await workspaces.teams()
        if not self.began:
            await self._replies(workspaces, oldest)
        away = self._lost_at is not None and now - self._lost_at > SHORT_PAUSE
        if (self._behind or away) and self._reading:
            self._behind = True  # read once more, but not beside what is being read
            return
        if self._behind or away:
            for team in teams:
                if workspace := await self._find(workspaces, team):
                    self._deliveries.start(self._missed(workspace, since))
        self.began, self._behind, self._lost_at = True, False, None

    async def _missed(self, workspace: Workspace, since: datetime) -> None:
        self._reading += 1
        try:
            async for event in missed(workspace, self._chat.store, since):
                self._deliveries.start(self._said(workspace, event))
        except (BotError, TryAgain) as error:
            log.error("what happened meanwhile in %s is not known: %s", workspace.name, error)
            self._lost = True
        finally:
            self._reading -= 1

    async def _said(self, workspace: Workspace, event: Event) -> None:
        try:
            await self._events.message(workspace, event, late=True)
        except BotError as error:
            log.error("what was said meanwhile cannot be taken in: %s", error.english)
            self._lost = True

    async def _replies(self, workspaces: Workspaces, oldest: datetime) -> None:
        """Replies that are half shown, and questions without one."""
        store, deliveries = self._chat.store, self._deliveries
        undelivered = await store.undelivered(PLATFORM)
        unanswered = await store.unanswered(PLATFORM)
        for reply in undelivered:
            if reply.ended_at < oldest:
                await store.mark_delivered(reply.reply_id)
        # Nothing from here on may fail, or it would be begun once more.
        for reply in undelivered:
            if reply.ended_at < oldest:
                continue
            if workspace := await self._find(workspaces, reply.conversation.workspace):
                outlet = self._places.at(
                    workspace, reply.conversation, reply.trigger, None, again=True
                )
                deliveries.start(deliveries.show_stored(reply, outlet))
        for question in unanswered:
            key, ts = question.conversation, question.platform_id
            if question.created_at < oldest:
                continue
            if workspace := await self._find(workspaces, key.workspace):
                outlet = self._places.at(workspace, key, ts, None, again=True)
                deliveries.start(deliveries.show(key, self._chat.resume(question), outlet))

    async def _find(self, workspaces: Workspaces, team: str) -> Workspace | None:
        """A workspace; None where it is gone, or its token unreadable."""
        try:
            return await workspaces.find(team)
        except BotError as error:
            log.error("%s", error.english)
            self._lost = True
            return None

    async def keep_noting(self, workspaces: Workspaces) -> None:
        """Note until when events came in, as long as they do."""
        while True:
            await asyncio.sleep(SEEN_SECONDS)
            if self.connected and self._behind and not self._reading:
                await self.take_up(workspaces)
            await self.note()

    async def note(self) -> None:
        """Note that everything up to now came in, unless it does not."""
        if self.connected and not (self._behind or self._lost or self._reading):
            self._seen = datetime.now(UTC)
            try:
                await self._chat.store.set_setting(_OWN, "seen", self._seen.isoformat())
            except BotError as error:
                log.warning("could not note until when messages were seen: %s", error)
