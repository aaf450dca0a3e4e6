"""The rules of `bot/engine/remote/pool.py`."""

from __future__ import annotations

from collections import Counter

import aiohttp
import pytest

from bot.engine.remote.pool import FIRST_PAUSE, LONGEST_PAUSE, Pool
from bot.engine.remote.server import RemoteOptions, Server

CONVERSATIONS = [f"conversation {number}" for number in range(600)]


class Clock:
    """A clock that tests move."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def haste() -> None:
    """Pauses are the real ones: no test here waits for them."""


@pytest.fixture
async def servers() -> list[Server]:
    """Four servers that nobody asks."""
    options = RemoteOptions(())
    async with aiohttp.ClientSession() as session:
        return [Server(session, f"http://gpu{n}:8000", options) for n in range(4)]


async def test_a_conversation_has_one_server_and_servers_share_alike(servers: list[Server]) -> None:
    """Whatever the order in which they are set."""
    pool, other = Pool(servers), Pool(reversed(servers))
    chosen = {name: pool.choose(name) for name in CONVERSATIONS}
    assert chosen == {name: other.choose(name) for name in CONVERSATIONS}
    assert all(100 < count < 200 for count in Counter(chosen.values()).values())


async def test_only_a_failed_servers_conversations_move(servers: list[Server]) -> None:
    """To all others alike, and back again after its pause."""
    clock = Clock()
    pool = Pool(servers, clock)
    before = {name: pool.choose(name) for name in CONVERSATIONS}
    pool.set_aside(servers[0])
    moved = {name: pool.choose(name) for name in CONVERSATIONS}
    assert servers[0] not in moved.values()
    assert all(moved[n] is before[n] for n in CONVERSATIONS if before[n] is not servers[0])
    shares = Counter(moved[n] for n in CONVERSATIONS if before[n] is servers[0])
    assert len(shares) == 3 and min(shares.values()) > 20
    clock.now += FIRST_PAUSE
    assert before == {name: pool.choose(name) for name in CONVERSATIONS}


async def test_pauses_grow_with_failures_in_a_row(servers: list[Server]) -> None:
    """Up to a bound; a success begins anew."""
    pool, server = Pool(servers, Clock()), servers[0]
    pauses = []
    for _ in range(40):
        pool.set_aside(server)
        pauses.append(pool.pause(server))
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    pool.note_success(server)
    assert pool.pause(server) == 0
    pool.set_aside(server)
    assert pool.pause(server) == FIRST_PAUSE


async def test_a_servers_own_wish_counts(servers: list[Server]) -> None:
    """Its seconds are taken, and no failure."""
    pool, server = Pool(servers, Clock()), servers[0]
    pool.set_aside(server, 17.0)
    assert (pool.pause(server), pool.asked_to_wait(server)) == (17.0, True)
    pool.set_aside(server)
    assert (pool.pause(server), pool.asked_to_wait(server)) == (FIRST_PAUSE, False)


async def test_of_servers_that_are_all_set_aside_the_soonest_is_chosen(
    servers: list[Server],
) -> None:
    """A request is not refused before somebody was asked."""
    pool = Pool(servers, Clock())
    for seconds, server in zip((4.0, 3.0, 1.0, 2.0), servers, strict=True):
        pool.set_aside(server, seconds)
    assert {pool.choose(name) for name in CONVERSATIONS} == {servers[2]}
