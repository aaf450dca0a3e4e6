"""Turns a second on one core: of this state of the project beside an earlier one, by one script.

    python -m tests.turns_against COMMIT [--rounds 3] [--turns 1000] [--at-once 200]

The earlier state is taken out of git into a temporary folder, and both are run in turn, each in a
process of its own on the same core, with the packages that are installed here. A turn is all that
the bot does but the model: a question is stored, decided upon and answered, its reply written in
steps of a set time, shown and stored, on SQLite with every commit on the disk. The script takes
only what both states have: `Chat.respond`, `Deliveries.show` and the ports.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
STEP = 0.02  # seconds
TOKENS = 24  # of a reply
SAYINGS = (
    "今日は何をしましたか。",
    "VRについて教えてください。",
    "Let us learn Japanese.",
    "もう少し詳しく説明してもらえますか。",
)
TARGET = 3.0


class Place:
    """A place for one reply that shows nothing. Implements Outlet as each state has it."""

    def __init__(self, id: str, markup: Any) -> None:
        self.id, self.markup, self.sent, self.quiet, self.reader = id, markup, 0, False, None
        self.limit, self.stopped_mark, self.forms, self.told = 2_000, "(stopped)", (None,), False

    @property
    def answered(self) -> bool:
        """See Outlet."""
        return self.sent > 0

    def small_print(self, text: str) -> str:
        """See Outlet."""
        return text

    def length(self, text: str) -> int:
        """As Discord counts."""
        return len(text.encode("utf-16-le")) // 2

    def doubt(self) -> None:
        """See Outlet."""

    @asynccontextmanager
    async def thinking(self) -> AsyncIterator[None]:
        """See Outlet."""
        yield

    async def can_write(self) -> None:
        """See Outlet."""

    async def send(self, *_: Any) -> str:
        """See Outlet."""
        self.sent += 1
        return f"{self.id}.{self.sent}"

    async def edit(self, *_: Any) -> None:
        """See Outlet."""

    async def remove(self, *_: Any) -> None:
        """See Outlet."""

    async def tell(self, notice: Any, **_: Any) -> None:
        """See Outlet."""
        raise AssertionError(notice)

    async def leave(self, **_: Any) -> None:
        """See Outlet."""


async def measured(turns: int, at_once: int) -> dict[str, float]:
    """How many turns a second, and how much of the CPU each took, with so many at once; of the
    turns that follow when each has had one."""
    from adapters.delivery import Deliveries
    from bot.app import DEMO_FOLDER
    from bot.chat import Chat
    from bot.messages import ConversationKey, IncomingMessage
    from bot.prompt import RinnaFormat
    from bot.tokenizer import load_tokenizer
    from storage.database import Database
    from storage.store import SqlStore

    # The earlier state has no such stand-in; this one's needs no more than both have.
    timed: Any = runpy.run_path(str(ROOT / "bot/bench/system/engine.py"))["TimedEngine"]
    markup: Any = None
    with suppress(ImportError):  # the earlier state has none
        from adapters.markup import DISCORD

        markup = DISCORD
    ends: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'kaiwa.db'}"
        async with await Database.open(url) as database:
            prompts = RinnaFormat(load_tokenizer(DEMO_FOLDER))
            chat: Any = Chat(SqlStore(database), timed(STEP, TOKENS), prompts)
            deliveries: Any = Deliveries(chat, 1.0)

            async def talk(conversation: int) -> None:
                key, number = ConversationKey("bench", "w", f"c{conversation}"), 0
                while len(ends) < at_once + turns:
                    number += 1
                    id, said = f"{conversation}-{number}", SAYINGS[number % len(SAYINGS)]
                    message = IncomingMessage(key, id, f"u{conversation}", "Aiko", said, _now())
                    place = Place(id, markup)
                    await deliveries.show(key, chat.respond(message), place)
                    assert place.sent, "a turn was not answered"
                    ends.append((time.perf_counter(), time.process_time()))

            await asyncio.gather(*map(talk, range(at_once)))
    (began, cpu_before), (ended, cpu) = ends[at_once - 1], ends[at_once + turns - 1]
    return {"rate": turns / (ended - began), "cpu": (cpu - cpu_before) / turns}


def _now() -> datetime:
    return datetime.now(UTC)


def run(source: Path, turns: int, at_once: int) -> dict[str, float]:
    """A run of one state, in a process on one core."""
    program = f"import runpy; m = runpy.run_path({__file__!r}); m['child']({turns}, {at_once})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def child(turns: int, at_once: int) -> None:
    """What such a process does. Prints what it found."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(json.dumps(asyncio.run(measured(turns, at_once))))


def compare(commit: str, rounds: int, turns: int, at_once: int) -> float:
    """Print the runs of both states, and how many times as fast this one is, by the median."""
    now: list[dict[str, float]] = []
    before: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        for number in range(rounds):
            for name, source, found in (("now", ROOT, now), (commit, Path(folder), before)):
                figures = run(source, turns, at_once)
                found.append(figures)
                print(
                    f"{number + 1}  {name:8} {figures['rate']:6.1f} turns/s, "
                    f"{figures['cpu'] * 1e3:5.2f} ms of CPU a turn",
                    flush=True,
                )
    pairs = list(zip(now, before, strict=True))
    ratio: float = median(new["rate"] / old["rate"] for new, old in pairs)
    cpu = median(old["cpu"] / new["cpu"] for new, old in pairs)
    print(f"{ratio:.2f} × the turns a second (at least {TARGET:g}), {cpu:.2f} × by the CPU's time")
    return ratio


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("commit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=1_000)
    parser.add_argument("--at-once", type=int, default=200)
    given = parser.parse_args()
    reached = compare(given.commit, given.rounds, given.turns, given.at_once)
    raise SystemExit(reached < TARGET)
