"""Further candidates for a reply: beside the request, and in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.scheduler import Scheduler
from bot.engine.sequence import Sequence, State, Step
from bot.engine.slots import SlotTable
from bot.errors import EngineBusy
from bot.messages import (
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Prompt,
    Role,
    Sampling,
    Turn,
)

CONTEXT = 64


def scheduler(tokens: int = 512, max_batch: int = 4, max_waiting: int = 8) -> Scheduler:
    """A scheduler over memory for so many tokens, with a budget of 40 a step."""
    table = SlotTable(CONTEXT, tokens)
    return Scheduler(table, max_batch=max_batch, max_waiting=max_waiting, max_step_tokens=40)


def sequence(conversation: str = "a", candidate: int = 0, first: int = 0) -> Sequence:
    """A prompt of 20 tokens with room for 40 more, which makes a whole context."""
    prompt = tuple(range(first, first + 20))
    return Sequence(prompt, Sampling(), conversation, 60, candidate=candidate)


def step(s: Scheduler) -> Step:
    """Let a step run that samples token 7 everywhere."""
    planned = s.schedule()
    assert planned is not None
    s.advance(planned, [7 for chunk in planned.chunks if chunk.samples])
    return planned


def three(s: Scheduler, conversation: str = "a", first: int = 0) -> list[Sequence]:
    """A request and two further candidates, queued."""
    sequences = [sequence(conversation, candidate, first) for candidate in range(3)]
    for each in sequences:
        s.add(each)
    return sequences


def sizes(planned: Step) -> list[int]:
    """How many tokens each chunk has."""
    return [len(chunk.tokens) for chunk in planned.chunks]


def test_the_prompt_is_prefilled_once() -> None:
    """The others copy it, and run its last token."""
    s = scheduler()
    request, *others = three(s)
    assert sizes(step(s)) == [20]
    assert sizes(step(s)) == [1, 1, 1]
    assert [each.cached for each in (request, *others)] == [0, 19, 19]
    assert [each.generated for each in (request, *others)] == [2, 1, 1]


def test_what_was_cached_is_not_prefilled_by_any() -> None:
    """The conversation's earlier turns serve all of them."""
    s = scheduler()
    first = sequence()
    s.add(first)
    step(s)
    s.remove(first)
    prompt = (*first.tokens, 30, 31, 32)
    for candidate in range(3):
        s.add(Sequence(prompt, Sampling(), "a", 60, candidate=candidate))
    assert sizes(step(s)) == [4]  # the token that was sampled last was never run
    assert sizes(step(s)) == [1, 1, 1]


@pytest.mark.parametrize("whole", [1, 2, 3])
def test_short_memory_means_fewer_candidates(whole: int) -> None:
    """They end at once; nobody waits for them."""
    s = scheduler(tokens=whole * CONTEXT)
    sequences = three(s)
    step(s)
    assert s.refused() == sequences[whole:]
    assert all(each.state is State.FINISHED for each in sequences[whole:])
    assert s.running == whole and s.waiting == 0 and s.refused() == []


def test_candidates_take_a_quarter_of_what_requests_left_behind_at_most() -> None:
    """From those that were quiet longest. A cache is always full; with the reply that quarter is
    free, and the next candidates take nothing from anybody."""
    table = SlotTable(CONTEXT, 9 * CONTEXT)
    s = Scheduler(table, max_batch=8, max_waiting=8, max_step_tokens=40)
    for number in range(9):
        s.add(each := sequence(str(number), first=100 * number))
        step(s)
        s.remove(each)
    for turn in range(2):
        mine = [sequence("8", candidate, 800) for candidate in range(4)]
        for each in mine:
            s.add(each)
        step(s)
        assert s.refused() == mine[3:]
        for each in mine:
            s.remove(each)
        s.chosen("8", turn)
        assert table.cached >= 7 * 20


def test_in_a_small_cache_candidates_take_nothing_that_a_request_left_behind() -> None:
    """Another conversation's next turn is as quick as ever."""
    s = scheduler(tokens=3 * CONTEXT)
    other = sequence("b", first=1_000)
    s.add(other)
    step(s)
    s.remove(other)
    sequences = three(s)
    step(s)
    assert s.refused() == sequences[2:]
    for each in sequences:
        s.remove(each)
    again = sequence("b", first=1_000)
    s.add(again)
    assert sizes(step(s)) == [1]


