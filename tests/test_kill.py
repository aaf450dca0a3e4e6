from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from itertools import pairwise
from pathlib import Path

import pytest

from bot.messages import Message, Role
from storage.database import Database
from storage.store import SqlStore
from tests.kill_victim import KEY, serve

KILLS = 50


@pytest.mark.timeout(1_800)
def test_kill_minus_9_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The real bot is killed at 50 random moments: starting, storing, generating, finishing.

    What it had acknowledged is there afterwards. What it had not is delivered again under the
    same id, as platforms do, and nothing is stored or answered twice.
    """
    rng = random.Random(1)
    url = f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.kill_imports"])
    sent: list[str] = []
    acknowledged: dict[str, str | None] = {}  # id: its reply, where that was seen
    finished: set[str] = set()
    asked = taken = 0.0  # when the newest question was, and how long the newest reply took

    for round in range(KILLS + 1):
        ours, theirs = context.Pipe()
        victim = context.Process(target=serve, args=(theirs, url), daemon=True)
        victim.start()
        theirs.close()
        last = round == KILLS
        starting = rng.random() < 0.2
        end = time.monotonic() + (rng.uniform(0.05, 2) if starting else 60)
        try:
            while last or time.monotonic() < end:
                if not ours.poll(None if last else max(0.0, end - time.monotonic())):
                    break
                kind, value = ours.recv()
                if kind == "ready":
                    asked = time.monotonic()
                    if not last:
                        sent.append(f"m{len(sent)}")
                        end = asked + (rng.uniform(0, 4 * taken) if taken else 60)
                    for id in sent:
                        if id not in finished:
                            ours.send((id, f"これは{id}です。"))
                elif kind == "done":
                    finished.add(value)
                    if not taken:
                        end = time.monotonic()
                    taken = time.monotonic() - asked
                elif value is not None:
                    acknowledged[kind] = value
                else:
                    acknowledged.setdefault(kind, None)
                if last and finished.issuperset(sent):
                    break
                if not last and kind == "done" and finished.issuperset(sent):
                    sent.append(f"m{len(sent)}")
                    asked = time.monotonic()
                    ours.send((sent[-1], f"これは{sent[-1]}です。"))
        finally:
            victim.kill()
            victim.join()
            ours.close()

    stored = asyncio.run(_history(url))
    questions = [m for m in stored if m.role is Role.USER]
    assert [m.platform_id for m in questions] == sent
    assert [m.text for m in questions] == [f"これは{id}です。" for id in sent]
    assert not any(a.role is b.role is Role.ASSISTANT for a, b in pairwise(stored))
    assert stored[-1].role is Role.ASSISTANT
    replies = {a.platform_id: b.text for a, b in pairwise(stored) if b.role is Role.ASSISTANT}
    seen = {id: text for id, text in acknowledged.items() if text is not None}
    assert len(seen) > 5
    assert {id: replies.get(id) for id in seen} == seen
    assert set(acknowledged) <= {m.platform_id for m in questions}


async def _history(url: str) -> list[Message]:
    async with await Database.open(url) as database:
        store = SqlStore(database)
        number = await store.find(KEY)
        assert number is not None
        return list(await store.history(number, limit=10_000))
