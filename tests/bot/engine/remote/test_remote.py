"""What the remote engine asks of a server, and what it makes of the answer."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.errors import (
    BotError,
    DeadlineExceeded,
    EngineBusy,
    EngineClosed,
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
from tests.bot.engine.remote.asking import (
    asked,
    engine,
    reply,
    until,
)
from tests.bot.engine.test_generator_contract import (  # noqa: F401, held to them below
    test_a_cancelled_reader_ends_its_stream,
    test_a_closed_stream_ends_and_the_next_one_works,
    test_prefilling_ahead_returns_at_once_and_changes_no_reply,
    test_text_comes_in_pieces_and_then_one_end,
    test_there_is_a_context_length,
)
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.openai_server import OpenAIServer

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
        await until(lambda: server.running == 1)
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
