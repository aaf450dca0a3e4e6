"""What is said on Slack without being asked just now. Implements `bot.ports.Announcer`."""

from __future__ import annotations

from adapters.announcing import announcing
from adapters.outlet import Refused
from adapters.slack.speech import Speech
from adapters.slack.transport.workspaces import Workspaces
from bot.messages import ConversationKey
from bot.notices import Notice


class SlackAnnouncer:
    """Speaks in every workspace that the bot is installed in."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def announce(self, conversation: ConversationKey, notice: Notice) -> str:
        """Say it in a channel, thread or DM; the ts of the last message that it takes."""
        with announcing():
            workspace = await self._workspaces.find(conversation.workspace)
            if workspace is None:
                raise Refused("not installed")
            speech = Speech(workspace, conversation.channel, conversation.thread, None)
            return await speech.say(notice, private=False)
