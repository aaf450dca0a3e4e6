"""What a group is given each day, and what it did in a week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from bot.messages import ConversationKey


class DayStore(Protocol):
    """What is said once a day, and words that were looked up. Days are where the channel is."""

    async def channels_with(
        self, platform: str, setting: str
    ) -> Sequence[tuple[ConversationKey, str]]:
        """The channels of a platform that have a setting, with its value."""

    async def claim_day(
        self, conversation: ConversationKey, kind: str, day: date, moment: datetime
    ) -> bool:
        """Note that a channel is given its post of a day, before it is; False where it was."""

    async def given(self, conversation: ConversationKey, kind: str, day: date, what: str) -> None:
        """Note what that was, so that it does not come again soon."""

    async def give_back_day(self, conversation: ConversationKey, kind: str, day: date) -> None:
        """It was certainly not given: it may yet be."""

    async def was_given(self, conversation: ConversationKey, kind: str, day: date) -> bool:
        """Whether a channel's post of a day is claimed."""

    async def given_before(
        self, conversation: ConversationKey, kind: str, limit: int
    ) -> Sequence[str]:
        """What a channel was given, the newest first."""

    async def note_looked_up(self, platform: str, group: str, word: str, day: date) -> None:
        """A word was looked up in a group; by whom is not kept."""

    async def looked_up_since(
        self, platform: str, group: str, day: date, limit: int
    ) -> Sequence[tuple[str, int]]:
        """The words that a group looked up from a day on, and how often, the most often first."""
