"""Loads the whole bot with questions, and takes the times: as many as it can answer, a set number
a second, or one in each of all conversations.

Seconds beyond the engine's are the bot's own: storing, deciding, reading history, making the
prompt, showing. The event loop's lag is measured beside (see bot.bench.measure).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median

from bot.bench.measure import Lag, ticking
from bot.bench.system.platform import BenchPlatform
from bot.messages import ConversationKey

Places = Callable[[int], ConversationKey]  # the nth conversation


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one load. `first` and `whole`: seconds until a reply is begun, and shown whole, beyond
    those of the engine: the median and the 99th percentile of each. `cpu`: seconds of this
    process a turn."""

    turns: int
    seconds: float
    cpu: float
    first: tuple[float, float]
    whole: tuple[float, float]
    lag: Lag

    @property
    def rate(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds


@dataclass(frozen=True, slots=True)
class Loader:
    """Asks in conversations. `step` and `tokens` are the engine's, to be taken off."""

    platform: BenchPlatform
    place: Places
    step: float
    tokens: int

    async def full(self, at_once: int, conversations: int, seconds: float) -> Figures:
        """So many ask at once, each anew once it has its reply, in another conversation."""
        return await self._measured(at_once, count(), conversations, seconds)

    async def all(self, at_once: int, first: int, conversations: int) -> Figures:
        """One question in each, so many at a time."""
        numbers = iter(range(first, first + conversations))
        return await self._measured(at_once, numbers, first + conversations, float("inf"))

    async def _measured(
        self, at_once: int, numbers: Iterator[int], conversations: int, seconds: float
    ) -> Figures:
        times: list[tuple[float, float]] = []
        until = time.perf_counter() + seconds

        async def talk() -> None:
            for number in numbers:
                if time.perf_counter() >= until:
                    return
                times.append(await self.platform.ask(self.place(number % conversations)))

        async with ticking() as lags:
            began, cpu = time.perf_counter(), time.process_time()
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(talk())
            return self._figures(times, time.perf_counter() - began, cpu, lags)

    async def paced(self, rate: float, conversations: int, seconds: float) -> Figures:
        """`rate` questions a second, each in the next of the conversations."""
        times: list[tuple[float, float]] = []

        async def once(number: int) -> None:
            times.append(await self.platform.ask(self.place(number % conversations)))

        async with ticking() as lags:
            began, cpu = time.perf_counter(), time.process_time()
            async with asyncio.TaskGroup() as group:
                for number in range(int(rate * seconds)):
                    wait = began + number / rate - time.perf_counter()
                    await asyncio.sleep(max(0.0, wait))
                    group.create_task(once(number))
            return self._figures(times, time.perf_counter() - began, cpu, lags)

    def _figures(
        self, times: list[tuple[float, float]], seconds: float, cpu: float, lags: list[float]
    ) -> Figures:
        firsts = sorted(first - self.step for first, _ in times)
        wholes = sorted(whole - self.step * self.tokens for _, whole in times)
        used = (time.process_time() - cpu) / len(times)
        two = [(median(of), of[int(len(of) * 0.99)]) for of in (firsts, wholes)]
        return Figures(len(times), seconds, used, two[0], two[1], Lag.of(lags))
