"""What the remote engine does when servers fail, come back, or are missing at the start."""

from __future__ import annotations

import asyncio
import itertools
import logging

import pytest

from bot.engine.remote import engine as remote
from bot.engine.remote import pool as remote_pool
from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.errors import (
    BotError,
    EngineBusy,
    GenerationFailed,
    MessageTooLong,
)
from bot.messages import (
    FinishReason,
    GenerationEnd,
    TextDelta,
)
from tests.bot.engine.remote.asking import (
    asked,
    engine,
    names_at,
    reply,
    until,
)
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.openai_server import Fault, OpenAIServer

# Failing over


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=503, headers={"Retry-After": "60"}),
        Fault(status=429),
        Fault(status=404),
        Fault("drop"),
        Fault("cut"),
        Fault("error"),
    ],
    ids=lambda fault: f"{fault.status or fault.kind}",
)
async def test_another_server_takes_over_before_the_first_token(
    servers: list[OpenAIServer], fault: Fault
) -> None:
    """One that failed is set aside; the conversation goes on elsewhere and nobody notices."""
    broken, other = servers[:2]
    broken.faults.append(fault)
    async with engine(broken, other) as remote_engine:
        (name,) = names_at(remote_engine, broken)
        assert [(await reply(remote_engine, name)).text for _ in range(3)] == ["こんにちは。"] * 3
    assert not broken.faults and other.requests


