"""What `kaiwa bench --system` measures: it fills what is to be filled, and starts the processes.

Without a URL it works on a SQLite file in a temporary folder. A PostgreSQL database is named by
its URL; it is filled where nothing was said in it, and stays as it is afterwards.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, make_url, select

from bot.bench.system.filling import fill
from bot.bench.system.process import Order
from bot.bench.system.size import Growth, growth
from bot.errors import BotError
from storage.database import Database
from storage.schema import ConversationRow, MessageRow

SHARE = 0.5  # of what it can answer, at which waiting times are measured
TURNS = 150  # in each of the databases whose size is compared
ENOUGH = 100_000  # stored messages from which on size is compared


@dataclass(frozen=True, slots=True)
class Load:
    """What processes found that were loaded at once: see bot.bench.system.process."""

    database: str
    processes: Sequence[dict[str, Any]]


@dataclass(slots=True)
class Measured:
    """Everything. `growth` is of the database, where it is large enough to tell. `asked`: in how
    many conversations memory was measured."""

    messages: int
    conversations: int
    asked: int
    loads: list[Load] = field(default_factory=list)
    memory: dict[str, int] | None = None
    growth: Growth | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured: `processes` at once, for some `seconds` each load; in all of them
    together so many ask `at_once` where they are fully loaded."""

    conversations: int
    messages: int
    processes: Sequence[int]
    seconds: float
    at_once: int = 300


async def measure(url: str | None, plan: Plan, say: Callable[[str], None]) -> Measured:
    """Measure what is planned on the database at `url`. Raises BotError."""
    with tempfile.TemporaryDirectory() as folder:
        at = url or f"sqlite+aiosqlite:///{Path(folder) / 'kaiwa.db'}"
        stored, conversations = await _stored(at)
        if not stored and plan.messages:
            say(f"{plan.messages:,} messages in {plan.conversations:,} conversations …")
            await fill(at, plan.conversations, plan.messages, say)
            stored, conversations = await _stored(at)
        found = Measured(stored, conversations, plan.conversations)
        kind = make_url(at).get_backend_name()
        for count in plan.processes:
            if count > 1 and kind == "sqlite":
                say("several processes: only on PostgreSQL, --url postgresql+asyncpg://…")
                continue
            found.loads.append(Load(kind, await _loaded(at, count, plan, say)))
        if stored >= ENOUGH and kind == "sqlite":
            say("a start, what is taken up, and a turn, beside those of an empty database …")
            found.growth = await growth(at, conversations, stored, TURNS, say)
        say(f"memory, with a turn in each of {plan.conversations:,} conversations …")
        memory = Order(at, conversations=plan.conversations, seconds=0, step=0.001, each=True)
        found.memory = (await _run(memory))["memory"]
        _, found.conversations = await _stored(at)
    return found


async def _stored(url: str) -> tuple[int, int]:
    """How many messages and conversations there are."""
    async with await Database.open(url) as database, database.read() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table))
            for table in (MessageRow, ConversationRow)
        ]
    return counts[0] or 0, counts[1] or 0


async def _loaded(
    url: str, count: int, plan: Plan, say: Callable[[str], None]
) -> Sequence[dict[str, Any]]:
    """Load so many processes at once, each with conversations of its own: fully, then by half."""
    share = plan.conversations // count
    orders = [
        Order(
            url,
            number=number,
            first=number * share,
            conversations=share,
            at_once=max(1, plan.at_once // count),
            seconds=plan.seconds,
        )
        for number in range(count)
    ]
    say(f"{count} process(es), fully loaded …")
    full = await asyncio.gather(*map(_run, orders))
    say("and half as much …")
    rates = [SHARE * found["load"]["rate"] for found in full]
    paced = [replace(order, rate=rate) for order, rate in zip(orders, rates, strict=True)]
    halves = await asyncio.gather(*map(_run, paced))
    return [
        {"full": one["load"], "half": half["load"], "resident": one["resident"]}
        for one, half in zip(full, halves, strict=True)
    ]


async def _run(order: Order) -> dict[str, Any]:
    """Let a process carry out an order. Raises BotError."""
    given = asdict(order)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.bench.system.process"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    try:
        said, _ = await process.communicate(json.dumps(given).encode() + b"\n")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise BotError(
            "A process of the measurement failed; what it said stands above.",
            "計測のプロセスが失敗しました。その出力は上にあります。",
        )
    found: dict[str, Any] = json.loads(said)
    return found
