"""The rules of `bot/engine/remote.py`, against a server that speaks the API and can fail."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.engine import remote, remote_pool
from bot.engine.remote import RemoteEngine, RemoteOptions
from bot.errors import (
    BotError,
    DeadlineExceeded,
    EngineBusy,
    EngineClosed,
    GenerationFailed,
    MessageTooLong,
)
from bot.messages import (
    FinishReason,
    GenerationEnd,
    GenerationRequest,
    Prompt,
    Queued,
    Role,
    Sampling,
    TextDelta,
    Turn,
)
from tests.bot.engine.test_generator_contract import (  # noqa: F401, held to them below
    test_a_cancelled_reader_ends_its_stream,
    test_a_closed_stream_ends_and_the_next_one_works,
    test_text_comes_in_pieces_and_then_one_end,
    test_there_is_a_context_length,
)
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.openai_server import Fault, OpenAIServer

TURNS = (Turn(Role.USER, "猫"), Turn(Role.USER, "犬"), Turn(Role.ASSISTANT, "はい"))
PROMPT = Prompt("猫犬", (3, 4, 5), TURNS)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply."""

    text: str
    end: GenerationEnd
    deltas: tuple[str, ...]
    queued: tuple[Queued, ...]


def asked(
    conversation: str = "c", stop: tuple[str, ...] = (), **sampling: Any
) -> GenerationRequest:
    """A request for a reply to PROMPT."""
    return GenerationRequest(PROMPT, Sampling(**sampling), conversation, stop)


def engine(*servers: OpenAIServer, **options: Any) -> RemoteEngine:
    """An engine over these servers."""
    urls = tuple(server.url for server in servers)
    return RemoteEngine(CharacterTokenizer(), RemoteOptions(urls, **options))


async def reply(
    engine: RemoteEngine, conversation: str = "c", stop: tuple[str, ...] = (), **sampling: Any
) -> Reply:
    """One whole reply; see `asked`."""
    events = [e async for e in engine.stream(asked(conversation, stop, **sampling))]
    end = events[-1]
    assert isinstance(end, GenerationEnd)
    deltas = tuple(e.text for e in events if isinstance(e, TextDelta))
    queued = tuple(e for e in events if isinstance(e, Queued))
    return Reply("".join(deltas), end, deltas, queued)


def names_at(engine: RemoteEngine, server: OpenAIServer, count: int = 1) -> list[str]:
    """Conversations that go to a server. Ports differ, so they are others in each run."""
    names = (f"c{number}" for number in itertools.count())
    home = (name for name in names if engine._pool.choose(name).url.startswith(server.url))
    return list(itertools.islice(home, count))


async def until(condition: Any) -> None:
    """Wait for something that another task, or the server, does."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110, what is waited for has no event
            await asyncio.sleep(0.002)


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """One server."""
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
async def servers() -> AsyncIterator[list[OpenAIServer]]:
    """Three servers of one model."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(OpenAIServer()) for _ in range(3)]


@pytest.fixture
async def generator(server: OpenAIServer) -> AsyncIterator[RemoteEngine]:
    """What the contract's tests take."""
    server.script = deque([("一", "二", "三")] * 2)
    async with engine(server) as generator:
        yield generator


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries are short here."""
    monkeypatch.setattr(remote, "PATIENCE", 0.01)
    monkeypatch.setattr(remote_pool, "FIRST_PAUSE", 0.05)


# What is asked


async def test_the_prompt_goes_as_its_exact_token_ids(server: OpenAIServer) -> None:
    """With the model that the server names, and everything that decides about sampling."""
    async with engine(server) as remote_engine:
        await reply(remote_engine, stop=("\nユーザー:",), temperature=0.5, top_k=7, seed=3)
    (body,) = server.requests
    assert body["prompt"] == [3, 4, 5] and body["model"] == "demo"
    assert (body["temperature"], body["top_p"], body["top_k"]) == (0.5, 0.85, 7)
    assert (body["repetition_penalty"], body["seed"], body["max_tokens"]) == (1.0, 3, 509)
    assert body["stop"] == ["\nユーザー:"] and body["return_token_ids"] is True


async def test_a_server_without_token_ids_gets_the_text(server: OpenAIServer) -> None:
    """It is asked once, and its special tokens stay out."""
    server.takes_ids = False
    async with engine(server) as remote_engine:
        assert (await reply(remote_engine)).text == "こんにちは。"
        await reply(remote_engine)
    assert [body["prompt"] for body in server.requests] == ["猫犬", "猫犬"]
    assert server.requests[0]["add_special_tokens"] is False


async def test_a_chat_api_gets_the_turns(server: OpenAIServer) -> None:
    """One speaker's turns in a row are one message, and names stand before them where wanted."""
    named = Prompt("", (1,), (Turn(Role.USER, "猫", "田中"), Turn(Role.ASSISTANT, "はい")))
    async with engine(server, api="chat", speaker_names=True) as remote_engine:
        assert (await reply(remote_engine)).text == "こんにちは。"
        request = GenerationRequest(named, Sampling(), "c")
        assert [event async for event in remote_engine.stream(request)]
    assert server.paths == ["/v1/chat/completions"] * 2
    assert server.requests[0]["messages"] == [
        {"role": "user", "content": "猫\n犬"},
        {"role": "assistant", "content": "はい"},
    ]
    assert server.requests[1]["messages"][0]["content"] == "田中: 猫"


