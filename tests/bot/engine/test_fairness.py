"""One person who asks 300 questions in as many threads, and ten who ask one each, on both engines.

Counted in steps and in turns, not in seconds: `python -m tests.fairness` measures those.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from statistics import mean

import pytest

from bot.engine.remote.queue import PlaceQueue
from bot.engine.scheduler import Scheduler
from bot.engine.sequence import Sequence
from bot.engine.slots import SlotTable
from bot.errors import EngineBusy
from bot.messages import Queued, Sampling

QUESTIONS, PEOPLE = 300, 10
PATIENCE = 1.5  # times what the ten wait alone
REPLY = 40  # tokens, and turns
PROMPT = 30  # tokens, none of them in two prompts
CONTEXT = 128


class Local:
    """The scheduler with a model that takes as long for a step as it has tokens, and a bit."""

    def __init__(self) -> None:
        table = SlotTable(CONTEXT, 32 * CONTEXT)
        self._scheduler = Scheduler(table, max_batch=16, max_waiting=64, max_step_tokens=256)
        self._clock = 0
        self._asked: dict[Sequence, int] = {}
        self._waits: dict[Sequence, int] = {}
        self.busy: list[str] = []

    def ask(self, person: str, thread: int) -> None:
        """A question, whose reply is as long as it may be."""
        prompt = tuple(range(1_000 * thread, 1_000 * thread + PROMPT))
        sequence = Sequence(prompt, Sampling(), f"{person} {thread}", PROMPT + REPLY, person=person)
        try:
            self._scheduler.add(sequence)
            self._asked[sequence] = self._clock
        except EngineBusy:
            self.busy.append(person)
        self.busy += [each.person for each in self._scheduler.refused()]

    def run(self, until: Callable[[], bool]) -> None:
        """Step after step."""
        while not until():
            step = self._scheduler.schedule()
            assert step is not None
            self._clock += 10 + sum(len(chunk.tokens) for chunk in step.chunks)
            sampled = [7 for chunk in step.chunks if chunk.samples]
            for sequence, _ in self._scheduler.advance(step, sampled):
                self._waits.setdefault(sequence, self._clock - self._asked[sequence])
                if sequence.is_full:
                    self._scheduler.remove(sequence)

    def waits(self) -> list[int]:
        """How long each of the ten waited for the first word."""
        return [wait for each, wait in self._waits.items() if each.person != "flood"]


def asked_by_ten(flooded: bool) -> Local:
    """The ten have been answered."""
    engine = Local()
    if flooded:
        for thread in range(QUESTIONS):
            engine.ask("flood", thread)
        steps = iter(range(25))
        engine.run(lambda: next(steps, None) is None)
    for person in range(PEOPLE):
        engine.ask(f"person {person}", 1_000 + person)
    engine.run(lambda: len(engine.waits()) == PEOPLE)
    return engine


def test_ten_people_wait_half_as_long_again_at_most_beside_a_flood() -> None:
    """In this process. None of them is told that the engine is busy."""
    alone, beside = asked_by_ten(False), asked_by_ten(True)
    assert mean(beside.waits()) <= PATIENCE * mean(alone.waits())
    assert alone.busy == [] and set(beside.busy) == {"flood"}


@pytest.mark.parametrize("places", [1, 4, 16])
async def test_ten_people_beside_a_flood_wait_no_longer_for_servers(places: int) -> None:
    """A turn is what a place is held for; where there is one place only, they wait for the one
    reply that is being written."""

    async def waited(flooded: bool) -> list[int]:
        queue, turn, waits, busy = PlaceQueue(places, 64), 0, [], list[str]()
        turned = asyncio.Condition()

        async def ask(person: str, thread: int) -> None:
            asked = turn

            def hear(_: Queued) -> None:
                """Nothing: its place is not of interest here."""

            try:
                async with queue.place(hear, conversation=f"{person} {thread}", person=person):
                    began = turn
                    if person != "flood":
                        waits.append(turn - asked)
                    async with turned:
                        await turned.wait_for(lambda: turn >= began + REPLY)
            except EngineBusy:
                busy.append(person)

        flood = [asyncio.create_task(ask("flood", n)) for n in range(QUESTIONS if flooded else 0)]
        await asyncio.sleep(0)
        ten = [asyncio.create_task(ask(f"person {n}", n)) for n in range(PEOPLE)]
        while not all(each.done() for each in ten):
            turn += 1
            async with turned:
                turned.notify_all()
            for _ in range(5):
                await asyncio.sleep(0)
        for task in flood:
            task.cancel()
        await asyncio.gather(*ten)
        await asyncio.gather(*flood, return_exceptions=True)
        assert not {each for each in busy if each != "flood"} and queue.running == 0
        return waits

    alone, beside = await waited(False), await waited(True)
    assert len(alone) == len(beside) == PEOPLE
    assert mean(beside) <= PATIENCE * max(mean(alone), 1)
