"""What showing a reply takes of a platform: one reply's place there, and how it may fail.

Knows no platform, and nothing of when something is shown (streaming.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from enum import Enum, auto
from typing import Protocol

from adapters.markup import Markup
from bot.errors import BotError
from bot.notices import Notice


class State(Enum):
    """What a message of a reply is: that decides which buttons stand below it."""

    WAITING = auto()  # the place in the queue, where the reply will stand
    WRITING = auto()  # the last one so far
    DONE = auto()  # the last one, complete
    CONTINUED = auto()  # another one follows
    NOTE = auto()  # not a reply: a place in the queue, an apology

    @property
    def unfinished(self) -> bool:
        """Whether more is to come in the same message."""
        return self in (State.WAITING, State.WRITING)


class Form(Enum):
    """How a text is shown: each form is refused less easily than the one before."""

    RICH = auto()  # with all that belongs to it
    BARE = auto()  # without buttons
    PLAIN = auto()  # nothing but text


class MessageGone(Exception):
    """A message of the reply was deleted on the platform: nobody wants to read on."""


class TryAgain(Exception):
    """The platform cannot be reached now, or is broken; the same may work later.

    `perhaps_done`: it may have been done all the same."""

    perhaps_done = True


class Refused(Exception):
    """The platform refuses this change; another form may pass. `code` is its word for why."""

    def __init__(self, code: str = "") -> None:
        super().__init__(code)
        self.code = code


class Unchangeable(Refused):
    """The platform refuses every change of this message; another message may pass."""


Reader = Callable[[], Awaitable[bool | None]]  # whether it is Japanese; None: not known


class Outlet(Protocol):
    """One reply's place on a platform. Raises MessageGone, TryAgain, Refused, and BotError for
    what will not mend itself (a missing permission)."""

    quiet: bool
    """Nobody asked the bot for certain: until it has begun to answer, trouble is told to nobody
    but the person whom it concerns."""

    reader: Reader | None
    """Finds out the language of who asked; None where that is the platform's to know."""

    @property
    def answered(self) -> bool:
        """Whether any part of a reply was shown."""

    @property
    def told(self) -> bool:
        """Whether anything was said beside the reply."""

    @property
    def limit(self) -> int:
        """How long a message may be, in the units of `length`."""

    @property
    def stopped_mark(self) -> str:
        """What stands below a reply that was stopped, in the platform's own markup."""

    def small_print(self, text: str) -> str:
        """A plain text as it stands below a reply, in the platform's own markup."""

    @property
    def markup(self) -> Markup:
        """How the platform reads Markdown."""

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms that differ here, the richest first."""

    def length(self, text: str) -> int:
        """How the platform counts: a sum over code points, of 1 or more each."""

    def doubt(self) -> None:
        """A process before this one began the reply, and may have sent parts that nobody knows
        of: they are to be looked for."""

    def thinking(self) -> AbstractAsyncContextManager[object]:
        """Show, while it is entered, that the bot is busy with an answer."""

    async def can_write(self) -> BotError | None:
        """What keeps a reply from being shown here, as far as that is known beforehand."""

    async def send(self, position: int, text: str, state: State, form: Form, anew: str) -> str:
        """Send the part at this position (0 is the first); the platform's id of the message.

        Sending the same part of the same reply again shows it once, for some minutes; it may
        then show the text that came first. `anew` is the id of the message in place of which
        it is sent, or empty: that makes it another part.
        """

    async def edit(self, platform_id: str, text: str, state: State, form: Form) -> None:
        """Replace what a message shows."""

    async def remove(self, platform_id: str) -> None:
        """Delete a message of this reply that is no longer needed."""

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """Say something that is no part of the reply; `private`: to the asker alone."""

    async def leave(self, *, cut_off: bool) -> None:
        """Nothing more is to come: take away what would wait for ever. `cut_off`: by the end of
        the process."""
