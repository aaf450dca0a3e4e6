"""Where a reply is shown on Slack: a thread, a channel or direct messages.

Implements `adapters.streaming.Outlet`. A message streams by Slack's own means while it grows,
where the workspace has them; in every other case it is posted once and then changed. Each part
carries metadata that names its question and position: where Slack did not say whether a part was
posted, it is looked for before it is posted again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.slack import blocks
from adapters.slack.errors import code_of, translated
from adapters.slack.speech import Speech
from adapters.slack.streams import Streams
from adapters.slack.workspaces import Workspace, quietly
from adapters.splitting import utf16_length
from adapters.streaming import State, TryAgain
from bot.errors import BotError
from bot.notices import Notice

log = logging.getLogger(__name__)

STOPPED = "_⏹ 中断 / stopped_"
PART = "kaiwa_part"  # the metadata's event_type
THINKING = "が考えています… / is thinking…"  # Slack puts the bot's name before it
LONGEST_TITLE = 60  # characters; Slack takes 200


@dataclass(slots=True)
class SlackOutlet:
    """One reply's place. `thread` is the ts of the thread's first message, empty for the channel
    itself; `question` the id of the message that is answered.

    `writing` holds (channel, ts) of the messages that are being written, over all replies.
    `streaming`: Slack's own streaming may be used. `unsure`: a part may have been posted that
    was not noted. `quiet`: nobody asked the bot for certain; until it has begun to answer,
    trouble is told to nobody but the person whom it concerns. `told`: something was.
    """

    workspace: Workspace
    channel: str
    thread: str
    question: str
    asker: str | None
    writing: set[tuple[str, str]]
    speech: Speech
    streaming: bool = True
    unsure: bool = False
    quiet: bool = False
    told: bool = False
    title: str = ""
    limit: int = blocks.LIMIT
    stopped_mark: str = STOPPED
    _streams: Streams = field(init=False)
    _known: set[str] = field(default_factory=set)  # messages of which the ledger knows
    _status: asyncio.Task[bool] | None = None  # of showing it; whether there is a Stop button

    def __post_init__(self) -> None:
        self._streams = Streams(self.workspace, self.channel, self.thread, self.asker)

    def length(self, text: str) -> int:
        """UTF-16 code units of what is sent, in which <, > and & are longer."""
        return utf16_length(blocks.escape(text))

    @asynccontextmanager
    async def thinking(self) -> AsyncIterator[None]:
        """Show a status, which Slack takes away at the first message, and its Stop button.

        The model does not wait for that.
        """
        self.quiet = False
        if self.thread:
            self._status = asyncio.create_task(self._show_status())
        yield

    async def _show_status(self) -> bool:
        title = " ".join(self.title.split())[:LONGEST_TITLE]
        named = {"title": title} if title else {}
        can_stop = await self._set_session(status="processing", **named)
        where = {"channel_id": self.channel, "thread_ts": self.thread}
        method = "assistant.threads.setStatus"
        await quietly(self.workspace, "status", method, **where, status=THINKING)
        return can_stop

    async def _set_session(self, **state: str) -> bool:
        where = {"channel_id": self.channel, "thread_ts": self.thread}
        method = "agents.sessions.setStatus"
        return await quietly(self.workspace, "sessions", method, **where, **state)

    async def rest(self) -> None:
        """Nothing more is to come: take Slack's Stop button away, if it is still there."""
        if self._status is not None and await self._status:
            self._status = None
            await self._set_session(status="active")

    async def send(self, position: int, text: str, state: State) -> str:
        """Post a part, or begin to stream it."""
        if self.unsure:
            found = await self._find(position)
            self.unsure = False
            if found is not None:
                await self.edit(found, text, state)
                return found
        try:
            ts = None
            if state is State.WRITING and await self._may_stream():
                ts = await self._streams.start(text)
            if ts is None:
                ts = await self._post(position, text, state)
        except TryAgain:
            self.unsure = True
            raise
        self._known.add(ts)
        self._note(ts, state)
        return ts

    async def edit(self, platform_id: str, text: str, state: State) -> None:
        """Bring a message to show a text and the buttons of its state."""
        self._known.add(platform_id)
        self._note(platform_id, state)
        if platform_id in self._streams:
            if state is State.WRITING and await self._streams.grow(platform_id, text):
                return
            status = "processing" if state in (State.WRITING, State.CONTINUED) else "active"
            wanted = None if state is State.WRITING else text
            buttons, metadata = blocks.buttons(state), self._metadata(None)
            if await self._streams.stop(platform_id, wanted, buttons, metadata, status):
                if status == "active":
                    self._status = None
                return
        try:
            await self._update(platform_id, text, state)
        except SlackApiError as error:
            if code_of(error) != "streaming_state_conflict":
                raise
            # Begun without our knowing it, or by a process before this one.
            await self._streams.end(platform_id)
            await self._update(platform_id, text, state)

    async def _update(self, ts: str, text: str, state: State) -> None:
        with translated():
            await self.workspace.client.chat_update(
                channel=self.channel,
                ts=ts,
                text=blocks.fallback(text),
                blocks=blocks.reply(text, state),
            )

    async def remove(self, platform_id: str) -> None:
        """Delete one of the bot's messages."""
        self.writing.discard((self.channel, platform_id))
        if platform_id in self._streams:  # an open one cannot be deleted
            await self._streams.end(platform_id)
        with translated():
            await self.workspace.client.chat_delete(channel=self.channel, ts=platform_id)

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """Say something that is no part of the reply."""
        if self.quiet and not private:
            log.warning("a message could not be taken in: %s", notice)
            return
        self.told = True
        await self.speech.say(notice, private=private)

    async def _may_stream(self) -> bool:
        """A stream needs a thread and, as it has no button of ours, Slack's own Stop."""
        if not self.streaming or self.asker is None or not self.workspace.has("streams"):
            return False
        return self._status is not None and await self._status

    async def _post(self, position: int, text: str, state: State) -> str:
        thread: dict[str, Any] = {"thread_ts": self.thread} if self.thread else {}
        with translated():
            posted = await self.workspace.client.chat_postMessage(
                channel=self.channel,
                text=blocks.fallback(text),
                blocks=blocks.reply(text, state),
                metadata=self._metadata(position),
                unfurl_links=False,
                unfurl_media=False,
                **thread,
            )
        return str(posted["ts"])

    def _metadata(self, position: int | None) -> dict[str, Any]:
        payload = {"question": self.question, "part": -1 if position is None else position}
        return {"event_type": PART, "event_payload": payload}

    async def _find(self, position: int) -> str | None:
        """The part at this position, if it was posted though Slack did not say so.

        A stream that was begun has no metadata yet; it is the message of the bot's own behind
        the question of which nothing is known.
        """
        client, asked = self.workspace.client, self.question
        window = {"oldest": asked} if asked.replace(".", "", 1).isdigit() else {}
        options: dict[str, Any] = {"include_all_metadata": True, "limit": 200, **window}
        with translated():
            if self.thread:
                found = await client.conversations_replies(
                    channel=self.channel, ts=self.thread, **options
                )
            else:
                found = await client.conversations_history(channel=self.channel, **options)
        for message in found.get("messages") or ():
            ts = str(message.get("ts"))
            if message.get("bot_id") != self.workspace.bot_id or ts in self._known:
                continue
            metadata = message.get("metadata") or {}
            if not metadata or metadata == self._metadata(position):
                return ts
        return None

    def _note(self, ts: str, state: State) -> None:
        """Keep account of whether a message is being written."""
        if state is State.WRITING:
            self.writing.add((self.channel, ts))
        else:
            self.writing.discard((self.channel, ts))
