"""Where a quiz takes place: in a group, or with one person alone."""

from __future__ import annotations

from bot.messages import ConversationKey


def one_alone(conversation: ConversationKey) -> bool:
    """Whether one person alone is there, as far as ids tell: in direct messages, which have no
    workspace or (on Slack) a channel of their kind, at a terminal, and on the web page."""
    direct = conversation.platform == "slack" and conversation.channel.startswith("D")
    return (
        direct
        or conversation.workspace in ("", "@me")
        or conversation.platform in ("console", "web")
    )


def is_private_of_group(conversation: ConversationKey) -> bool:
    """Whether one person alone is there, and it counts to a group of several all the same: direct
    messages on Slack, and the web page."""
    return conversation.platform in ("slack", "web") and one_alone(conversation)
