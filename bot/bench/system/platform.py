"""A platform in this process: what people say comes in as from any other, and what the bot shows
is looked at and thrown away. No socket is between, so that the time is the bot's own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from adapters.controls import Controls
from adapters.delivery import Deliveries
from adapters.intake import Intake
from adapters.markup import DISCORD
from adapters.outlet import Form, Reader, State
from adapters.said import Heard
from adapters.small_print import small_print
from adapters.splitting import utf16_length
from bot.bench.system.rows import QUESTIONS
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import ConversationKey, IncomingMessage
from bot.notices import Notice
from bot.ports import Caller

INTERVAL = 1.0  # seconds between edits of a message, as on Discord


class NotAnswered(Exception):
    """The bot said something other than a reply, or nothing."""


@dataclass(slots=True)
class Shown:
    """One reply's place. Implements adapters.outlet.Outlet; `began` and `ended` are when its first
    words and its last were shown."""

    id: str
    began: float = 0.0
    ended: float = 0.0
    sent: int = 0
    quiet: bool = False
    reader: Reader | None = None
    said: Notice | BotError | None = None
    limit = 2_000
    stopped_mark = "(stopped)"
    markup = DISCORD
    forms = (Form.RICH,)

    @property
    def answered(self) -> bool:
        """See Outlet."""
        return self.sent > 0

    @property
    def told(self) -> bool:
        """See Outlet."""
        return self.said is not None

    def small_print(self, text: str) -> str:
        """See Outlet."""
        return small_print(text, "-# ")

    def length(self, text: str) -> int:
        """See Outlet."""
        return utf16_length(text)

    def doubt(self) -> None:
        """See Outlet."""

    @asynccontextmanager
    async def thinking(self) -> AsyncIterator[None]:
        """See Outlet."""
        yield

    async def can_write(self) -> BotError | None:
        """See Outlet."""
        return None

    async def send(self, position: int, text: str, state: State, form: Form, anew: str) -> str:
        """See Outlet."""
        self.sent += 1
        self._show(state)
        return f"{self.id}.{self.sent}"

    async def edit(self, platform_id: str, text: str, state: State, form: Form) -> None:
        """See Outlet."""
        self._show(state)

    def _show(self, state: State) -> None:
        now = time.perf_counter()
        self.began = self.began or now
        if state is State.DONE:
            self.ended = now

    async def remove(self, platform_id: str) -> None:
        """See Outlet."""

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """See Outlet."""
        self.said = notice

    async def leave(self, *, cut_off: bool) -> None:
        """See Outlet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the platform delivers it. Implements adapters.said.Said."""

    message: IncomingMessage
    outlet: Shown
    forwards = False
    version = 0

    async def envelope(self) -> IncomingMessage:
        """See Said."""
        return replace(self.message, text="")

    @property
    def place(self) -> Hashable:
        """See Said."""
        return self.message.conversation

    async def welcome(self) -> bool:
        """See Said."""
        return True

    def lacking(self) -> BotError | None:
        """See Said."""
        return None

    async def read(self) -> Heard:
        """See Said."""
        return Heard(self.message.text, self.message.author_name)

    async def before(self, forward: str | None) -> str:
        """See Said."""
        return ""

    async def opening(self) -> str:
        """See Said."""
        return ""

    def there(self, conversation: ConversationKey) -> Shown:
        """See Said."""
        return self.outlet

    async def caller(self) -> Caller:
        """See Said."""
        return Caller(self.message.conversation, self.message.author_id)


class BenchPlatform:
    """Takes questions of any number of conversations to a chat, and waits for the replies."""

    def __init__(self, chat: Chat, name: str) -> None:
        self._name = name  # so that no message of another run or process has the same id
        self._said = 0
        self._deliveries = Deliveries(chat, INTERVAL)
        self._intake = Intake(chat, self._deliveries, Controls(chat, self._deliveries))
        self._intake.open()

    async def ask(self, key: ConversationKey) -> tuple[float, float]:
        """Ask in a conversation; after how many seconds its reply was begun, and shown whole.

        Raises NotAnswered.
        """
        self._said += 1
        id = f"{self._name}.{self._said}"
        message = IncomingMessage(
            conversation=key,
            id=id,
            author_id=f"U{hash(key) % 100_000}",
            author_name="Aiko",
            text=QUESTIONS[self._said % len(QUESTIONS)],
            sent_at=datetime.now(UTC),
        )
        shown, began = Shown(id), time.perf_counter()
        await self._intake.said(Asked(message, shown))
        if shown.told or not shown.ended:
            raise NotAnswered(getattr(shown.said, "english", None) or "nothing was said")
        return shown.began - began, shown.ended - began
