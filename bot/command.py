"""What a command is: its names, its help in both languages, and what it does."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from bot.chat import Chat
from bot.messages import ReplyEvent
from bot.notices import Notice
from bot.ports import Caller

Answer = AsyncGenerator[Notice | ReplyEvent, None]
Run = Callable[[Chat, Caller, str], Answer]
Complete = Callable[[Chat, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Argument:
    """What may follow a command's name; the last one takes all that is left.

    `complete`: what it may be, from its beginning; the likeliest first.
    """

    name: str
    japanese_name: str
    english: str
    japanese: str
    choices: tuple[str, ...] = ()
    required: bool = False
    complete: Complete | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `private`: its answer concerns the caller alone.

    `administrators`: with an argument it concerns everybody in a channel. `everywhere`: it makes
    sense where the bot is not a member, only installed by a user. `unmistakable`: sentences hardly
    begin with its names, which then need no slash after a mention, whatever follows; nor do they
    where what follows begins like `unmistakable_like`, a regular expression.
    """

    name: str
    japanese_name: str
    english: str
    japanese: str
    run: Run
    arguments: tuple[Argument, ...] = ()
    administrators: bool = False
    private: bool = False
    everywhere: bool = False
    unmistakable: bool = False
    unmistakable_like: str = ""

    def usage(self) -> str:
        """The command as it is typed."""
        return " ".join([f"/{self.name}", *(f"[{a.name.upper()}]" for a in self.arguments)])


@dataclass(frozen=True, slots=True)
class MessageCommand:
    """A command about what a message says: `option` stands before its text."""

    english: str
    japanese: str
    command: Command
    option: str = ""
