"""What a platform tells of a message: what follows from its ids and flags at once, and what is
asked for where it is needed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from adapters.outlet import Outlet
from adapters.reading import Unreadable
from bot.errors import BotError
from bot.messages import ConversationKey, IncomingMessage
from bot.ports import Caller

# How much later somebody who says something and then calls the bot still means that.
RIGHT_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says: its text, its author's name, and what of it cannot be read."""

    text: str
    author_name: str
    unreadable: tuple[Unreadable, ...] = ()


class Said(Protocol):
    """A message as a platform delivered it, or has it in its history."""

    async def envelope(self) -> IncomingMessage | None:
        """The message without its text, from ids and flags alone; its author's name may be an
        id. None where it is nobody's to answer."""

    @property
    def place(self) -> Hashable:
        """Where it was said. What happens in a place is taken in as it came."""

    @property
    def version(self) -> Hashable:
        """Which of its texts this is, where it was edited; the same however it is delivered."""

    @property
    def forwards(self) -> bool:
        """Whether it passes on somebody's words, without a word of its author's own."""

    @property
    def outlet(self) -> Outlet:
        """The place for the answer; always the same."""

    async def welcome(self) -> bool:
        """Whether the bot talks with its author there. Raises TryAgain."""

    def lacking(self) -> BotError | None:
        """What the bot lacks to answer there."""

    async def read(self) -> Heard:
        """What it says, without what may not be kept of others. Raises BotError."""

    async def before(self, forward: str | None) -> str:
        """What its author said right before it, as a quotation; empty where that was nothing.

        `forward`: the id of the message, where it is known. Raises BotError.
        """

    async def opening(self) -> str:
        """What the thread that it stands in was made from, as a quotation, where that is not
        kept. Raises BotError."""

    def there(self, conversation: ConversationKey) -> Outlet:
        """The place of a reply of another conversation, for which it asks."""

    async def caller(self) -> Caller:
        """Its author, as who gives a command. Raises BotError."""
