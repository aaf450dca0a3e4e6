"""What the tests on Slack have in common: somebody asks, and a finished reply is there."""

from __future__ import annotations

from adapters.slack.blocks import FEEDBACK
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_server import SlackServer


async def finished(
    server: SlackServer, channel: Channel, thread: Message | None = None, count: int = 1
) -> list[Message]:
    """Wait until so many replies are complete in a channel, or a thread; the bot's messages."""
    ts = None if thread is None else thread.ts

    def done() -> bool:
        found = server.bot_messages(channel, ts)
        return sum(is_finished(message) for message in found) >= count

    await server.until(done)
    return server.bot_messages(channel, ts)


def is_finished(message: Message) -> bool:
    """Whether a message is the last one of a complete reply."""
    return any(action["action_id"] == FEEDBACK for action in message.actions())


def shown(messages: list[Message]) -> str:
    """What a person reads in these messages together."""
    return "".join(message.shown for message in messages)