async def test_the_key_is_sent_and_never_printed(server: OpenAIServer) -> None:
    """A server that wants one is served with it."""
    server.key = "sesame"
    options = RemoteOptions((server.url,), api_key="sesame")
    assert "sesame" not in repr(options)
    async with RemoteEngine(CharacterTokenizer(), options) as remote_engine:
        assert (await reply(remote_engine)).text == "こんにちは。"
    with pytest.raises(BotError, match=r"401.*KAIWA_ENGINE_API_KEY"):
        await engine(server).start()


# What comes back


async def test_text_is_decoded_from_token_ids_where_they_are_told(server: OpenAIServer) -> None:
    """Several a time too; the server's own text, which may lack line breaks, does not count."""
    server.script.append([(0x732B, 0x0A), (0x72AC,), (0,)])
    async with engine(server) as remote_engine:
        got = await reply(remote_engine)
    assert (got.text, got.deltas) == ("猫\n犬", ("猫\n", "犬"))


async def test_the_counts_are_the_servers(server: OpenAIServer) -> None:
    """Prompt, cached and generated tokens come from `usage`."""
    async with engine(server) as remote_engine:
        got = await reply(remote_engine)
    assert got.end == GenerationEnd(FinishReason.END, 3, 2, 3)


async def test_without_usage_tokens_are_counted(server: OpenAIServer) -> None:
    """A piece of text counts as one."""
    server.usage = False
    async with engine(server) as remote_engine:
        got = await reply(remote_engine)
    assert got.end == GenerationEnd(FinishReason.END, 3, 0, 2)


@pytest.mark.parametrize(
    ("reason", "stop_reason", "expected"),
    [
        ("stop", None, FinishReason.END),
        ("stop", 3, FinishReason.END),  # vLLM's end token
        ("stop", "\nユーザー:", FinishReason.STOP),
        ("length", None, FinishReason.LENGTH),
        ("content_filter", None, FinishReason.STOP),
        (None, None, FinishReason.END),  # it said [DONE], and no more
    ],
)
async def test_the_end_has_its_reason(
    server: OpenAIServer, reason: str | None, stop_reason: str | int | None, expected: FinishReason
) -> None:
    """As far as the server tells it."""
    server.reason, server.stop_reason = reason, stop_reason
    async with engine(server) as remote_engine:
        assert (await reply(remote_engine)).end.reason is expected


@pytest.mark.parametrize("ids", [False, True])
async def test_a_marker_that_is_split_over_pieces_is_never_shown(
    server: OpenAIServer, ids: bool
) -> None:
    """Its beginning is held back; where it is complete the reply ends and the server is left."""
    text = ("はい", "\nユー", "スは\nユ", "ーザー", ": もっと", "続き")
    steps = tuple(tuple(map(ord, each)) for each in text) if ids else text
    server.script.append([*steps, asyncio.Event()])
    async with engine(server) as remote_engine:
        got = await reply(remote_engine, stop=("\nユーザー:",))
        await until(lambda: server.cancelled == 1)
    assert (got.text, got.end.reason) == ("はい\nユースは", FinishReason.STOP)
    assert got.deltas[0] == "はい"


async def test_what_was_held_back_in_vain_comes_at_the_end(server: OpenAIServer) -> None:
    """The beginning of a marker is text when nothing follows."""
    server.script.append(("はい", "\nユー"))
    async with engine(server) as remote_engine:
        assert (await reply(remote_engine, stop=("\nユーザー:",))).text == "はい\nユー"


async def test_half_a_character_is_not_shown(server: OpenAIServer) -> None:
    """Servers write U+FFFD, or half a surrogate pair, for a character that is cut."""
    server.script.append(("猫", "\ud83d", "\ufffd"))
    async with engine(server) as remote_engine:
        assert (await reply(remote_engine)).text == "猫"


async def test_a_server_that_does_not_stream_is_understood(server: OpenAIServer) -> None:
    """Some gateways answer at once, in one piece."""
    server.streams = False
    async with engine(server) as remote_engine:
        assert (await reply(remote_engine)).text == "こんにちは。"
    async with engine(server, api="chat") as remote_engine:
        assert (await reply(remote_engine)).text == "こんにちは。"


