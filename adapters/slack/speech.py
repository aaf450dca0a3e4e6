"""What the bot says of itself: to everybody, to one person alone, or in answer to a command."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.blocks import escape
from adapters.slack.errors import translated
from adapters.slack.workspaces import Workspace
from adapters.splitting import split
from adapters.streaming import TryAgain
from bot.commands import BY_COMMAND
from bot.errors import BotError
from bot.notices import File, Notice

LIMIT = 3_500  # characters of a notice's message; Slack cuts a text at 4,000 when it is changed
NOTICE = "kaiwa_notice"  # the metadata's event_type

_COMMAND = re.compile(rf"(?<![\w/])/({'|'.join(BY_COMMAND)})\b")


def as_typed_here(text: str) -> str:
    """The commands in a text as they are typed on Slack, which has one for all."""
    return _COMMAND.sub(r"/kaiwa \1", text)


@dataclass(slots=True)
class Speech:
    """A place to say something: a channel or a thread of it, and a person there.

    `response_url`: that of the command or button that is answered, good for 30 minutes.
    """

    workspace: Workspace
    channel: str
    thread: str
    person: str | None
    direct: bool = False
    response_url: str | None = None

    async def say(self, notice: Notice | BotError, *, private: bool) -> None:
        """Say it, in as many messages as it takes; a notice's file goes to the person alone."""
        attached = notice.file if isinstance(notice, Notice) else None
        for part in split(as_typed_here(notice.both()), LIMIT, measure=_length):
            await self._say(escape(part.text), private=private)
        if attached is not None:
            await self._hand_over(attached)

    async def _say(self, text: str, *, private: bool) -> None:
        client = self.workspace.client
        if self.response_url is not None:
            kind = "ephemeral" if private else "in_channel"
            hook = AsyncWebhookClient(self.response_url, session=client.session, retry_handlers=[])
            answer = await _sent(hook.send(text=text, response_type=kind, replace_original=False))
            if answer.status_code >= 500:
                raise TryAgain(f"HTTP {answer.status_code}")
            return
        where: dict[str, Any] = {"channel": self.channel, "text": text}
        if self.thread:
            where["thread_ts"] = self.thread
        with translated():
            if private and self.person is not None and not self.direct:
                await client.chat_postEphemeral(user=self.person, **where)
                return
            await client.chat_postMessage(
                **where,
                mrkdwn=False,
                metadata={"event_type": NOTICE, "event_payload": {}},
            )

    async def _hand_over(self, file: File) -> None:
        """Give a file to the person, in direct messages."""
        client = self.workspace.client
        with translated():
            opened = await client.conversations_open(users=str(self.person))
            await client.files_upload_v2(
                channel=opened["channel"]["id"],
                filename=file.name,
                title=file.name,
                content=file.text.encode(),
            )


async def _sent(sending: Any) -> Any:
    with translated():
        return await sending


def _length(text: str) -> int:
    return len(escape(text))
