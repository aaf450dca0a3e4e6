"""The whole bot under load, in small: what it is loaded with, and that what is printed was
measured. No times here."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from bot.bench.measure import Lag
from bot.bench.system import report
from bot.bench.system.filling import fill
from bot.bench.system.load import Figures
from bot.bench.system.process import Order, bot_on, work
from bot.bench.system.rows import LEFT, PLATFORM, WORKSPACE, Past
from bot.bench.system.size import Growth
from bot.bench.system.whole import Load, Measured
from bot.errors import BotError
from bot.messages import ConversationKey, Role
from storage.database import Database
from storage.reply_statements import waiting
from storage.store import SqlStore
from tests.empty_database import put_empty_database

CONVERSATIONS = 50


async def filled(file: Path, messages: int) -> str:
    """A database with so many messages; its URL."""
    put_empty_database(file)
    url = f"sqlite+aiosqlite:///{file}"
    await fill(url, CONVERSATIONS, messages, lambda _: None)
    return url


async def test_a_filled_database_is_as_if_it_had_been_talked_in(tmp_path: Path) -> None:
    """Threads continue their channels, and the last exchanges are as a killed process left them."""
    url = await filled(tmp_path / "kaiwa.db", 4_000)
    async with await Database.open(url) as database:
        store = SqlStore(database)
        counts = await store.conversations()
        assert len(counts) == CONVERSATIONS
        assert sum(count for *_, count in counts) == 4_000 - LEFT + _chatter_at_the_end(4_000)
        assert len(await store.undelivered(PLATFORM)) in range(LEFT - 4, LEFT + 1)
        assert len(await store.unanswered(PLATFORM)) in range(LEFT - 4, LEFT + 1)
        assert len(await store.latest(PLATFORM)) == CONVERSATIONS
        thread = next(id for id, key, _ in counts if key.thread)
        history = await store.history(thread, limit=5)
        assert {message.role for message in history} == set(Role)
    with pytest.raises(BotError, match="nothing was said"):
        await fill(url, CONVERSATIONS, 10, lambda _: None)


def _chatter_at_the_end(messages: int) -> int:
    """How many of the last exchanges are no question: they have their second message."""
    past = Past(CONVERSATIONS, messages, None)  # type: ignore[arg-type]  # no moments are asked
    last = range(past.exchanges - LEFT, past.exchanges)
    return sum(past.conversation(n) % 10 == 9 and n % 2 == 1 for n in last)


async def test_taking_up_what_was_left_takes_as_long_however_much_was_answered(
    tmp_path: Path,
) -> None:
    """SQLite's own steps are counted: ten times as many messages, no more work."""
    query = waiting(PLATFORM).compile(
        dialect=sqlite.dialect(),
        compile_kwargs={"literal_binds": True},
    )
    steps = {}
    for messages in (2_000, 20_000):
        file = tmp_path / f"{messages}.db"
        await filled(file, messages)
        connection = sqlite3.connect(file)
        taken: list[None] = []
        connection.set_progress_handler(lambda: taken.append(None), 10)  # noqa: B023
        found = connection.execute(str(query)).fetchall()
        connection.close()
        assert found
        steps[messages] = len(taken)
    assert steps[20_000] < 1.5 * steps[2_000]


async def test_a_process_answers_and_says_what_it_measured(tmp_path: Path) -> None:
    """Fully loaded, and with one question in each conversation."""
    url = await filled(tmp_path / "kaiwa.db", 400)
    order = Order(
        url,
        conversations=CONVERSATIONS,
        at_once=8,
        seconds=0.2,
        each=True,
        warm=25,
        step=0.001,
        tokens=3,
    )
    found = await work(order)
    assert found["load"]["turns"] >= 8 and found["load"]["rate"] > 0
    assert found["memory"]["known"] == CONVERSATIONS // 2
    assert found["memory"]["after"] > 1e6
    json.dumps(found)
    async with await Database.open(url) as database:
        store = SqlStore(database)
        assert await store.unanswered(PLATFORM) == []  # each was followed by an answer
        here = ConversationKey(PLATFORM, WORKSPACE, *Past(1, 2, None).place(0))  # type: ignore[arg-type]
        id = await store.find(here)
        assert id is not None
        *_, last = await store.history(id, limit=3)
        assert last.text == "それはいい"


async def test_a_paced_load_asks_so_often(tmp_path: Path) -> None:
    """One question after the other, at a set rate."""
    url = await filled(tmp_path / "kaiwa.db", 0)
    order = Order(url, conversations=4, seconds=0.2, rate=30, step=0.001, tokens=2)
    assert (await work(order))["load"]["turns"] == 6


async def test_the_bot_of_the_measurement_is_the_whole_one(tmp_path: Path) -> None:
    """It has everything but the engine."""
    put_empty_database(tmp_path / "kaiwa.db")
    url = f"sqlite+aiosqlite:///{tmp_path / 'kaiwa.db'}"
    async with bot_on(url, 0.001, 2) as (chat, store):
        assert chat.store is store and not chat.remote


def test_what_was_measured_is_printed() -> None:
    """A row for each load, of sums and of the worst; sizes beside their bounds; memory."""
    one = asdict(Figures(100, 10.0, 0.005, (0.01, 0.02), (0.03, 0.04), Lag(0.001, 0.002, 0.003)))
    one |= {"rate": 10.0}
    process = {"full": one, "half": one | {"lag": {"p99": 0.5}}, "resident": 100_000_000}
    memory = {"before": 100_000_000, "after": 110_000_000, "known": 50}
    growth = Growth((0.02, 0.01), (0.5, 0.1), (0.011, 0.010), (0.012, 0.010))
    loads = [Load("postgresql", [process, process])]
    measured = Measured(10_000_000, 10_000, 10_000, loads, memory, growth)
    said = report.text(measured)
    assert "| 20.0    | 10.0      | 5.00 " in said
    assert "500.0" in said and "1.10 ×" in said and "1.01 kB each" in said
    assert "| taking up what was left  | 0.5000 |" in said
    assert json.loads(report.as_json(measured))["system"]["messages"] == 10_000_000