async def test_a_reply_has_the_rest_of_the_context(server: OpenAIServer) -> None:
    """What fits after the prompt; a prompt that leaves no room is refused here."""
    server.context_length = 5
    async with engine(server) as remote_engine:
        await reply(remote_engine, max_new_tokens=100)
        server.context_length = 3
    assert server.requests[0]["max_tokens"] == 2
    async with engine(server) as remote_engine:
        with pytest.raises(MessageTooLong):
            await reply(remote_engine)
        with pytest.raises(ValueError, match="at least one token"):
            await anext(remote_engine.stream(replace(asked(), prompt=Prompt("", (), ()))))


# When nobody listens


async def test_closing_the_stream_ends_the_work_on_the_server(server: OpenAIServer) -> None:
    """The connection is closed, which is how these servers are told."""
    server.script.append(("一", asyncio.Event()))
    async with engine(server) as remote_engine:
        async with aclosing(remote_engine.stream(asked())) as stream:
            assert await anext(stream) == TextDelta("一")
            assert (server.running, remote_engine.running) == (1, 1)
        assert remote_engine.running == 0
        await until(lambda: (server.running, server.cancelled) == (0, 1))


async def test_a_request_that_waits_can_be_closed(server: OpenAIServer) -> None:
    """Those behind it move up, and are told."""
    held = asyncio.Event()
    server.script.append((held, "一"))
    async with engine(server, max_batch=1) as remote_engine:
        first = asyncio.create_task(reply(remote_engine, "a"))
        await until(lambda: server.running)
        second = remote_engine.stream(asked("b"))
        assert await anext(second) == Queued(1, None)
        third = remote_engine.stream(asked("c"))
        assert await anext(third) == Queued(2, None)
        await second.aclose()
        assert await anext(third) == Queued(1, None)
        held.set()
        await first
        assert await anext(third) == TextDelta("こんにちは")
        await third.aclose()


async def test_the_engine_closes_with_its_streams(server: OpenAIServer) -> None:
    """Who is served, who waits and who comes afterwards hear the same."""
    server.script.append(("一", asyncio.Event()))
    remote_engine = engine(server, max_batch=1)
    await remote_engine.start()
    first, second = (remote_engine.stream(asked(name)) for name in "ab")
    await anext(first)
    await anext(second)
    await remote_engine.aclose()
    for stream in (first, second, remote_engine.stream(asked())):
        with pytest.raises(EngineClosed):
            await anext(stream)
    await until(lambda: server.running == 0)


# The queue


async def test_a_full_queue_refuses(server: OpenAIServer) -> None:
    """Nothing of it reaches the server."""
    server.script.append((asyncio.Event(),))
    async with engine(server, max_batch=1, max_waiting=1) as remote_engine:
        tasks = [asyncio.create_task(reply(remote_engine, name)) for name in "ab"]
        await until(lambda: (remote_engine.running, remote_engine.waiting) == (1, 1))
        with pytest.raises(EngineBusy) as error:
            await reply(remote_engine, "c")
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert error.value.waiting == 1 and len(server.requests) == 1


async def test_the_estimate_is_measured(server: OpenAIServer) -> None:
    """From how long the last requests took, of which `max_batch` run at once."""
    server.seconds = 0.05
    async with engine(server, max_batch=1) as remote_engine:
        await reply(remote_engine)
        tasks = [asyncio.create_task(reply(remote_engine, name)) for name in "abc"]
        replies = await asyncio.gather(*tasks)
    first, second, third = (each.queued for each in replies)
    assert not first and len(second) == 1 and [each.place for each in third] == [2, 1]
    assert second[0].seconds is not None and 0.1 < second[0].seconds < 30
    assert third[0].seconds == pytest.approx(2 * second[0].seconds)


@pytest.mark.parametrize("steps", [(asyncio.Event(),), ("一", asyncio.Event())])
async def test_the_deadline_ends_a_request(server: OpenAIServer, steps: tuple[Any, ...]) -> None:
    """Before and after its first token, and in the queue."""
    server.script.append(steps)
    async with engine(server, max_batch=1, deadline_seconds=0.2) as remote_engine:
        served = asyncio.create_task(reply(remote_engine))
        await until(lambda: remote_engine.running)
        waits = asyncio.create_task(reply(remote_engine, "b", max_new_tokens=1))
        with pytest.raises(DeadlineExceeded):
            await served
        await asyncio.gather(waits, return_exceptions=True)  # it may just have been served
        await until(lambda: server.running == 0)


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
    async with engine(silent, other, read_seconds=0.5) as remote_engine:
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
    async with engine(*servers, read_seconds=0.2) as remote_engine:
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


async def test_one_server_is_tried_again(server: OpenAIServer) -> None:
    """A moment later; then its failure is told, and the next request works."""
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
    servers: list[OpenAIServer], caplog: pytest.LogCaptureFixture
) -> None:
    """One is enough to begin with; a shorter context of another is seen when that comes back."""
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
