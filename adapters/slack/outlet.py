"""Where a reply is shown on Slack: a thread, a channel or direct messages.

Implements `adapters.outlet.Outlet`. A message streams by Slack's own means while it grows,
where the workspace has them; in every other case it is posted once and then changed. Each part
carries metadata that names its question and position: where Slack did not say whether a part was
posted, it is looked for before it is posted again.

Longer than most files: whether a message streams, was posted or may have been decides every one
of an outlet's calls.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.markup import SLACK, Markup
from adapters.outlet import Form, MessageGone, Reader, Refused, State, TryAgain
from adapters.slack import blocks
from adapters.slack.errors import CannotWrite, RateLimited, translated
from adapters.slack.session import Session
from adapters.slack.speech import Speech
from adapters.slack.streams import Streams
from adapters.slack.transport.workspaces import Workspace
from adapters.small_print import small_print
from adapters.splitting import utf16_length
from bot.errors import BotError
from bot.floor import Keyed
from bot.limits import TooFast
from bot.notices import Notice

log = logging.getLogger(__name__)

STOPPED = "_⏹ 中断 / stopped_"
PART = "kaiwa_part"  # the metadata's event_type
CLOCKS = 300.0  # seconds by which Slack's clock may differ from this one


@dataclass(slots=True)
class Writing:
    """What all replies of the process are writing now.

    streams: (channel, ts) of messages that stream
    starting: a lock for each (channel, thread): one stream at a time begins there
    unsure: (channel, thread) in which a stream may have begun of which nothing is known; it has
        no metadata yet, so that another one begun there could be taken for it
    """

    streams: set[tuple[str, str]] = field(default_factory=set)
    starting: Keyed[asyncio.Lock] = field(default_factory=lambda: Keyed(asyncio.Lock))
    unsure: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class SlackOutlet:
    """One reply's place. `thread` is the ts of the thread's first message, empty for the channel
    itself; `question` the ts of the message that is answered, or another name where a reply is
    written again. `asker_team` is the asker's, where it is another than the workspace.

    `streaming`: Slack's own streaming may be used. `again`: a process before this one may have
    begun the reply.
    """

    workspace: Workspace
    channel: str
    thread: str
    question: str
    asker: str | None
    writing: Writing
    speech: Speech
    streaming: bool = True
    again: bool = False
    quiet: bool = False
    reader: Reader | None = None
    told: bool = False
    answered: bool = False
    title: str = ""
    asker_team: str = ""
    limit: int = blocks.LIMIT
    readings: bool = False
    stopped_mark: str = STOPPED
    forms: tuple[Form, ...] = (Form.RICH, Form.BARE, Form.PLAIN)
    markup: Markup = SLACK
    _streams: Streams = field(init=False)
    _known: set[str] = field(default_factory=set)  # messages of which the ledger knows
    _unsure: bool = False  # a part may have been posted that was not noted
    _streamed: bool = False  # and that may have been a stream
    _claimed: bool = False  # so that no other one begins in the thread until that is known
    _session: Session = field(init=False)
    _since: str = field(init=False)  # the ts before which no part of this reply was posted

    def __post_init__(self) -> None:
        recipient = (self.asker_team or self.workspace.team, self.asker or "")
        self._streams = Streams(self.workspace, self.channel, self.thread, recipient)
        self._session = Session(self.workspace, self.channel, self.thread)
        self._unsure = self._streamed = self.again
        is_ts = self.question.replace(".", "", 1).isdigit()
        now = self.workspace.time.now().timestamp()
        self._since = self.question if is_ts else f"{now - CLOCKS:.6f}"
        if not is_ts:  # what is written again is another reply each time
            self.question = f"{self.question}/{now:.6f}"

    def small_print(self, text: str) -> str:
        """Lines of a quotation: Slack's small print is a block of its own, and a reply that
        streams or is shown as plain text has none."""
        return small_print(text, "> ")

    def length(self, text: str) -> int:
        """UTF-16 code units of what is sent, in which <, > and & are longer; all of them are
        counted so, though some are sent as they stand."""
        return utf16_length(blocks.escape(text))

    def doubt(self) -> None:
        """What was posted, or begun as a stream, is looked for before anything is."""
        self._unsure = self._streamed = True

    @asynccontextmanager
    async def thinking(self) -> AsyncIterator[None]:
        """Show that the bot is at work, until `leave`; the model does not wait for that."""
        self.quiet = False
        self._session.begin(self.title)
        yield

    async def leave(self, *, cut_off: bool) -> None:
        """Slack's sign that the bot is at work goes, also that of a process before."""
        self._sure()
        self.writing.streams -= {(self.channel, ts) for ts in self._known}
        await self._session.end(of_before=self.again)

    async def can_write(self) -> BotError | None:
        """Whether the channel is archived, or the bot not in it, as Slack says so."""
        try:
            with translated():
                found = await self.workspace.client.conversations_info(channel=self.channel)
        except MessageGone:
            return CannotWrite("channel_not_found")
        except BotError as error:
            missing = isinstance(error, CannotWrite) and error.code == "missing_scope"
            return None if missing else error
        except (TryAgain, Refused):
            return None
        channel = found.get("channel") or {}
        if channel.get("is_archived"):
            return CannotWrite("is_archived")
        return CannotWrite("not_in_channel") if channel.get("is_member") is False else None

    async def send(self, position: int, text: str, state: State, form: Form, anew: str) -> str:
        """Post a part, or begin to stream it."""
        self._known |= {anew} - {""}
        if self._unsure:
            found = await self._find(position)
            self._sure()
            if found is not None:
                await self.edit(found, text, state, form)
                return found
        try:
            ts = None
            if state is State.WRITING and await self._may_stream():
                ts = await self._start(text)
            if ts is None:
                ts = await self._post(position, text, state, form)
        except TryAgain:
            self._unsure = True
            raise
        self._session.spoke()
        self._known.add(ts)
        self.answered = True
        return ts

    async def edit(self, platform_id: str, text: str, state: State, form: Form) -> None:
        """Bring a message to show a text and the buttons of its state."""
        self._known.add(platform_id)
        if platform_id in self._streams:
            if state is State.WRITING and await self._streams.grow(platform_id, text):
                return
            unfinished = state.unfinished
            status = "processing" if unfinished or state is State.CONTINUED else "active"
            wanted = None if unfinished or form is not Form.RICH else text
            buttons, metadata = blocks.buttons(state, readings=self.readings), self._metadata(None)
            if await self._streams.stop(platform_id, wanted, buttons, metadata, status):
                if status == "active":
                    self._session.ended()
                return
        if not state.unfinished:
            await self._change(self.workspace.client, platform_id, text, state, form)
            return
        with suppress(TooFast, RateLimited):  # another change is to come
            self.workspace.edits.use("")
            await self._change(self.workspace.hasty, platform_id, text, state, form)

    async def _change(
        self, client: AsyncWebClient, ts: str, text: str, state: State, form: Form
    ) -> None:
        """Change a message, also one that streams and of which we did not know that."""
        try:
            await self._update(client, ts, text, state, form)
        except Refused as error:
            if error.code != "streaming_state_conflict":
                raise
            # Begun by a call that seemed to fail, or by a process before this one.
            await self._streams.end(ts)
            await self._update(client, ts, text, state, form)
        self.answered = True

    async def _update(
        self, client: AsyncWebClient, ts: str, text: str, state: State, form: Form
    ) -> None:
        plain = form is Form.PLAIN
        with translated():
            await client.chat_update(
                channel=self.channel,
                ts=ts,
                text=blocks.escape(text) if plain else blocks.fallback(text),
                blocks=blocks.reply(
                    text, state, form, readings=self.readings
                ),  # without any, those before would stay
            )

    async def remove(self, platform_id: str) -> None:
        """Delete one of the bot's messages."""
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
        wanted = self.streaming and self.asker is not None and self.workspace.has("streams")
        return wanted and await self._session.can_stop()

    async def _start(self, text: str) -> str | None:
        """Begin to stream; None where that is not possible now. Raises TryAgain."""
        place = (self.channel, self.thread)
        with self.writing.starting.use(place) as lock:
            async with lock:
                if place in self.writing.unsure:
                    return None
                self.writing.unsure.add(place)
                self._unsure = self._streamed = self._claimed = True
                ts = await self._streams.start(text)
                self._sure()
                if ts is not None:
                    self.writing.streams.add((self.channel, ts))
                return ts

    def _sure(self) -> None:
        """It is known what was posted, or of no interest any more."""
        if self._claimed:
            self.writing.unsure.discard((self.channel, self.thread))
        self._unsure = self._streamed = self._claimed = False

    async def _post(self, position: int, text: str, state: State, form: Form) -> str:
        thread: dict[str, Any] = {"thread_ts": self.thread} if self.thread else {}
        shown: dict[str, Any] = {"text": blocks.escape(text), "mrkdwn": False}
        if form is not Form.PLAIN:
            shown = {
                "text": blocks.fallback(text),
                "blocks": blocks.reply(text, state, form, readings=self.readings),
            }
        with translated():
            posted = await self.workspace.client.chat_postMessage(
                channel=self.channel,
                metadata=self._metadata(position),
                unfurl_links=False,
                unfurl_media=False,
                **shown,
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
        client = self.workspace.client
        options: dict[str, Any] = {
            "channel": self.channel,
            "include_all_metadata": True,
            "limit": 200,
            "oldest": self._since,
        }
        with translated():
            if self.thread:
                found = await client.conversations_replies(ts=self.thread, **options)
            else:
                found = await client.conversations_history(**options)
        for message in found.get("messages") or ():
            ts = str(message.get("ts"))
            if message.get("bot_id") != self.workspace.bot_id or ts in self._known:
                continue
            if (self.channel, ts) in self.writing.streams:  # another reply's
                continue
            metadata = message.get("metadata") or {}
            if metadata == self._metadata(position) or (self._streamed and not metadata):
                return ts
        return None
