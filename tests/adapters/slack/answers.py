"""What commands are answered with: words for everybody, and for one person alone."""

from __future__ import annotations

from tests.adapters.slack.steps import finished
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

COMMAND = "/kaiwa"


async def asked(server: SlackServer, person: Person, channel: Channel, text: str) -> Message:
    """A question in a channel that has been answered."""
    question = person.says(channel, f"{server.bot.mention} {text}")
    await finished(server, channel, question)
    return question


async def whispered(server: SlackServer, channel: Channel, count: int = 1) -> Message:
    """Wait until so many words were said to one person alone in a channel; the last one."""
    await server.until(lambda: len(channel.ephemerals) >= count)
    assert len(channel.ephemerals) == count
    return channel.ephemerals[-1]


async def said(server: SlackServer, channel: Channel, count: int) -> Message:
    """Wait until the bot has so many messages in a channel and its threads; the last one."""
    await server.replies(channel, count)
    assert len(server.bot_messages(channel)) == count
    return server.bot_messages(channel)[-1]
