"""Slack's sign that the bot is at work in a thread: a line of text, and Slack's own Stop button.

https://docs.slack.dev/ai/agent-sessions. Neither holds up the reply, nor lets it fail.
"""

from __future__ import annotations

import asyncio
import logging
import time

from slack_sdk.errors import SlackApiError

from adapters.slack.errors import REFUSED, UNREACHABLE, code_of, is_broken
from adapters.slack.transport.workspaces import WORKSPACE_WIDE, Workspace, quietly

log = logging.getLogger(__name__)

THINKING = "が考えています… / is thinking…"  # Slack puts the bot's name before it
LONGEST_TITLE = 60  # characters; Slack takes 200
LAST_TRIES = 3  # to take the button away
PAUSE = 1.0  # seconds between them
BUTTON_SECONDS = 0.5  # after a reply's beginning; its first words wait for the button until then


class Session:
    """The sign of one reply. Without a thread there is none."""

    def __init__(self, workspace: Workspace, channel: str, thread: str) -> None:
        self._workspace = workspace
        self._where = {"channel_id": channel, "thread_ts": thread}
        # Whether the button is there; None where Slack did not say.
        self._button: asyncio.Task[bool | None] | None = None
        self._line: asyncio.Task[bool] | None = None
        self._until = 0.0  # when its first words wait no more

    def begin(self, title: str) -> None:
        """Show both. `title` names the session where it is a new one."""
        if self._where["thread_ts"]:
            self._until = time.monotonic() + BUTTON_SECONDS
            self._button = asyncio.create_task(self._show_button(title))
            self._line = asyncio.create_task(self._set_line(THINKING))

    async def can_stop(self) -> bool:
        """Whether Slack's Stop button is there, as far as Slack says so in time."""
        if self._button is None:
            return False
        left = max(0.0, self._until - time.monotonic())
        done, _ = await asyncio.wait([self._button], timeout=left)
        return bool(done) and self._button.result() is True

    def ended(self) -> None:
        """The button went with the end of a stream."""
        self._button = None

    def spoke(self) -> None:
        """A message was posted; the line that was there went with it."""
        if self._line is not None and self._line.done():
            self._line = None

    async def end(self, *, of_before: bool = False) -> None:
        """Take away what may still be there.

        `of_before`: perhaps a process before this one has shown it.
        """
        if self._line is not None and await self._line:
            await self._set_line("")
        self._line = None
        shown = None if self._button is None and of_before else False
        if self._button is not None:
            shown = await self._button
        self._button = None
        if shown is False or not self._where["thread_ts"]:
            return
        for further in reversed(range(LAST_TRIES)):
            try:
                await self._workspace.client.agents_sessions_setStatus(
                    **self._where, status="active"
                )
                return
            except SlackApiError as error:
                if not is_broken(error):
                    log.debug("the sign of work could not be taken away: %s", code_of(error))
                    return
            except (*REFUSED, *UNREACHABLE) as error:
                log.debug("the sign of work could not be taken away: %s", error)
            if further:
                await asyncio.sleep(PAUSE)

    async def _show_button(self, title: str) -> bool | None:
        if not self._workspace.has("sessions"):
            return False
        named = " ".join(title.split())[:LONGEST_TITLE] or None
        try:
            await self._workspace.hasty.agents_sessions_setStatus(
                **self._where, status="processing", title=named
            )
        except SlackApiError as error:
            if code_of(error) in WORKSPACE_WIDE:
                self._workspace.refused("sessions", code_of(error))
            return None if is_broken(error) else False
        except (*REFUSED, *UNREACHABLE):
            return None
        return True

    async def _set_line(self, line: str) -> bool:
        method = "assistant.threads.setStatus"
        return await quietly(self._workspace, "status", method, **self._where, status=line)
