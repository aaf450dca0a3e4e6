"""What processes of the bot that share a database tell each other: that a reply is to stop, that
something changed or was forgotten, that a conversation is free.

Signals carry ids and never what was said. One may be lost: nothing rests on them but how soon
something happens. Knows not how they travel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.messages import ConversationKey


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants the reply stopped that is being written in a conversation."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A stored message was edited; `gone`: it was deleted, or is not the bot's any more."""

    conversation: ConversationKey
    message_id: int
    gone: bool


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a person said was deleted at their wish."""

    platform: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """Somebody waits until a conversation is free."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class Free:
    """A reply has ended for which somebody waited."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class QuizBegan:
    """A quiz began on a platform: answers to it may come to any process."""

    platform: str


@dataclass(frozen=True, slots=True)
class Left:
    """Another process is no more: what it had in hand is to be taken up."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Others may have told something that did not arrive; or a conversation was deleted by
    hand."""


Signal = Stop | Changed | Forgotten | Awaited | Free | QuizBegan | Left | Missed


class Signals(Protocol):
    """To the other processes, and from them."""

    @property
    def shared(self) -> bool:
        """Whether there may be others."""

    async def tell(self, signal: Signal) -> None:
        """Tell all others. Never raises."""

    def listen(self, heard: Callable[[Signal], None]) -> None:
        """Have something done with what others tell."""


class Alone:
    """There are no others."""

    shared = False

    async def tell(self, signal: Signal) -> None:
        """Nobody hears it."""

    def listen(self, heard: Callable[[Signal], None]) -> None:
        """Nobody will tell anything."""
