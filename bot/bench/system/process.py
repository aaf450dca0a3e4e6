"""One process of the bot under load: `python -m bot.bench.system.process`, told by a line of JSON
on its standard input what to do. It answers with a line of JSON.

A process of its own, since memory and the time of the CPU are a process's; and on one core of its
own, where there are as many, so that figures of cores can be compared. It loads no torch.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import psutil  # type: ignore[import-untyped]  # it ships no types

from bot.app import DEMO_FOLDER
from bot.bench.system.engine import TimedEngine
from bot.bench.system.load import Loader
from bot.bench.system.platform import BenchPlatform
from bot.bench.system.rows import PLATFORM, WORKSPACE, Past
from bot.chat import Chat
from bot.messages import ConversationKey
from bot.prompt import RinnaFormat
from bot.tokenizer import load_tokenizer
from storage.database import Database
from storage.signals import sharing
from storage.store import SqlStore

WARM = 50  # conversations in each of which there is a turn before anything is measured


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to do. `number`: which of the processes it is. `first` and
    `conversations`: which of the database's are its own. `step` and `tokens`: see TimedEngine.

    For so many `seconds` it is loaded by `at_once` who ask without a pause, or, where `rate` is
    given, by so many questions a second. `each`: it is asked once in each conversation, to measure
    its memory, after `warm` turns in few: those fill what is kept whatever the conversation.
    """

    url: str
    number: int = 0
    first: int = 0
    conversations: int = 1_000
    at_once: int = 300
    seconds: float = 10.0
    rate: float = 0.0
    each: bool = False
    warm: int = 1_000
    step: float = 0.02
    tokens: int = 24


@asynccontextmanager
async def bot_on(url: str, step: float, tokens: int) -> AsyncIterator[tuple[Chat, SqlStore]]:
    """The whole bot but its model, over a database."""
    async with await Database.open(url) as database, sharing(database) as others:
        store = SqlStore(database)
        prompts = RinnaFormat(load_tokenizer(DEMO_FOLDER))
        yield Chat(store, TimedEngine(step, tokens), prompts, signals=others), store


async def work(order: Order) -> dict[str, Any]:
    """Carry out an order. What was measured, by the names of `Figures`."""
    past = Past(order.first + order.conversations, 2, datetime.now(UTC))
    found: dict[str, Any] = {}

    def place(number: int) -> ConversationKey:
        return ConversationKey(PLATFORM, WORKSPACE, *past.place(order.first + number))

    async with bot_on(order.url, order.step, order.tokens) as (chat, _):
        name = f"{datetime.now(UTC).timestamp():.6f}.{order.number}"
        platform = BenchPlatform(chat, name)
        loader = Loader(platform, place, order.step, order.tokens)
        known = min(WARM, order.conversations // 2)
        await loader.all(10, 0, known)
        if order.rate:
            load = await loader.paced(order.rate, order.conversations, order.seconds)
            found["load"] = asdict(load) | {"rate": load.rate}
        elif order.seconds:
            load = await loader.full(order.at_once, order.conversations, order.seconds)
            found["load"] = asdict(load) | {"rate": load.rate}
        if order.each:
            for _ in range(order.warm // known):
                await loader.all(100, 0, known)
            before = _resident()
            await loader.all(100, known, order.conversations - known)
            found["memory"] = {"before": before, "after": _resident(), "known": known}
        found["resident"] = _resident()
    return found


def _resident() -> int:
    """Bytes of this process that are in memory, with nothing left to be collected."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def _take_a_core(number: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[(number + 1) % len(cores)]})


if __name__ == "__main__":
    given = Order(**json.loads(sys.stdin.readline()))
    _take_a_core(given.number)
    print(json.dumps(asyncio.run(work(given))))
