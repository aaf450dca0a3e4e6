"""Slack's messages as `adapters.intake.Said`: what follows from them at once, and what Slack is
asked for where it is needed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from adapters.outlet import MessageGone, TryAgain
from adapters.reading import with_files
from adapters.said import RIGHT_AFTER, Heard
from adapters.slack.access import Access
from adapters.slack.errors import REFUSED, translated
from adapters.slack.fetching import fetch
from adapters.slack.incoming import (
    PLATFORM,
    belongs,
    envelope,
    is_direct,
    is_forward,
    moment,
    place,
)
from adapters.slack.outlet import SlackOutlet
from adapters.slack.places import Places
from adapters.slack.reading import author_name, quoted, read, says_nothing
from adapters.slack.shares import Event, share_authors, without_shares_of
from adapters.slack.speech import Speech
from adapters.slack.transport.workspaces import Workspace
from bot.errors import BotError
from bot.messages import ConversationKey, IncomingMessage
from bot.ports import Caller, Store

log = logging.getLogger(__name__)


class Hearing:
    """Makes `Said`s. `places` makes outlets; `threads`: a channel's message is answered in a
    thread of its own; `attachment_bytes`: of a file that is read."""

    def __init__(
        self,
        store: Store,
        access: Access,
        places: Places,
        *,
        threads: bool = True,
        attachment_bytes: int = 0,
    ) -> None:
        self.store = store
        self.access = access
        self.places = places
        self.threads = threads
        self._attachment_bytes = attachment_bytes

    def said(self, workspace: Workspace, event: Event) -> SlackSaid | None:
        """What a message event is to the bot; None where it is nobody's to answer."""
        found = envelope(
            event,
            workspace.team,
            workspace.me,
            bot_id=workspace.bot_id,
            trusted=self.access.trusted,
            threads=self.threads,
        )
        return None if found is None else SlackSaid(self, workspace, event, found)

    def key(self, workspace: Workspace, channel: str, message: Event) -> ConversationKey:
        """Where a message's conversation is kept."""
        return place(workspace.team, channel, message, threads=self.threads)[0]

    async def caller(
        self, workspace: Workspace, key: ConversationKey, user: str, *, direct: bool
    ) -> Caller:
        """Who gives a command, and whether they may change a channel for everybody."""
        person = await workspace.directory.person(user)
        administers = self.access.administers(
            user, direct=direct, workspace_administrator=person.administrator
        )
        return Caller(key, user, administers, person.name, person.japanese)

    async def heard(self, workspace: Workspace, event: Event) -> Heard:
        """What an event says, without what it shares of people of whom nothing may be kept, with
        the names that it needs and the text of its files."""
        event = await self._without_opted_out(event)
        names = await workspace.directory.names(event)
        found = read(event, workspace.me, names)
        found = await with_files(found, partial(fetch, workspace), self._attachment_bytes)
        return Heard(found.text, author_name(event, names), found.unreadable)

    async def quotation(self, workspace: Workspace, event: Event) -> str:
        """A message as a quotation; empty where its author asked that nothing be kept."""
        if await self.store.opted_out(PLATFORM, str(event.get("user"))):
            return ""
        event = await self._without_opted_out(event)
        return quoted(event, workspace.me, await workspace.directory.names(event))

    async def _without_opted_out(self, event: Event) -> Event:
        authors = share_authors(event)
        out = {author for author in authors if await self.store.opted_out(PLATFORM, author)}
        return without_shares_of(event, out)


