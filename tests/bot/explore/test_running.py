"""Every cell answers everything, on any text generator."""

from __future__ import annotations

import asyncio

import pytest

from bot.config import Settings
from bot.errors import BotError, DeadlineExceeded, GenerationFailed
from bot.explore.command import answered
from bot.explore.grid import Cell, grid
from bot.explore.running import Asked, Ran, run
from bot.messages import FinishReason, Prompt, Role, Sampling, Turn
from tests.bot.explore.made import COOL, NOW
from tests.fakes.generator import FakeGenerator
from tests.fakes.openai_server import OpenAIServer

GREEDY = Cell(3, Sampling(temperature=0))


def asked(text: str) -> Asked:
    """A question."""
    return Asked(text, Prompt(text, (1, 2, 3), (Turn(Role.USER, text),)))


async def all_of(
    generator: FakeGenerator, cells: tuple[Cell, ...], count: int = 2, places: int = 16
) -> Ran:
    """Two questions, answered by all."""
    questions = [asked("いち"), asked("に")]
    return await run(
        generator,
        questions,
        cells,
        count=count,
        seed=7,
        stop=("\n>",),
        places=places,
        told=lambda done, of: None,
    )


async def test_each_cell_writes_so_many_replies_to_each_prompt() -> None:
    """A greedy one a single one; all requests of a prompt follow one another."""
    generator = FakeGenerator()
    ran = await all_of(generator, (NOW, COOL, GREEDY))
    assert [(r.asked, r.cell, r.number, r.text) for r in ran.replies] == [
        (at, cell, number, text)
        for at, text in enumerate(("いち", "に"))
        for cell, number in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1))
    ]
    assert [r.prompt.text for r in generator.requests] == ["いち"] * 5 + ["に"] * 5
    assert all(r.stop == ("\n>",) for r in generator.requests)
    assert len({r.conversation for r in generator.requests}) == 10  # none waits for another
    assert ran.prompt_tokens == 30 and ran.generated == 10


async def test_the_same_reply_of_all_cells_has_the_same_seed() -> None:
    """So that what differs is by the settings, and comes out the same the next time."""
    generator = FakeGenerator()
    ran = await all_of(generator, (NOW, COOL))
    assert {(r.number, r.seed) for r in ran.replies} == {(1, 7), (2, 8)}
    assert {r.sampling.seed for r in generator.requests} == {7, 8}
    assert {r.sampling.temperature for r in generator.requests} == {1.0, 0.7}


async def test_as_many_run_at_once_as_there_are_places() -> None:
    """The others wait here, where no deadline runs."""
    generator = FakeGenerator()
    generator.gate.clear()
    running = asyncio.create_task(all_of(generator, (NOW, COOL), places=3))
    for _ in range(50):  # turns of the event loop, of which each task takes a few
        await asyncio.sleep(0)
    assert generator.running == 3
    generator.gate.set()
    assert len((await running).replies) == 8


async def test_a_reply_that_fails_is_one_of_the_results() -> None:
    """With what it had written; the others are not touched by it."""
    generator = FakeGenerator(script=[["半", DeadlineExceeded(3)]])
    ran = await all_of(generator, (NOW,))
    failed, *others = ran.replies
    assert failed.reason is None and failed.text == "半"
    assert isinstance(failed.error, DeadlineExceeded)
    assert [r.reason for r in others] == [FinishReason.END] * 3


async def test_where_all_fail_it_says_why() -> None:
    """In place of empty tables."""
    with pytest.raises(BotError, match=GenerationFailed().english):
        await all_of(FakeGenerator(script=[GenerationFailed()] * 4), (NOW,))


async def test_it_runs_on_servers_too() -> None:
    """Which are told every setting of each cell."""
    async with OpenAIServer() as server:
        settings = Settings.model_validate(
            {"engine": {"backend": "openai", "base_urls": [f"{server.url}/v1"], "max_batch": 4}}
        )
        cells = grid({"temperature": "0.5,1", "top_k": "0,9"}, settings.generation.sampling())
        questions, ran = await answered(settings, ["一", "二"], [], cells, 2, 1, 20)
    assert [question.text for question in questions] == ["一", "二"] and len(ran.replies) == 16
    assert all(reply.text for reply in ran.replies)
    tried = {(r["temperature"], r["top_k"], r["seed"], r["max_tokens"]) for r in server.requests}
    assert tried == {(t, k, s, 20) for t in (0.5, 1.0) for k in (0, 9) for s in (1, 2)}
