"""The best of several candidates: chosen, shown as a whole, and ended together."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from bot.candidates import best_of
from bot.errors import EngineBusy, GenerationFailed
from bot.messages import (
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Prompt,
    Queued,
    Role,
    Sampling,
    TextDelta,
    Turn,
)
from tests.fakes.generator import FakeGenerator

REQUEST = GenerationRequest(
    Prompt("はい", (1, 2), (Turn(Role.USER, "はい"),)), Sampling(seed=7), "c"
)


def hard(text: str) -> float:
    """How many hard words a text has."""
    return text.count("難")


async def events(
    generator: FakeGenerator, count: int = 3, request: GenerationRequest = REQUEST
) -> list[GenerationEvent]:
    """What comes of so many candidates."""
    return [event async for event in best_of(generator, request, count, hard)]


async def shown(generator: FakeGenerator, count: int = 3) -> str:
    """The text that is shown."""
    return "".join(e.text for e in await events(generator, count) if isinstance(e, TextDelta))


async def test_the_one_with_the_least_is_shown_as_a_whole(generator: FakeGenerator) -> None:
    """With its own counts; the others are not heard of, and the engine knows which it was."""
    generator.script = [["難", "難"], ["難", "や", "さしい"], ["難難", "難"]]
    text, end = await events(generator)
    assert text == TextDelta("難やさしい")
    assert isinstance(end, GenerationEnd) and end.generated_tokens == 3
    assert generator.choices == [("c", 1)] and not generator.running


async def test_of_alike_ones_the_first_is_shown(generator: FakeGenerator) -> None:
    """So that one candidate and several that are alike say the same."""
    generator.script = [["難一"], ["難二"], ["難三"]]
    assert await shown(generator) == "難一"
    assert generator.choices == [("c", 0)]


async def test_a_blank_one_is_never_the_best(generator: FakeGenerator) -> None:
    """Though nothing in it is hard."""
    generator.script = [["難難"], [" \n"], []]
    assert await shown(generator) == "難難"


async def test_where_all_are_blank_there_is_nothing_to_show(generator: FakeGenerator) -> None:
    """The reply is empty, as it would be alone."""
    generator.script = [[], [], []]
    (end,) = await events(generator)
    assert isinstance(end, GenerationEnd)


async def test_each_has_a_seed_of_its_own(generator: FakeGenerator) -> None:
    """The same ones each time; all else is the request's."""
    await events(generator)
    seeds = [request.sampling.seed for request in generator.requests]
    assert seeds == [7, 8, 9]
    assert [request.candidate for request in generator.requests] == [0, 1, 2]
    first, *others = generator.requests
    assert first == REQUEST
    assert all(
        replace(other, sampling=REQUEST.sampling, candidate=0) == REQUEST for other in others
    )


async def test_without_a_seed_none_has_one(generator: FakeGenerator) -> None:
    """Each is drawn anew."""
    await events(generator, request=replace(REQUEST, sampling=Sampling()))
    assert [request.sampling.seed for request in generator.requests] == [None] * 3


async def test_where_the_likeliest_word_is_taken_there_is_one(generator: FakeGenerator) -> None:
    """All would be the same."""
    await events(generator, request=replace(REQUEST, sampling=Sampling(temperature=0)))
    assert len(generator.requests) == 1 and generator.choices == []


async def test_who_waits_is_told_where(generator: FakeGenerator) -> None:
    """The request's own place; the others' are nobody's concern."""
    generator.script = [[Queued(2, 4.0), "難"], [Queued(3, None), "はい"], ["難"]]
    assert (await events(generator))[:2] == [Queued(2, 4.0), TextDelta("はい")]


async def test_a_busy_engine_means_fewer_candidates(generator: FakeGenerator) -> None:
    """Whether it says so at once or in the middle."""
    generator.script = [["難難"], EngineBusy(3), ["はい", EngineBusy(3)], ["難"]]
    assert await shown(generator, 4) == "難"


async def test_a_candidate_that_fails_is_left_out(
    generator: FakeGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours is logged."""
    generator.script = [["難"], RuntimeError("broken"), GenerationFailed()]
    assert await shown(generator) == "難"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_the_requests_own_error_is_the_replys(generator: FakeGenerator) -> None:
    """Nothing goes on, and nothing of the candidates is kept."""
    generator.script = [EngineBusy(3), [asyncio.Event()], [asyncio.Event()]]
    with pytest.raises(EngineBusy):
        await events(generator)
    assert not generator.running and generator.choices == [("c", 0)]


async def test_where_they_cannot_be_judged_the_first_is_shown(
    generator: FakeGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    """And it is logged: a reply is worth more than its level."""

    def broken(_: str) -> float:
        raise RuntimeError("no dictionary")

    generator.script = [["難"], ["はい"], ["はい"]]
    got = [event async for event in best_of(generator, REQUEST, 3, broken)]
    assert got[0] == TextDelta("難")
    assert "could not be judged" in caplog.text


async def test_closing_it_ends_all_of_them(generator: FakeGenerator) -> None:
    """At once, wherever they are."""
    generator.script = [[Queued(1, None), asyncio.Event()], ["はい", asyncio.Event()], ["はい"]]
    stream = best_of(generator, REQUEST, 3, hard)
    assert await anext(stream) == Queued(1, None)
    await asyncio.sleep(0)
    await stream.aclose()
    assert not generator.running and generator.choices == [("c", 0)]


async def test_cancelling_it_ends_all_of_them(generator: FakeGenerator) -> None:
    """The other way to stop."""
    generator.script = [[asyncio.Event()], ["はい", asyncio.Event()], ["はい"]]
    reading = asyncio.create_task(events(generator))
    async with asyncio.timeout(30):
        while len(generator.requests) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not generator.running
