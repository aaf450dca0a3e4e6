"""Asks one party and takes the times: first token, whole turn, decode, prefill, loop's lag.

All channels ask at once and then wait for the slowest. A ticker sleeps 20 ms at a time on the
event loop meanwhile; what it oversleeps is the loop's lag, the time by which any platform's
event would have been late.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from statistics import median

from bot.bench.party import Ask, Party
from bot.bench.workload import Conversation, Workload

TICK = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Lag:
    """How late the event loop was, in seconds."""

    median: float
    p99: float
    worst: float

    @classmethod
    def of(cls, lags: list[float]) -> Lag:
        """From every tick's lag."""
        ordered = sorted(lags) or [0.0]
        return cls(median(ordered), ordered[int(len(ordered) * 0.99)], ordered[-1])


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of all channels. Seconds from when they asked; speeds are tokens a second.

    `first_token`: median over channels. `prefill`: all prompts' tokens over the time until the
    last channel had its first token. `decode`: tokens that came after that moment, over the
    time from it to the last token; a party that lets channels wait for each other is thus
    measured on the last of them.
    """

    first_token: float
    whole: float
    prefill: float
    decode: float


@dataclass(frozen=True, slots=True)
class Run:
    """A party's cold turn, its follow-up turns and the loop's lag meanwhile."""

    cold: Turn
    turns: tuple[Turn, ...]
    lag: Lag


async def measure(party: Party, work: Workload, seed: int) -> Run:
    """One session of a party: a cold turn and `work.turns` more. Raises what the party raises."""
    channels = [Conversation(work, channel, seed) for channel in range(work.channels)]
    async with party.session(work) as ask, ticking() as lags:
        turns = [await _turn(ask, channels, work)]
        for _ in range(work.turns):
            turns.append(await _turn(ask, channels, work))
    return Run(turns[0], tuple(turns[1:]), Lag.of(lags))


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Some tokens of a reply, and when they came."""

    at: float
    tokens: tuple[int, ...]


async def _turn(ask: Ask, channels: list[Conversation], work: Workload) -> Turn:
    """Let every channel ask once, and prepare its next question."""
    prompts = sum(len(conversation.tokens) for conversation in channels)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_listen(ask, channel, conversation.tokens))
            for channel, conversation in enumerate(channels)
        ]
    replies = [task.result() for task in tasks]
    for conversation, arrivals in zip(channels, replies, strict=True):
        reply = [token for arrival in arrivals for token in arrival.tokens]
        if len(reply) != work.reply:
            raise ValueError(f"a reply of {len(reply)} tokens where {work.reply} were asked for")
        conversation.follow_up(reply)
    firsts = [arrivals[0].at - began for arrivals in replies]
    all_began = began + max(firsts)
    ended = max(arrivals[-1].at for arrivals in replies)
    later = sum(len(a.tokens) for arrivals in replies for a in arrivals if a.at > all_began)
    return Turn(
        first_token=median(firsts),
        whole=ended - began,
        prefill=prompts / max(firsts),
        decode=later / (ended - all_began) if later else 0.0,
    )


async def _listen(ask: Ask, channel: int, prompt: list[int]) -> list[_Arrival]:
    arrivals = []
    async with aclosing(ask(channel, prompt)) as reply:
        async for tokens in reply:
            if tokens:
                arrivals.append(_Arrival(time.perf_counter(), tokens))
    if not arrivals:
        raise ValueError("a reply without tokens")
    return arrivals


@asynccontextmanager
async def ticking() -> AsyncIterator[list[float]]:
    """Every tick's lag, in seconds, until the end."""
    lags: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            lags.append(max(0.0, time.perf_counter() - before - TICK))

    ticker = asyncio.create_task(tick())
    try:
        yield lags
    finally:
        ticker.cancel()
        await asyncio.wait({ticker})
