"""A place on a platform that remembers what it shows, and fails when a test wants it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from adapters.markup import DISCORD, Markup
from adapters.outlet import Form, MessageGone, Reader, Refused, State, Unchangeable
from adapters.small_print import small_print
from adapters.splitting import utf16_length
from bot.errors import BotError
from bot.notices import Notice


@dataclass(slots=True)
class FakeOutlet:
    """Implements adapters.outlet.Outlet.

    `messages` are what the platform shows, by id, in order; `log` is every text that it was
    made to show, in order. The next calls raise the `faults`, in order (None: that call works);
    a `late` fault comes when the platform has done what it was told. Calls wait for `gate`.
    Texts that hold one of the `rejects` are refused in every form but the plain one; the
    `frozen` messages cannot be changed. `left` says how each delivery was left: cut off or not.
    """

    messages: dict[str, tuple[str, State]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    said: list[tuple[str, bool]] = field(default_factory=list)
    faults: list[Exception | None] = field(default_factory=list)
    late: list[Exception | None] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    sent: dict[tuple[int, str], str] = field(default_factory=dict)  # by position and `anew`
    calls: int = 0  # that have begun
    counted: int = 0  # texts whose length was asked for
    busy: int = 0
    indicator: Exception | None = None
    rejects: set[str] = field(default_factory=set)
    frozen: set[str] = field(default_factory=set)
    written_as: dict[str, Form] = field(default_factory=dict)  # by id
    left: list[bool] = field(default_factory=list)
    unwritable: BotError | None = None
    answered: bool = False
    quiet: bool = False
    reader: Reader | None = None
    forms: tuple[Form, ...] = (Form.RICH, Form.BARE, Form.PLAIN)
    markup: Markup = DISCORD
    limit: int = 2_000
    stopped_mark: str = "(stopped)"

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def texts(self) -> list[str]:
        """What can be read now."""
        return [text for text, _ in self.messages.values()]

    @property
    def states(self) -> list[State]:
        """The messages' states."""
        return [state for _, state in self.messages.values()]

    def small_print(self, text: str) -> str:
        """See Outlet."""
        return small_print(text, "-# ")

    def length(self, text: str) -> int:
        """See Outlet."""
        self.counted += 1
        return utf16_length(text)

    def doubt(self) -> None:
        """See Outlet."""

    def thinking(self) -> AbstractAsyncContextManager[object]:
        """See Outlet."""
        return self._thinking()

    @asynccontextmanager
    async def _thinking(self) -> AsyncIterator[None]:
        if self.indicator is not None:
            raise self.indicator
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1

    async def can_write(self) -> BotError | None:
        """See Outlet."""
        return self.unwritable

    async def send(self, position: int, text: str, state: State, form: Form, anew: str) -> str:
        """See Outlet. A part that is sent twice is shown once, as it was first."""
        await self._called()
        self._take(text, form)
        part = (position, anew)
        if self.sent.get(part) not in self.messages:
            self.sent[part] = f"sent{len(self.log)}"
            self._write(self.sent[part], text, state, form)
        _raise_next(self.late)
        return self.sent[part]

    async def edit(self, platform_id: str, text: str, state: State, form: Form) -> None:
        """See Outlet."""
        await self._called()
        if platform_id not in self.messages:
            raise MessageGone
        if platform_id in self.frozen:
            raise Unchangeable("frozen")
        self._take(text, form)
        self._write(platform_id, text, state, form)
        _raise_next(self.late)

    def _take(self, text: str, form: Form) -> None:
        if form is not Form.PLAIN and any(each in text for each in self.rejects):
            raise Refused("rejected")

    def _write(self, platform_id: str, text: str, state: State, form: Form) -> None:
        self.messages[platform_id] = (text, state)
        self.written_as[platform_id] = form
        self.answered = True
        self.log.append(text)

    async def remove(self, platform_id: str) -> None:
        """See Outlet."""
        await self._called()
        if self.messages.pop(platform_id, None) is None:
            raise MessageGone

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """See Outlet."""
        await self._called()
        self.said.append((notice.english, private))

    @property
    def told(self) -> bool:
        """See Outlet."""
        return bool(self.said)

    async def leave(self, *, cut_off: bool) -> None:
        """See Outlet."""
        self.left.append(cut_off)

    async def _called(self) -> None:
        self.calls += 1
        await self.gate.wait()
        _raise_next(self.faults)


def _raise_next(faults: list[Exception | None]) -> None:
    fault = faults.pop(0) if faults else None
    if fault is not None:
        raise fault
