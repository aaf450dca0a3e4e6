"""Slack's messages as `adapters.intake.Said`: what follows from them at once, and what Slack is
asked for where it is needed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from adapters.intake import Heard
from adapters.outlet import MessageGone, TryAgain
from adapters.reading import Reading, with_files
from adapters.slack.access import Access
from adapters.slack.errors import REFUSED, translated
from adapters.slack.incoming import PLATFORM, Event, belongs, envelope, is_direct, place
from adapters.slack.outlet import SlackOutlet
from adapters.slack.places import Places
from adapters.slack.reading import quoted, reading, shared
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
        trusted: Iterable[str] = (),
        attachment_bytes: int = 0,
    ) -> None:
        self.store = store
        self.access = access
        self.places = places
        self.threads = threads
        self.trusted = frozenset(trusted)
        self.attachment_bytes = attachment_bytes

    def said(self, workspace: Workspace, event: Event, *, late: bool = False) -> SlackSaid | None:
        """What a message event is to the bot; None where it is nobody's to answer."""
        envelope_ = envelope(
            event,
            workspace.team,
            workspace.me,
            bot_id=workspace.bot_id,
            trusted=self.trusted,
            threads=self.threads,
        )
        return None if envelope_ is None else SlackSaid(self, workspace, event, envelope_)

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
        return Caller(key, user, administers)

    async def reading(self, workspace: Workspace, event: Event) -> Reading:
        """What an event says, without what it shares of people of whom nothing may be kept, and
        with the names that it needs."""
        authors = {author for part in shared(event) if (author := part.get("author_id"))}
        out = {a for a in authors if await self.store.opted_out(PLATFORM, str(a))}
        names = await workspace.directory.names(event)
        return reading(event, workspace.me, names, without=out)

    async def text(self, workspace: Workspace, read: Reading) -> str:
        """The text of a reading with that of its files."""
        return await with_files(read, partial(fetch, workspace), self.attachment_bytes)


@dataclass(slots=True)
class SlackSaid:
    """A message on Slack."""

    hearing: Hearing
    workspace: Workspace
    event: Event
    envelope: IncomingMessage
    outlet: SlackOutlet = field(init=False)

    def __post_init__(self) -> None:
        message, event = self.envelope, self.event
        key, user, direct = message.conversation, message.author_id, message.private
        opens = message.opens_thread
        speech = Speech(self.workspace, key.channel, key.thread, user, direct, opens=opens)
        team = str(event.get("user_team") or event.get("team") or "")
        self.outlet = self.hearing.places.at(
            self.workspace, key, message.id, user, asker_team=team, speech=speech
        )

    @property
    def place(self) -> ConversationKey:
        """The channel or thread."""
        return self.envelope.conversation

    @property
    def forwards(self) -> bool:
        """Whether somebody else's message is shared without a word."""
        return bool(shared(self.event)) and not str(self.event.get("text") or "").strip()

    async def welcome(self) -> bool:
        """Whether the operator's lists allow its author."""
        message = self.envelope
        return self.hearing.access.allows(
            self.workspace.team,
            message.conversation.channel,
            message.author_id,
            direct=is_direct(self.event),
        )

    def lacking(self) -> BotError | None:
        """Slack says so only when something is posted."""
        return None

    async def read(self) -> Heard:
        """Its text with that of its files."""
        read = await self.hearing.reading(self.workspace, self.event)
        text = await self.hearing.text(self.workspace, read)
        name = (await self.workspace.directory.person(self.envelope.author_id)).name
        if self.envelope.opens_thread:
            self.outlet.title = text
        return Heard(text, name, read.unreadable)

    async def before(self, forward: str | None) -> str:
        """The message before it, as the channel's history has it."""
        previous = await self._previous()
        if previous is None or not belongs(previous, self.event):
            return ""
        earlier = self.hearing.said(self.workspace, previous)
        if forward is None and earlier is not None:
            known = await self.hearing.store.known(earlier.envelope)
            if known.stored is not None:
                return ""  # it was said to the bot itself, and stands above
        read = await self.hearing.reading(self.workspace, previous)
        text = await self.hearing.text(self.workspace, read)
        name = (await self.workspace.directory.person(self.envelope.author_id)).name
        return quoted(text, name) if text.strip() else ""

    async def _previous(self) -> dict[str, Any] | None:
        key = self.envelope.conversation
        thread = "" if self.envelope.opens_thread else key.thread
        options = {"channel": key.channel, "latest": self.envelope.id, "limit": 1}
        method = "conversations.history"
        if thread:
            method, options["ts"], options["limit"] = "conversations.replies", thread, 100
        try:
            with translated():
                page = await self.workspace.hasty.api_call(method, http_verb="GET", params=options)
        except (BotError, TryAgain, MessageGone, *REFUSED) as error:
            log.warning("what was said before a call cannot be read: %s", error)
            return None
        found = [m for m in page.get("messages") or () if m.get("ts") != self.envelope.id]
        if not found:
            return None
        newest: dict[str, Any] = max(found, key=lambda message: str(message.get("ts")))
        return {**newest, "channel": key.channel, "channel_type": self.event.get("channel_type")}

    async def caller(self) -> Caller:
        """Its author. What stands in the channel concerns the channel, whatever thread it opens."""
        message = self.envelope
        here = message.conversation.parent() if message.opens_thread else None
        key = here or message.conversation
        return await self.hearing.caller(
            self.workspace, key, message.author_id, direct=message.private
        )
