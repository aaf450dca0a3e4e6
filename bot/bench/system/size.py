"""How what the bot does grows with its database: a start, taking up what was left, and a turn, in
a large database and in one that is as good as empty, one after the other.

A turn in a conversation that is new is compared with one in an empty database; a turn in one that
is old, with one in a database that holds nothing but twenty such conversations, since reading a
history and making the prompt of it take their time whatever else is stored.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bot.bench.system.filling import fill
from bot.bench.system.platform import BenchPlatform
from bot.bench.system.process import bot_on
from bot.bench.system.rows import PLATFORM, WORKSPACE, Past
from bot.messages import ConversationKey
from storage.database import Database
from storage.store import SqlStore

FEW = 20  # conversations of the small database
STARTS = 5


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds, medians: each of the large database and of the small one."""

    start: tuple[float, float]
    take_up: tuple[float, float]
    new_turn: tuple[float, float]
    old_turn: tuple[float, float]


async def growth(
    url: str, conversations: int, messages: int, turns: int, say: Callable[[str], None]
) -> Growth:
    """Compare the SQLite database at `url`, which holds so much, with small ones."""
    with tempfile.TemporaryDirectory() as folder:
        empty = f"sqlite+aiosqlite:///{Path(folder) / 'empty.db'}"
        few = f"sqlite+aiosqlite:///{Path(folder) / 'few.db'}"
        async with await Database.open(empty):
            pass
        await fill(few, FEW, FEW * messages // conversations, lambda _: None)
        starts = [(await _start(url), await _start(empty)) for _ in range(STARTS)]
        taken_up = [(await _take_up(url), await _take_up(few)) for _ in range(STARTS)]
        say("turns …")
        async with AsyncExitStack() as bots:
            asked = {}
            for name, at in (("large", url), ("empty", empty), ("few", few)):
                chat, _ = await bots.enter_async_context(bot_on(at, 0.0, 1))
                stamp = f"{datetime.now(UTC).timestamp():.6f}"
                asked[name] = BenchPlatform(chat, stamp).ask
            large, small = (
                Past(conversations, 2, datetime.now(UTC)),
                Past(FEW, 2, datetime.now(UTC)),
            )
            new, old = [], []
            for turn in range(turns + 3):
                fresh = ConversationKey(PLATFORM, WORKSPACE, f"new {stamp} {turn // 4}")
                new.append((await _turn(asked["large"], fresh), await _turn(asked["empty"], fresh)))
                # Not the busy one, of whose length there is no other; a few turns in each.
                there = 1 + turn // 4 * 997 % (conversations - 1)
                here = 1 + turn // 4 % (FEW - 1)
                old.append(
                    (
                        await _turn(asked["large"], _place(large, there)),
                        await _turn(asked["few"], _place(small, here)),
                    )
                )
    return Growth(_medians(starts), _medians(taken_up), _medians(new[3:]), _medians(old[3:]))


async def _start(url: str) -> float:
    began = time.perf_counter()
    database = await Database.open(url)
    took = time.perf_counter() - began
    await database.close()
    return took


async def _take_up(url: str) -> float:
    """The queries with which a platform begins (see adapters.absence), and catching up."""
    async with await Database.open(url) as database:
        store, began = SqlStore(database), time.perf_counter()
        await store.undelivered(PLATFORM)
        await store.unanswered(PLATFORM)
        await store.latest(PLATFORM)
        return time.perf_counter() - began


async def _turn(
    ask: Callable[[ConversationKey], Awaitable[tuple[float, float]]], key: ConversationKey
) -> float:
    return (await ask(key))[1]


def _place(past: Past, conversation: int) -> ConversationKey:
    return ConversationKey(PLATFORM, WORKSPACE, *past.place(conversation))


def _medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return median(large for large, _ in pairs), median(small for _, small in pairs)
