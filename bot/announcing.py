"""What the bot says without being asked just now: the next question of a quiz, a word of the day.

Knows which platforms are connected, and nothing of what is said.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.errors import BotError
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.ports import Announcer

Connected = Callable[[str], Awaitable[None]]
Disconnected = Callable[[str], None]


class NotSaid(BotError):
    """It was certainly not said, and may be another time."""


class NotConnected(NotSaid):
    """Nothing can be said there now."""

    def __init__(self) -> None:
        super().__init__("I am not connected there right now.", "いまそこには接続していません。")


class Announcements:
    """The platforms on which something can be said, and who wants to know of them."""

    def __init__(self) -> None:
        self._announcers: dict[str, Announcer] = {}
        self._waiting: list[Connected] = []
        self._parting: list[Disconnected] = []

    def when_connected(self, work: Connected) -> None:
        """Have something done each time that a platform can be spoken on anew; in its task, so
        that long work is to be begun, not awaited."""
        self._waiting.append(work)

    def when_disconnected(self, work: Disconnected) -> None:
        """Have something done when it no longer can be."""
        self._parting.append(work)

    async def connect(self, platform: str, announcer: Announcer) -> None:
        """From now on a platform can be spoken on."""
        self._announcers[platform] = announcer
        for work in self._waiting:
            await work(platform)

    def disconnect(self, platform: str) -> None:
        """It no longer can."""
        if self._announcers.pop(platform, None) is not None:
            for work in self._parting:
                work(platform)

    def platforms(self) -> list[str]:
        """All on which something can be said now."""
        return list(self._announcers)

    def connected(self, platform: str) -> bool:
        """Whether it can."""
        return platform in self._announcers

    async def say(self, conversation: ConversationKey, notice: Notice) -> str:
        """See `Announcer.announce`. Raises BotError; NotConnected where the platform is not."""
        announcer = self._announcers.get(conversation.platform)
        if announcer is None:
            raise NotConnected
        return await announcer.announce(conversation, notice)
