"""Which group a conversation belongs to."""

from __future__ import annotations

from bot.messages import ConversationKey


def group_of(conversation: ConversationKey) -> str:
    """The guild or workspace, whose channels learn together; in a DM without one, its own."""
    direct = conversation.workspace in ("", "@me")
    return conversation.channel if direct else conversation.workspace