@dataclass(slots=True)
class SlackSaid:
    """A message on Slack."""

    hearing: Hearing
    workspace: Workspace
    event: Event
    found: IncomingMessage
    outlet: SlackOutlet = field(init=False)

    def __post_init__(self) -> None:
        message, event = self.found, self.event
        key, user, direct = message.conversation, message.author_id, message.private
        opens = message.opens_thread
        speech = Speech(self.workspace, key.channel, key.thread, user, direct, opens=opens)
        team = str(event.get("user_team") or event.get("team") or "")
        self.outlet = self.hearing.places.at(
            self.workspace, key, message.id, user, asker_team=team, speech=speech
        )

    async def envelope(self) -> IncomingMessage | None:
        """The message without its text."""
        return self.found

    @property
    def place(self) -> ConversationKey:
        """The channel or thread."""
        return self.found.conversation

    @property
    def version(self) -> object:
        """When it was edited last, which Slack tells in whole seconds, and what it says."""
        edited = self.event.get("edited")
        when = edited.get("ts") if isinstance(edited, Mapping) else None
        return str(when), hash(str(self.event.get("text"))), len(self.event.get("files") or ())

    @property
    def forwards(self) -> bool:
        """Whether somebody else's message is shared without a word."""
        return is_forward(self.event)

    async def welcome(self) -> bool:
        """Whether the operator's lists allow its author."""
        message = self.found
        return self.hearing.access.allows(
            self.workspace.team,
            message.conversation.channel,
            message.author_id,
            direct=is_direct(self.event),
            by_bot=message.by_bot,
        )

    def lacking(self) -> BotError | None:
        """Slack says so only when something is posted."""
        return None

    async def read(self) -> Heard:
        """Its text with that of its files."""
        heard = await self.hearing.heard(self.workspace, self.event)
        if self.found.opens_thread:
            self.outlet.title = heard.text
        return heard

    async def before(self, forward: str | None) -> str:
        """The message before it, as the channel's history has it."""
        previous = await self._previous()
        if previous is None or not belongs(previous, self.event):
            return ""
        earlier = self.hearing.said(self.workspace, previous)
        if earlier is None:
            return ""  # a notice of Slack's for one, which nobody said
        known = await self.hearing.store.known(earlier.found)
        if known.stored is not None:
            return ""  # it was said to the bot itself, and stands above
        if says_nothing(previous, self.workspace.me):
            return ""
        return await self.hearing.quotation(self.workspace, previous)

    async def opening(self) -> str:
        """A thread of others is joined without what it began with: it was not said to the bot."""
        return ""

    async def _previous(self) -> dict[str, Any] | None:
        key = self.found.conversation
        thread = "" if self.found.opens_thread else key.thread
        options = {"channel": key.channel, "latest": self.found.id, "limit": 1}
        method = "conversations.history"
        if thread:  # whose messages come with the oldest first
            method, options["ts"], options["limit"] = "conversations.replies", thread, 100
            options["oldest"] = f"{(moment(self.found.id) - RIGHT_AFTER).timestamp():.6f}"
        try:
            with translated():
                page = await self.workspace.hasty.api_call(method, http_verb="GET", params=options)
        except (BotError, TryAgain, MessageGone, *REFUSED) as error:
            log.warning("what was said before a call cannot be read: %s", error)
            return None
        if thread and page.get("has_more"):
            log.warning("more was said in a thread right before a call than Slack gives at once")
            return None
        found = [m for m in page.get("messages") or () if m.get("ts") != self.found.id]
        if not found:
            return None
        newest: dict[str, Any] = max(found, key=lambda message: str(message.get("ts")))
        return {**newest, "channel": key.channel, "channel_type": self.event.get("channel_type")}

    def there(self, conversation: ConversationKey) -> SlackOutlet:
        """The place of a reply in one of the channel's threads."""
        found = self.found
        place = self.hearing.places.at
        speech = self.outlet.speech
        return place(self.workspace, conversation, found.id, found.author_id, speech=speech)

    async def caller(self) -> Caller:
        """Its author. What stands in the channel concerns the channel, whatever thread it opens."""
        message = self.found
        here = message.conversation.parent() if message.opens_thread else None
        key = here or message.conversation
        return await self.hearing.caller(
            self.workspace, key, message.author_id, direct=message.private
        )
