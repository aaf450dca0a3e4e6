"""Slack's own streaming of one message: begun, appended to, ended; what each call left is known.

A stream's text can only grow, and a stream lives about 5 minutes. What does not fit in that is
its caller's: the message is then changed as any other.
https://docs.slack.dev/reference/methods/chat.startStream
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from adapters.outlet import Refused, TryAgain
from adapters.slack.blocks import Block, escape_markdown
from adapters.slack.errors import CannotWrite, RateLimited, translated
from adapters.slack.transport.workspaces import WORKSPACE_WIDE, Workspace
from bot.limits import TooFast

SECONDS = 240.0  # that a stream is appended to; Slack ends it after about 300
# The end of a code block that may go on: see `adapters.splitting`, which closes open ones.
CLOSED = re.compile(r"\n[ \t]*(`{3,}|~{3,})\s*\Z")
ENDED = {"message_not_in_streaming_state", "stopped_by_user", "message_not_owned_by_app"}


@dataclass(slots=True)
class Stream:
    """A message that streams. `text` is what it shows, None where that is not known."""

    text: str | None
    began: float = field(default_factory=time.monotonic)

    def goes_on_with(self, text: str) -> bool:
        """Whether it can come to show `text` by growing, in time."""
        young = time.monotonic() < self.began + SECONDS
        return young and self.text is not None and text.startswith(self.text)


class Streams:
    """The streams of one reply, by the ts of their messages."""

    def __init__(
        self, workspace: Workspace, channel: str, thread: str, recipient: tuple[str, str]
    ) -> None:
        """`recipient`: the team of the person who asked, and their id."""
        self._workspace = workspace
        self._where: dict[str, Any] = {
            "channel": channel,
            "thread_ts": thread,
            "recipient_team_id": recipient[0],
            "recipient_user_id": recipient[1],
        }
        self._channel = channel
        self._open: dict[str, Stream] = {}

    def __contains__(self, ts: object) -> bool:
        return ts in self._open

    async def start(self, text: str) -> str | None:
        """Begin one with a text; the ts of its message. None where Slack offers none here, or
        not so many.

        Raises TryAgain when it is not known whether it began.
        """
        try:
            self._workspace.streams.use("")
            with translated():
                begun = await self._workspace.hasty.chat_startStream(
                    **self._where, markdown_text=escape_markdown(_growing(text))
                )
        except (TooFast, RateLimited):
            return None
        except (CannotWrite, Refused) as error:
            if error.code in WORKSPACE_WIDE:
                self._workspace.refused("streams", error.code)
            return None
        ts = str(begun["ts"])
        self._open[ts] = Stream(_growing(text))
        return ts

    async def grow(self, ts: str, text: str) -> bool:
        """Bring a stream to show `text`; False where it cannot, and another way is to be found."""
        stream, text = self._open[ts], _growing(text)
        if stream.text is None or not stream.goes_on_with(text):
            return False
        more = _added(stream.text, text)
        if not more:
            return True
        stream.text = None  # until Slack says that it is there
        try:
            with translated():
                await self._workspace.client.chat_appendStream(
                    channel=self._channel, ts=ts, markdown_text=more
                )
        except (Refused, TryAgain):
            return False
        stream.text = text
        return True

    async def stop(
        self, ts: str, text: str | None, blocks: list[Block], metadata: dict[str, Any], status: str
    ) -> bool:
        """End a stream, with `text` if it can come to show that; whether it shows it now.

        However it was ended, the message may be changed afterwards. Raises TryAgain when it is
        not known whether it ended.
        """
        stream = self._open[ts]
        known = stream.text
        goes_on = text and known is not None and text.startswith(known)
        more = _added(known, text) if text and known is not None and goes_on else None
        arguments: dict[str, Any] = {"metadata": metadata, "session_status": status}
        if more is not None:
            arguments |= {"blocks": blocks} if blocks else {}
            arguments |= {"markdown_text": more} if more else {}
        stream.text = None
        try:
            with translated():
                await self._workspace.client.chat_stopStream(
                    channel=self._channel, ts=ts, **arguments
                )
        except Refused as error:
            if error.code not in ENDED:  # perhaps the blocks; it must end all the same
                await self.end(ts)
            more = None
        self._open.pop(ts, None)
        return more is not None

    async def end(self, ts: str) -> None:
        """End a stream as it is, whoever began it. Raises as `stop` does."""
        try:
            with translated():
                await self._workspace.client.chat_stopStream(channel=self._channel, ts=ts)
        except Refused as error:
            if error.code not in ENDED:
                raise
        self._open.pop(ts, None)


def _added(known: str, text: str) -> str:
    """What is to be sent so that a stream which shows `known` shows `text`, which goes on so."""
    return escape_markdown(text)[len(escape_markdown(known)) :]


def _growing(text: str) -> str:
    """The part of a text that is certain not to change while more comes behind it."""
    return CLOSED.sub("", text)
