"""What is watched of a running bot. Its parts come as they are built, and until then are missing:
so a bot that still loads its model can be asked, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.meters import DatabaseTimes, EngineTotals, Histogram, Meters

LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds


@dataclass(slots=True)
class Engine:
    """`busy`: how many replies are written and how many wait; `cached`: tokens in its cache;
    `ended`: whether it computes no more."""

    totals: EngineTotals
    busy: Callable[[], tuple[int, int]]
    cached: Callable[[], int]
    ended: Callable[[], bool]


@dataclass(slots=True)
class Database:
    """`ping` raises BotError where it does not answer."""

    times: DatabaseTimes
    ping: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Watched:
    """`about`: words about this bot that do not change, by their names."""

    meters: Meters
    about: dict[str, str]
    engine: Engine | None = None
    database: Database | None = None
    lags: Histogram = field(default_factory=lambda: Histogram(LAGS))