async def test_a_silent_server_is_left_after_the_read_timeout(
    servers: list[OpenAIServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writes the reply, and the first one is told to stop, and left alone for a while."""
    monkeypatch.setattr(remote_pool, "FIRST_PAUSE", 60)
    silent, other = servers[:2]
    silent.faults.extend([Fault("hang")] * 9)
    async with engine(silent, other, read_seconds=2) as remote_engine:
        for name in names_at(remote_engine, silent, 4):
            assert (await reply(remote_engine, name)).text == "こんにちは。"
        await until(lambda: (silent.running, silent.cancelled) == (0, 1))
    assert len(other.requests) == 4


@pytest.mark.parametrize("kind", ["drop", "cut", "error", "hang"])
async def test_after_the_first_token_a_failure_is_the_replys(
    servers: list[OpenAIServer], kind: str
) -> None:
    """What was shown cannot be taken back, so nobody else begins anew."""
    for server in servers:
        server.faults.append(Fault(kind, after=1))
    async with engine(*servers, read_seconds=2 if kind == "hang" else 60) as remote_engine:
        stream = remote_engine.stream(asked())
        assert await anext(stream) == TextDelta("こんにちは")
        with pytest.raises(GenerationFailed):
            await anext(stream)
    assert sum(len(server.requests) for server in servers) == 1


async def test_a_reply_that_was_finished_survives_a_broken_end(server: OpenAIServer) -> None:
    """Only the counts were still to come."""
    server.done = False
    async with engine(server) as remote_engine:
        got = await reply(remote_engine)
    assert (got.text, got.end) == ("こんにちは。", GenerationEnd(FinishReason.END, 3, 0, 2))


async def test_one_server_is_tried_again(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moment later; then its failure is told, and the next request works."""
    monkeypatch.setattr(remote_pool, "FIRST_PAUSE", 0.5)
    server.faults.extend([Fault(status=500), Fault("drop"), None])
    async with engine(server) as remote_engine:
        assert (await reply(remote_engine)).text == "こんにちは。"
        server.faults.extend([Fault(status=500)] * remote.TRIES)
        with pytest.raises(GenerationFailed):
            await reply(remote_engine)
        (only,) = remote_engine._pool.servers  # its failures before the success do not count
        assert 0 < remote_engine._pool.pause(only) <= 4 * remote_pool.FIRST_PAUSE
        assert (await reply(remote_engine)).text == "こんにちは。"


async def test_a_busy_servers_wish_is_respected(server: OpenAIServer) -> None:
    """Its Retry-After is waited for; beyond the deadline the user is told at once."""
    server.faults.append(Fault(status=429, headers={"Retry-After": "0.2"}))
    async with engine(server, deadline_seconds=5) as remote_engine:
        started = asyncio.get_running_loop().time()
        assert (await reply(remote_engine)).text == "こんにちは。"
        assert asyncio.get_running_loop().time() - started >= 0.19
        server.faults.append(Fault(status=429, headers={"Retry-After": "30"}))
        with pytest.raises(EngineBusy):
            await reply(remote_engine)
        with pytest.raises(EngineBusy):  # and it is not asked in between
            await reply(remote_engine)
    assert len(server.requests) == 3


async def test_a_server_that_stays_busy_is_told_of_as_such(server: OpenAIServer) -> None:
    """Not as a failure: nothing went wrong."""
    server.faults.extend([Fault(status=429, headers={"Retry-After": "0"})] * remote.TRIES)
    async with engine(server) as remote_engine:
        with pytest.raises(EngineBusy):
            await reply(remote_engine)
        assert (await reply(remote_engine)).text == "こんにちは。"


async def test_a_refusal_is_not_repeated_and_its_words_are_not_logged(
    servers: list[OpenAIServer], caplog: pytest.LogCaptureFixture
) -> None:
    """They may hold the prompt."""
    for server in servers:
        server.faults.extend([Fault(status=422, words="秘密")] * 2)
    with caplog.at_level(logging.DEBUG, "bot"):
        async with engine(*servers) as remote_engine:
            with pytest.raises(GenerationFailed):
                await reply(remote_engine)
    assert sum(len(server.requests) for server in servers) == 2  # with ids, and as text
    assert "422" in caplog.text and "秘密" not in caplog.text


async def test_a_conversation_stays_with_its_server(servers: list[OpenAIServer]) -> None:
    """Whose cache has its beginning."""
    async with engine(*servers) as remote_engine:
        names = {server.url: names_at(remote_engine, server, 2) for server in servers}
        for _ in range(3):
            everybody = itertools.chain(*names.values())
            await asyncio.gather(*(reply(remote_engine, name) for name in everybody))
    assert [len(server.requests) for server in servers] == [6, 6, 6]


async def test_a_server_that_was_away_is_used_again(servers: list[OpenAIServer]) -> None:
    """Also one that was away when the engine started."""
    away, other = servers[:2]
    await away.__aexit__(None, None, None)
    async with engine(away, other) as remote_engine:
        assert (await reply(remote_engine, "a")).text == "こんにちは。"
        assert len(other.requests) == 1
        await away.__aenter__()
        pool = remote_engine._pool
        await until(lambda: not any(map(pool.pause, pool.servers)))
        (name,) = names_at(remote_engine, away)
        await reply(remote_engine, name)
    assert (len(away.requests), len(other.requests)) == (1, 1)


async def test_a_server_that_lost_its_model_is_not_asked_again(server: OpenAIServer) -> None:
    """Where there is no other, the user need not wait to hear it."""
    server.faults.append(Fault(status=404))
    async with engine(server) as remote_engine:
        with pytest.raises(GenerationFailed):
            await reply(remote_engine)
    assert len(server.requests) == 1


async def test_a_bug_is_logged_and_told_as_a_failure(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The engine goes on serving others."""
    async with engine(server) as remote_engine:
        with monkeypatch.context() as patch:
            patch.setattr(remote_pool.Pool, "choose", None)
            with pytest.raises(GenerationFailed):
                await reply(remote_engine)
        assert (await reply(remote_engine)).text == "こんにちは。"
    assert "TypeError" in caplog.text


# The start


async def test_a_server_that_is_away_at_the_start_is_logged_and_set_aside(
    servers: list[OpenAIServer], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is enough to begin with; a shorter context of another is seen when that comes back."""
    monkeypatch.setattr(remote_pool, "FIRST_PAUSE", 2)
    away, other = servers[:2]
    away.health, away.context_length = 503, 3
    async with engine(away, other) as remote_engine:
        assert f"{away.url}/v1: HTTP 503" in caplog.text and remote_engine.context_length == 512
        pool = remote_engine._pool
        assert any(map(pool.pause, pool.servers))
        away.health = 200
        await until(lambda: not any(map(pool.pause, pool.servers)))
        (name,) = names_at(remote_engine, away)
        with pytest.raises(MessageTooLong):
            await reply(remote_engine, name)
        assert remote_engine.context_length == 3


async def test_the_start_fails_with_what_to_do(server: OpenAIServer) -> None:
    """No server, one that loads, one of another kind, and one that serves several models."""
    with pytest.raises(BotError, match=r"there is no connection.* base_urls"):
        await RemoteEngine(CharacterTokenizer(), RemoteOptions(("http://127.0.0.1:1",))).start()
    server.health = 503
    with pytest.raises(BotError, match="HTTP 503"):
        await engine(server).start()
    server.health, server.context_length = 404, None
    with pytest.raises(BotError, match="context_length"):
        await engine(server).start()
    server.models = ["a", "b"]
    with pytest.raises(BotError, match=r"these models: a, b\. Say which in \[engine\] model"):
        await engine(server).start()
    with pytest.raises(BotError, match="HTTP 404"):
        await RemoteEngine(CharacterTokenizer(), RemoteOptions((f"{server.url}/v2",))).start()


@pytest.mark.parametrize(
    ("told", "set_to", "expected"), [(512, None, 512), (None, 99, 99), (512, 99, 99), (64, 99, 64)]
)
async def test_the_shortest_context_counts(
    server: OpenAIServer, told: int | None, set_to: int | None, expected: int
) -> None:
    """Of what the server tells and what is set."""
    server.context_length = told
    async with engine(server, context_length=set_to) as remote_engine:
        assert remote_engine.context_length == expected


async def test_a_model_can_be_named_and_adapters_do_not_count(server: OpenAIServer) -> None:
    """vLLM lists its adapters beside the model."""
    server.models = ["base", {"id": "adapter", "parent": "base"}]
    async with engine(server) as remote_engine:
        await reply(remote_engine)
    async with engine(server, model="adapter") as remote_engine:
        await reply(remote_engine)
    assert [body["model"] for body in server.requests] == ["base", "adapter"]
