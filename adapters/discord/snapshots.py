"""Forwarded messages with what discord.py leaves out of them: whom they mention, and a poll.

https://discord.com/developers/docs/resources/message#message-snapshot-structure
"""

from __future__ import annotations

from typing import Any

import discord

from adapters.discord.markup import name_of


class Snapshot(discord.MessageSnapshot):
    """A forwarded message. `people`: the names of those whom it mentions; `question` and
    `choices`: those of its poll, empty without one."""

    __slots__ = ("choices", "people", "question")

    def __init__(self, state: Any, data: Any) -> None:
        super().__init__(state, data)
        self.people = {
            int(user["id"]): name_of(user, user.get("member")) for user in data.get("mentions", ())
        }
        poll = data.get("poll") or {}
        self.question = str((poll.get("question") or {}).get("text") or "")
        self.choices = [
            str(choice["poll_media"].get("text") or "") for choice in poll.get("answers", ())
        ]


def keep_whole() -> None:
    """Have discord.py parse forwarded messages as `Snapshot`, in the whole process."""
    discord.message.MessageSnapshot = Snapshot  # type: ignore[misc]  # mypy wants no class replaced
