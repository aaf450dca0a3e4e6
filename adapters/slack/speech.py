"""What the bot says of itself: to everybody, to one person alone, or in answer to a command."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace

from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.outlet import MessageGone, Refused, TryAgain
from adapters.slack.blocks import escape
from adapters.slack.errors import CannotWrite, translated
from adapters.slack.notices import Saying, sayings
from adapters.slack.transport.workspaces import Workspace
from bot.commands import BY_COMMAND
from bot.errors import BotError
from bot.notices import File, Notice

NOTICE = "kaiwa_notice"  # the metadata's event_type

_COMMAND = re.compile(rf"(?<![\w/])/({'|'.join(BY_COMMAND)})\b")


def as_typed_here(text: str) -> str:
    """The commands in a text as they are typed on Slack, which has one for all."""
    return _COMMAND.sub(r"/kaiwa \1", text)


@dataclass(slots=True)
class Speech:
    """A place to say something: a channel or a thread of it, and a person there.

    `response_url`: that of the command or button that is answered, good for 30 minutes.
    `opens`: nothing stands in the thread yet, and Slack would show nothing private there; what
    is for the person alone then stands in the channel.
    https://docs.slack.dev/reference/methods/chat.postEphemeral
    """

    workspace: Workspace
    channel: str
    thread: str
    person: str | None
    direct: bool = False
    response_url: str | None = None
    opens: bool = False

    async def say(self, notice: Notice | BotError, *, private: bool) -> str:
        """Say it, in as many messages as it takes; a notice's file goes to the person alone.

        The ts of the last message, where Slack tells one.
        """
        last = ""
        for saying in sayings(_as_typed_here(notice)):
            last = await self._say(saying, private=private)
        if isinstance(notice, Notice) and notice.file is not None:
            await self._hand_over(notice.file, private=private)
        return last

    async def _say(self, saying: Saying, *, private: bool) -> str:
        if self.response_url is not None and await self._answer(self.response_url, saying, private):
            return ""
        if not private or self.person is None:
            return await self._post(self.channel, self.thread, saying)
        try:
            if self.direct:
                return await self._post(self.channel, self.thread, saying)
            return await self._whisper(self.person, saying)
        except (CannotWrite, MessageGone, Refused):
            # The bot may not write there, or the person has left: in direct messages, then.
            return await self._post(await self._direct_messages(), "", saying)

    async def _answer(self, url: str, saying: Saying, private: bool) -> bool:
        """Answer at the response_url; False where that is used up."""
        kind = "ephemeral" if private else "in_channel"
        session = self.workspace.client.session
        hook = AsyncWebhookClient(url, session=session, retry_handlers=[])
        with translated():
            answer = await hook.send(
                text=escape(saying.text),
                blocks=saying.blocks or None,
                response_type=kind,
                replace_original=False,
            )
        if answer.status_code >= 500:
            raise TryAgain(f"HTTP {answer.status_code}")
        return answer.status_code < 300 or not self.channel

    async def _post(self, channel: str, thread: str, saying: Saying) -> str:
        with translated():
            posted = await self.workspace.client.chat_postMessage(
                channel=channel,
                thread_ts=thread or None,
                text=escape(saying.text),
                blocks=saying.blocks or None,
                mrkdwn=False,
                metadata={"event_type": NOTICE, "event_payload": {}},
            )
        return str(posted.get("ts") or "")

    async def _whisper(self, person: str, saying: Saying) -> str:
        with translated():
            posted = await self.workspace.client.chat_postEphemeral(
                channel=self.channel,
                thread_ts=None if self.opens else self.thread or None,
                user=person,
                text=escape(saying.text),
                blocks=saying.blocks or None,
            )
        return str(posted.get("message_ts") or "")

    async def _direct_messages(self) -> str:
        """The direct messages with the person."""
        with translated():
            opened = await self.workspace.client.conversations_open(users=str(self.person))
        return str(opened["channel"]["id"])

    async def _hand_over(self, file: File, *, private: bool) -> None:
        """Give a file to the person, in direct messages, or to everybody here."""
        if not private:
            with suppress(CannotWrite, MessageGone, Refused):  # then to the person alone
                await self._upload(file, self.channel, self.thread)
                return
        await self._upload(file, await self._direct_messages(), "")

    async def _upload(self, file: File, channel: str, thread: str) -> None:
        with translated():
            await self.workspace.client.files_upload_v2(
                channel=channel,
                thread_ts=thread or None,
                filename=file.name,
                title=file.name,
                content=file.content,
            )


def _as_typed_here(notice: Notice | BotError) -> Notice | BotError:
    sentences = as_typed_here(notice.english), as_typed_here(notice.japanese)
    if isinstance(notice, BotError):
        return BotError(*sentences)
    detail = notice.detail
    shown = as_typed_here(detail) if isinstance(detail, str) else detail
    return replace(notice, english=sentences[0], japanese=sentences[1], detail=shown)
