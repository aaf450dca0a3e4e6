"""What every text generator promises; the tests' double is held to it like the real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.engine.loader import LoadedModel
from bot.engine.local import LocalEngine
from bot.messages import GenerationEnd, GenerationRequest, Prompt, Role, Sampling, TextDelta, Turn
from bot.ports import TextGenerator
from tests.fakes.generator import FakeGenerator

REQUEST = GenerationRequest(
    Prompt("一二三", (5, 80, 17), (Turn(Role.USER, "一二三"),)),
    Sampling(max_new_tokens=8, temperature=0),
    "c",
)


@pytest.fixture(params=["fake", "local"])
async def generator(
    request: pytest.FixtureRequest, loaded: LoadedModel
) -> AsyncIterator[TextGenerator]:
    """One of each kind."""
    if request.param == "fake":
        yield FakeGenerator([["一", "二", "三"], ["一", "二", "三"]])
    else:
        async with LocalEngine.from_loaded(loaded) as engine:
            yield engine


async def test_text_comes_in_pieces_and_then_one_end(generator: TextGenerator) -> None:
    """No piece is empty, and nothing comes after the end."""
    events = [event async for event in generator.stream(REQUEST)]
    *deltas, end = events
    assert isinstance(end, GenerationEnd) and end.prompt_tokens == 3 and end.generated_tokens > 0
    assert deltas and all(isinstance(d, TextDelta) and d.text for d in deltas)


async def test_a_closed_stream_ends_and_the_next_one_works(generator: TextGenerator) -> None:
    """Closing in the middle frees whatever the stream held."""
    stream = generator.stream(REQUEST)
    await anext(stream)
    await stream.aclose()
    assert [event async for event in generator.stream(REQUEST)]


async def test_a_cancelled_reader_ends_its_stream(generator: TextGenerator) -> None:
    """Cancelling the task that reads is the other way to stop."""

    async def read() -> None:
        async for _ in generator.stream(REQUEST):
            await asyncio.sleep(3600)

    task = asyncio.create_task(read())
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert [event async for event in generator.stream(REQUEST)]


def test_there_is_a_context_length(generator: TextGenerator) -> None:
    """In tokens."""
    assert generator.context_length > 0


async def test_prefilling_ahead_returns_at_once_and_changes_no_reply(
    generator: TextGenerator,
) -> None:
    """Whatever becomes of it, the next request is answered as ever."""

    async def broken() -> list[int]:
        raise RuntimeError("no database")

    expected = [event async for event in generator.stream(REQUEST)]
    generator.prefill_ahead("c", broken)
    got = [event async for event in generator.stream(REQUEST)]
    assert [e for e in got if isinstance(e, TextDelta)] == [
        e for e in expected if isinstance(e, TextDelta)
    ]


async def test_forgetting_changes_no_reply(generator: TextGenerator) -> None:
    """Neither of these conversations nor of all; only the work is done again."""
    first = [event async for event in generator.stream(REQUEST)]
    generator.forget({"c"})
    generator.forget()
    again = [event async for event in generator.stream(REQUEST)]
    assert [e for e in again if isinstance(e, TextDelta)] == [
        e for e in first if isinstance(e, TextDelta)
    ]
    end = again[-1]
    assert isinstance(end, GenerationEnd) and end.cached_tokens == 0
