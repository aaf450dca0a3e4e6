"""The places in which Slack's replies are shown."""

from __future__ import annotations

from adapters.slack.outlet import SlackOutlet, Writing
from adapters.slack.speech import Speech
from adapters.slack.transport.workspaces import Workspace
from bot.config import SlackSettings
from bot.messages import ConversationKey


class Places:
    """Makes an outlet for each reply. `readings`: they can be shown below it."""

    def __init__(self, settings: SlackSettings, *, readings: bool = False) -> None:
        self._readings = readings
        self._streaming = settings.streaming == "auto"
        self._writing = Writing()

    def at(
        self,
        workspace: Workspace,
        key: ConversationKey,
        question: str,
        asker: str | None,
        *,
        asker_team: str = "",
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
            asker_team=asker_team,
            readings=self._readings,
        )
