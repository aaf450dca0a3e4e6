"""Where Slack's replies go; the rest is adapters/delivery.py."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from adapters import delivery
from adapters.slack.errors import REFUSED
from adapters.slack.outlet import SlackOutlet, Writing
from adapters.slack.speech import Speech
from adapters.slack.transport.workspaces import Workspace
from adapters.streaming import Outlet
from bot.chat import Chat
from bot.config import SlackSettings
from bot.messages import ConversationKey, ReplyEvent
from bot.ports import Undelivered


class Deliveries(delivery.Deliveries):
    """Shows replies on Slack, any number at once."""

    refusals = REFUSED

    def __init__(self, chat: Chat, settings: SlackSettings) -> None:
        super().__init__(chat, settings.edit_seconds)
        self._streaming = settings.streaming == "auto"
        self._writing = Writing()

    def is_written(self, channel: str, ts: str) -> bool:
        """Whether a message is being written now."""
        return (channel, ts) in self._writing.messages

    def at(
        self,
        workspace: Workspace,
        key: ConversationKey,
        question: str,
        asker: str | None,
        *,
        asker_team: str = "",
        title: str = "",
        speech: Speech | None = None,
        again: bool = False,
    ) -> SlackOutlet:
        """A place for a reply in a conversation. `again`: it may have been shown in part."""
        direct = key.channel.startswith("D")
        return SlackOutlet(
            workspace,
            key.channel,
            key.thread,
            question,
            asker,
            self._writing,
            speech or Speech(workspace, key.channel, key.thread, asker, direct),
            streaming=self._streaming,
            again=again,
            title=title,
            asker_team=asker_team,
        )

    async def show(
        self, key: ConversationKey, events: AsyncGenerator[ReplyEvent, None], outlet: Outlet
    ) -> None:
        """Show a reply; Slack's sign that the bot is at work goes with its end."""
        try:
            await super().show(key, events, outlet)
        finally:
            if isinstance(outlet, SlackOutlet):
                await outlet.rest(of_before=outlet.again)

    async def show_stored(self, reply: Undelivered, outlet: Outlet) -> None:
        """Show a reply of before; its sign of work may still be there."""
        try:
            await super().show_stored(reply, outlet)
        finally:
            if isinstance(outlet, SlackOutlet):
                await outlet.rest(of_before=True)
