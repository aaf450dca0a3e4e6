"""What people say on Slack: events in, each to one question to `Chat`; answers out.

Knows which event means what. It does not know how events come in (platform.py), what buttons and
commands do (interactions.py), how a reply is paced (adapters/streaming.py), nor which messages
are kept or answered (bot/policy.py).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.once import Once
from adapters.sentences import NO_DIRECT_MESSAGES, SAY_SOMETHING
from adapters.slack.access import Access
from adapters.slack.delivery import Deliveries
from adapters.slack.incoming import PLATFORM, envelope, is_direct, is_said, place
from adapters.slack.outlet import SlackOutlet
from adapters.slack.reading import author_name, read
from adapters.slack.shares import Event, share_authors, without_shares_of
from adapters.slack.speech import Speech
from adapters.slack.transport.workspaces import Workspace
from bot.chat import Chat
from bot.commands import Command, UnknownCommand, run, typed
from bot.config import SlackSettings
from bot.errors import BotError
from bot.floor import Keyed
from bot.messages import ConversationKey, IncomingMessage
from bot.notices import Notice
from bot.ports import Caller

log = logging.getLogger(__name__)

# As the bot itself names its commands, though Slack takes none with a slash in threads.
_COMMAND = re.compile(r"^(/?)kaiwa(?:\s+/?|$)", re.IGNORECASE)

NOTHING_TO_STOP = Notice("I am not writing anything.", "今は何も書いていません。")
STOPPED = Notice("Stopped.", "止めました。")


class Events:
    """Answers what is said. One event is handled at most once, whatever Slack repeats."""

    def __init__(
        self, chat: Chat, settings: SlackSettings, access: Access, deliveries: Deliveries
    ) -> None:
        self._chat = chat
        self._access = access
        self._deliveries = deliveries
        self._threads = settings.reply_in == "thread"
        self._once = Once()
        self._intake = Keyed(asyncio.Lock)
        self._refused: set[tuple[str, str]] = set()  # whose direct messages were declined

    async def message(self, workspace: Workspace, event: Event, *, late: bool = False) -> None:
        """A `message` or `app_mention` event. `late`: read from a channel's history."""
        if self._deliveries.closing:
            return
        async with self._deliveries.at_work():
            subtype = event.get("subtype")
            if subtype == "message_changed":
                await self._changed(workspace, event)
            elif subtype == "message_deleted":
                previous = event.get("previous_message") or {}
                await self._gone(workspace, event, {**previous, "ts": event.get("deleted_ts")})
            elif is_said(event):
                await self._said(workspace, event, late=late)

    async def stop_pressed(self, workspace: Workspace, event: Event) -> None:
        """Somebody pressed Slack's own Stop button."""
        channel, user = str(event["channel"]), str(event.get("user"))
        if not self._access.allows(workspace.team, channel, user, direct=is_direct(event)):
            return
        where = {"ts": event.get("thread_ts") or "", "thread_ts": event.get("thread_ts")}
        key, _ = place(workspace.team, channel, where, threads=True)
        await self._chat.stop(key)

    async def _said(self, workspace: Workspace, event: Event, *, late: bool) -> None:
        channel, user = str(event["channel"]), str(event["user"])
        direct = is_direct(event)
        if not self._access.allows(workspace.team, channel, user, direct=direct):
            # In a channel silence is what the operator wants; a DM is declined, once.
            if direct and not late and (workspace.team, user) not in self._refused:
                self._refused.add((workspace.team, user))
                outlet = self._outlet(workspace, event)
                await self._deliveries.say(outlet, NO_DIRECT_MESSAGES)
            return
        key, event_id = self._key(workspace, event, event), (workspace.team, channel, event["ts"])
        async with self._in_order(key):
            if not self._once.first(event_id):
                return
            command = stored = None
            try:
                incoming = await self._incoming(workspace, event)
                if incoming is None:
                    return
                outlet = self._outlet(workspace, event, incoming)
                outlet.quiet = not incoming.addressed
                try:
                    command = self._command(incoming)
                    if command is None and incoming.text:
                        stored = await self._chat.take_in(incoming)
                except BotError as error:
                    if not late:
                        await self._deliveries.say(outlet, error)
                    elif not error.private and not isinstance(error, UnknownCommand):
                        raise  # the database's: the next start is to find the message again
                    return
            finally:
                if late and stored is None:
                    # What is not done late is left to the event itself, which may yet come.
                    self._once.forget(event_id)
        if command is not None:
            if not late:
                await self._give(workspace, command, incoming, outlet)
        elif incoming.text:
            await self._deliveries.show(key, self._chat.answer(key, stored), outlet)
        elif not late and await self._chat.would_answer(incoming):
            await self._deliveries.say(outlet, SAY_SOMETHING)

    @asynccontextmanager
    async def _in_order(self, key: ConversationKey) -> AsyncIterator[None]:
        """What happens in a conversation is taken in one after the other, as it came: names
        that Slack must be asked for let nothing overtake."""
        with self._intake.use(key) as lock:
            async with lock:
                yield

    async def _incoming(self, workspace: Workspace, event: Event) -> IncomingMessage | None:
        """A message as the core takes it, with the names that it needs."""
        event = await self.without_opted_out(event)
        me = workspace.me
        incoming = envelope(event, workspace.team, me, threads=self._threads)
        if incoming is None:
            return None
        names = await workspace.directory.names(event)
        text = read(event, me, names).text
        return replace(incoming, text=text, author_name=author_name(event, names))

    async def without_opted_out(self, event: Event) -> Event:
        """An event without what it shares of people of whom nothing may be kept."""
        authors = share_authors(event)
        out = {author for author in authors if await self._chat.store.opted_out(PLATFORM, author)}
        return without_shares_of(event, out)

    def _command(self, said: IncomingMessage) -> tuple[Command, str] | None:
        """The command that a message to the bot is. Raises UnknownCommand."""
        if not said.addressed:
            return None
        text = _COMMAND.sub(r"\1", said.text)
        return typed("/help" if text == "/" else text, bare=True)

    async def _give(
        self,
        workspace: Workspace,
        command: tuple[Command, str],
        said: IncomingMessage,
        outlet: SlackOutlet,
    ) -> None:
        """Give a command that was typed after a mention, or in direct messages."""
        # What stands in the channel concerns the channel, whatever thread it opens.
        here = said.conversation.parent() if said.opens_thread else None
        key = here or said.conversation
        try:
            caller = await self.caller(workspace, key, said.author_id, direct=said.private)
            await self.give(*command, caller, outlet)
        except BotError as error:  # not for everybody, or with a wrong argument
            await self._deliveries.say(outlet, error)

    async def give(
        self, command: Command, argument: str, caller: Caller, outlet: SlackOutlet
    ) -> None:
        """Give a command, and show what comes of it. Raises BotError."""
        key = caller.conversation
        if command.name == "regenerate":
            newest = key if key.thread else await self._newest(key)
            there = self._deliveries.at(
                outlet.workspace, newest, outlet.question, outlet.asker, speech=outlet.speech
            )
            events = self._chat.regenerate(newest, by=caller.user_id)
            await self._deliveries.show(newest, events, there)
        elif command.name == "stop":
            stopped = await self._stop(key)
            await outlet.speech.say(STOPPED if stopped else NOTHING_TO_STOP, private=True)
        else:
            async for event in run(command, self._chat, caller, argument):
                if isinstance(event, Notice):
                    await outlet.speech.say(event, private=command.private)

    async def _newest(self, channel: ConversationKey) -> ConversationKey:
        """Where somebody spoke last in a channel: in itself, or in one of its threads."""
        spoken = await self._chat.store.latest(PLATFORM)
        here = {key: moment for key, moment in spoken.items() if _in(key, channel)}
        return max(here, key=lambda key: here[key], default=channel)

    async def _stop(self, key: ConversationKey) -> bool:
        """Stop what is written in a conversation; in a channel, also in threads of its own."""
        keys = [key] if key.thread else [k for k in self._deliveries.answering() if _in(k, key)]
        return any([await self._chat.stop(each) for each in keys])

    async def caller(
        self, workspace: Workspace, key: ConversationKey, user: str, *, direct: bool
    ) -> Caller:
        """Who gives a command, and whether they may change a channel for everybody."""
        person = await workspace.directory.person(user)
        administers = self._access.administers(
            user, direct=direct, workspace_administrator=person.administrator
        )
        return Caller(key, user, administers)

    async def _changed(self, workspace: Workspace, event: Event) -> None:
        """A user's message was edited; Slack tells so of much else that changes about one."""
        message = event.get("message") or {}
        if message.get("subtype") == "tombstone":  # deleted, with a thread below it
            await self._gone(workspace, event, message)
        elif is_said(message):
            key = self._key(workspace, event, message)
            async with self._in_order(key):
                message = await self.without_opted_out(message)
                names = await workspace.directory.names(message)
                text = read(message, workspace.me, names).text
                await self._chat.edited(key, message["ts"], text)

    async def _gone(self, workspace: Workspace, event: Event, message: Event) -> None:
        if message.get("ts"):
            key = self._key(workspace, event, message)
            async with self._in_order(key):
                await self._chat.deleted(key, str(message["ts"]))

    def _key(self, workspace: Workspace, event: Event, message: Event) -> ConversationKey:
        channel = str(event["channel"])
        return place(workspace.team, channel, message, threads=self._threads)[0]

    def _outlet(
        self, workspace: Workspace, event: Event, incoming: IncomingMessage | None = None
    ) -> SlackOutlet:
        """The place for an answer to an event."""
        channel, user = str(event["channel"]), str(event["user"])
        key, opens = place(workspace.team, channel, event, threads=self._threads)
        speech = Speech(workspace, channel, key.thread, user, is_direct(event), opens=opens)
        title = incoming.text if incoming and incoming.opens_thread else ""
        team = str(event.get("user_team") or event.get("team") or "")
        return self._deliveries.at(
            workspace,
            key,
            str(event["ts"]),
            user,
            asker_team=team,
            title=title,
            speech=speech,
        )


def _in(key: ConversationKey, channel: ConversationKey) -> bool:
    return key == channel or key.parent() == channel
