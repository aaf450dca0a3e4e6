"""Signals between several chats in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.signals import Signal


@dataclass(slots=True)
class Wire:
    """What is told, in order, and who hears. `cut`: nobody does."""

    ends: list[End] = field(default_factory=list)
    told: list[Signal] = field(default_factory=list)
    cut: bool = False

    def end(self) -> End:
        """For one more chat."""
        self.ends.append(End(self))
        return self.ends[-1]


@dataclass(eq=False, slots=True)
class End:
    """Implements bot.signals.Signals."""

    wire: Wire
    hearing: list[Callable[[Signal], None]] = field(default_factory=list)
    shared: bool = True

    async def tell(self, signal: Signal) -> None:
        """See Signals. It arrives some time later."""
        self.wire.told.append(signal)
        if self.wire.cut:
            return
        for end in self.wire.ends:
            if end is not self:
                for heard in end.hearing:
                    asyncio.get_running_loop().call_soon(heard, signal)

    def listen(self, heard: Callable[[Signal], None]) -> None:
        """See Signals."""
        self.hearing.append(heard)
