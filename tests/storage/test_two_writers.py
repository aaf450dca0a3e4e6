"""Two writers on one file: whatever they do, no message is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import ConversationKey
from storage.database import Database
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, incoming

# A step: which writer (0 or 1), and which platform message it delivers. Both writers draw from
# the same few ids, so that deliveries collide.
STEP = st.tuples(st.integers(0, 1), st.integers(0, 7))
# What happens at the same time, and then what follows.
SCHEDULE = st.lists(st.lists(STEP, min_size=1, max_size=4), min_size=1, max_size=5)


@dataclass
class TwoWriters:
    """Two processes' worth of stores, kept open over all examples for speed."""

    runner: asyncio.Runner
    stores: tuple[SqlStore, SqlStore]
    channels: Iterator[ConversationKey]


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoWriters]:
    """Two stores with engines of their own on the same new file."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('two')}/kaiwa.db"
    with asyncio.Runner() as runner:
        one, two = (runner.run(Database.open(url)) for _ in range(2))
        channels = (replace(CHANNEL, channel=f"c{number}") for number in count())
        yield TwoWriters(runner, (SqlStore(one), SqlStore(two)), channels)
        runner.run(one.close())
        runner.run(two.close())


@settings(max_examples=40, deadline=None)
@given(schedule=SCHEDULE)
def test_whatever_two_writers_do_each_message_is_there_once_and_in_order(
    writers: TwoWriters, schedule: list[list[tuple[int, int]]]
) -> None:
    """Steps of a batch overlap, batches follow each other; the acknowledged order is kept."""
    here = next(writers.channels)

    async def run() -> None:
        acknowledged: dict[str, int] = {}
        batch_of: dict[str, int] = {}
        new: list[str] = []
        for number, batch in enumerate(schedule):
            deliveries = [(writer, f"m{message}") for writer, message in batch]
            stored = await asyncio.gather(
                *(
                    writers.stores[writer].add_message(incoming(id, conversation=here))
                    for writer, id in deliveries
                )
            )
            for (_, id), entry in zip(deliveries, stored, strict=True):
                assert acknowledged.setdefault(id, entry.message_id) == entry.message_id
                batch_of.setdefault(id, number)
                new += [id] if entry.is_new else []
        assert sorted(new) == sorted(acknowledged)
        for store in writers.stores:
            conversation = await store.find(here)
            assert conversation is not None
            messages = await store.history(conversation, limit=100)
            assert {m.platform_id: m.id for m in messages} == acknowledged
            assert len(messages) == len(acknowledged)
            order = [batch_of[m.text] for m in messages]
            assert order == sorted(order)

    writers.runner.run(run())


WRITER = """
import asyncio, sys, warnings
warnings.simplefilter("error")
from storage.database import Database
from storage.store import SqlStore
from tests.fakes.incoming import incoming

async def main(url, name):
    async with await Database.open(url) as database:
        history = SqlStore(database)
        for number in range(20):
            await history.add_message(incoming(f"{name}-{number}"))
            await history.add_message(incoming(f"shared-{number}"))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_processes_that_start_and_write_at_once_lose_nothing(url: str) -> None:
    """From a file that is not there yet: one migrates, both write, each in its own order."""
    root = Path(__file__).parents[2]
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, name, cwd=root)
        for name in ("one", "two")
    ]
    assert [await process.wait() for process in processes] == [0, 0]
    async with await Database.open(url) as database:
        history = SqlStore(database)
        here = await history.find(CHANNEL)
        assert here is not None
        texts = [message.text for message in await history.history(here, limit=1_000)]
    for name in ("one", "two", "shared"):
        mine = [text for text in texts if text.startswith(name)]
        assert mine == [f"{name}-{number}" for number in range(20)]
