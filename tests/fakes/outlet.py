"""A place on a platform that remembers what it shows, and fails when a test wants it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from adapters.splitting import utf16_length
from adapters.streaming import MessageGone, State
from bot.errors import BotError
from bot.notices import Notice


@dataclass(slots=True)
class FakeOutlet:
    """Implements adapters.streaming.Outlet.

    `messages` are what the platform shows, by id, in order; `log` is every text that it was
    made to show, in order. The next calls raise the `faults`, in order (None: that call works);
    a `late` fault comes when the platform has done what it was told. Calls wait for `gate`.
    """

    messages: dict[str, tuple[str, State]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    told: list[tuple[str, bool]] = field(default_factory=list)
    faults: list[Exception | None] = field(default_factory=list)
    late: list[Exception | None] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    sent: dict[int, str] = field(default_factory=dict)  # position: id
    calls: int = 0  # that have begun
    busy: int = 0
    indicator: Exception | None = None
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

    def length(self, text: str) -> int:
        """See Outlet."""
        return utf16_length(text)

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

    async def send(self, position: int, text: str, state: State) -> str:
        """See Outlet. A part that is sent twice is shown once, as it was first."""
        await self._called()
        if self.sent.get(position) not in self.messages:
            self.sent[position] = f"sent{len(self.log)}"
            self.messages[self.sent[position]] = (text, state)
            self.log.append(text)
        _raise_next(self.late)
        return self.sent[position]

    async def edit(self, platform_id: str, text: str, state: State) -> None:
        """See Outlet."""
        await self._called()
        if platform_id not in self.messages:
            raise MessageGone
        self.messages[platform_id] = (text, state)
        self.log.append(text)
        _raise_next(self.late)

    async def remove(self, platform_id: str) -> None:
        """See Outlet."""
        await self._called()
        if self.messages.pop(platform_id, None) is None:
            raise MessageGone

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """See Outlet."""
        await self._called()
        self.told.append((notice.english, private))

    async def _called(self) -> None:
        self.calls += 1
        await self.gate.wait()
        _raise_next(self.faults)


def _raise_next(faults: list[Exception | None]) -> None:
    fault = faults.pop(0) if faults else None
    if fault is not None:
        raise fault