def test_where_others_wait_there_are_no_candidates() -> None:
    """Also where they came after."""
    s = scheduler(max_batch=2)
    sequences = three(s)
    other = sequence("b", first=1_000)
    s.add(other)
    step(s)
    assert s.refused() == sequences[1:] and other.state is State.RUNNING


def test_candidates_do_not_wait_for_a_place() -> None:
    """They would hold up whoever comes after them."""
    s = scheduler(max_batch=2)
    sequences = three(s)
    step(s)
    assert s.refused() == sequences[2:] and s.waiting == 0


@pytest.mark.parametrize("tokens", [512, 3 * CONTEXT])
def test_running_candidates_make_way_for_a_request(tokens: int) -> None:
    """For its place or its memory; the newest first, and no more than is needed."""
    s = scheduler(tokens, max_batch=3)
    request, one, two = three(s)
    step(s)
    step(s)
    other = sequence("b", first=1_000)
    s.add(other)
    step(s)
    assert s.refused() == [two] and two.state is State.FINISHED
    assert all(each.state is State.RUNNING for each in (request, one, other))


def test_candidates_count_neither_as_queue_nor_as_places() -> None:
    """Where a request could run without them, it is accepted, and told no place behind them."""
    s = scheduler(max_batch=2, max_waiting=0)
    request, one, two = three(s)
    other = sequence("b", first=1_000)
    s.add(other)
    assert [each for each, _ in s.queue.in_order()] == [request, other]
    step(s)
    assert s.refused() == [one, two]
    assert [request.state, other.state] == [State.RUNNING] * 2


@pytest.mark.parametrize("winner", [0, 1, 2])
def test_the_chosen_one_is_what_the_conversation_goes_on_with(winner: int) -> None:
    """Of the others nothing is kept."""
    table = SlotTable(CONTEXT, 512)
    s = Scheduler(table, max_batch=4, max_waiting=8, max_step_tokens=40)
    sequences = three(s)
    for number in range(4):
        planned = s.schedule()
        assert planned is not None
        tokens = [100 * c.sequence.candidate + number for c in planned.chunks if c.samples]
        s.advance(planned, tokens)
    for each in sequences:
        s.remove(each)
    s.chosen("a", winner)
    best = sequences[winner]
    assert table.cached == len(best.tokens) - 1
    s.add(Sequence((*best.tokens, 50), Sampling(), "a", 60))
    assert sizes(step(s)) == [2]


def test_where_the_chosen_one_is_not_kept_the_requests_own_is() -> None:
    """It has the prompt at least."""
    table = SlotTable(CONTEXT, 512)
    s = Scheduler(table, max_batch=4, max_waiting=8, max_step_tokens=40)
    request = sequence()
    s.add(request)
    step(s)
    s.remove(request)
    s.chosen("a", 2)
    assert table.cached == 20


def test_candidates_that_are_ended_later_are_forgotten_then() -> None:
    """As when somebody stops the reply: the choice comes first."""
    table = SlotTable(CONTEXT, 512)
    s = Scheduler(table, max_batch=4, max_waiting=8, max_step_tokens=40)
    sequences = three(s)
    step(s)
    step(s)
    s.chosen("a", 0)
    for each in sequences:
        s.remove(each)
    assert table.cached == 21


def test_what_is_deleted_is_kept_by_no_candidate() -> None:
    """They are the conversation's own, whichever is chosen."""
    table = SlotTable(CONTEXT, 512)
    s = Scheduler(table, max_batch=4, max_waiting=8, max_step_tokens=40)
    sequences = three(s)
    step(s)
    step(s)
    s.forget({"a"})
    for each in sequences:
        s.remove(each)
    s.chosen("a", 1)
    assert table.cached == 0


async def test_a_refused_candidate_is_told_that_the_engine_is_busy(loaded: LoadedModel) -> None:
    """By the engine that runs a model, too: the request itself is answered."""
    request = GenerationRequest(
        Prompt("一二三", (5, 80, 17), (Turn(Role.USER, "一二三"),)),
        Sampling(max_new_tokens=8, temperature=0),
        "c",
    )
    async with LocalEngine.from_loaded(loaded, EngineOptions(max_batch=1)) as engine:
        own = asyncio.create_task(_all(engine.stream(request)))
        await asyncio.sleep(0)
        with pytest.raises(EngineBusy):
            await _all(engine.stream(replace(request, candidate=1)))
        assert isinstance((await own)[-1], GenerationEnd)


async def _all(events: AsyncGenerator[GenerationEvent, None]) -> list[GenerationEvent]:
    return [event async for event in events]
