"""The rules of prefilling ahead of a request: `bot/engine/ahead.py`, on a real tiny model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from bot.engine.ahead import MOST, Ahead
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.scheduler import AHEAD_TOKENS, Scheduler
from bot.engine.sequence import Step
from bot.engine.slots import SlotTable
from tests.bot.engine.test_local import before_steps, endless, prompt_of
from tests.bot.engine.tiny import CONTEXT, Reply, reply, until, without_end

Reference = Callable[[Sequence[int], int], list[int]]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to wait for a burst to end, but where a test says so."""
    monkeypatch.setattr(Ahead.__init__, "__defaults__", (0.0,))


def known(ids: Sequence[int]) -> Callable[[], Awaitable[Sequence[int]]]:
    """A beginning that is read at once."""

    async def read() -> Sequence[int]:
        return ids

    return read


async def until_done(engine: LocalEngine) -> None:
    """Wait until nothing is noted, being read or being prefilled."""
    await until(lambda: not engine._ahead and engine._scheduler._ahead is None)


def in_cache(engine: LocalEngine, conversation: str) -> list[int]:
    """The tokens in a conversation's slot."""
    (slot,) = [s for s in engine._slots._slots.values() if s.conversation == conversation]
    return slot.tokens


async def test_a_request_finds_what_was_prefilled_ahead(
    loaded: LoadedModel, reference: Reference
) -> None:
    """All of it, to the last token; and its tokens are those that it would have had without."""
    said, question = prompt_of(1, 100), prompt_of(2, 9)
    async with LocalEngine.from_loaded(loaded) as engine:
        engine.prefill_ahead("c", known(said))
        await until_done(engine)
        got = await reply(engine, [*said, *question])
    assert got.end.cached_tokens == len(said)
    assert got.tokens == without_end(reference([*said, *question], 12))


async def test_a_reply_that_was_written_is_completed_ahead(
    loaded: LoadedModel, reference: Reference
) -> None:
    """Its last token was never run, and the next prompt may spell it with other tokens."""
    prompt = prompt_of(3, 40)
    async with LocalEngine.from_loaded(endless(loaded)) as engine:
        first = await reply(engine, prompt)
        spelled = [*prompt, *first.tokens[:4], *prompt_of(4, 7)]
        engine.prefill_ahead("c", known(spelled))
        await until_done(engine)
        second = await reply(engine, [*spelled, 50, 60])
    assert second.end.cached_tokens == len(spelled)
    assert second.tokens == reference([*spelled, 50, 60], 12)


async def test_a_request_waits_for_one_step_of_prefilling_ahead_at_most(
    loaded: LoadedModel, reference: Reference
) -> None:
    """Its own steps come next, and the rest of what is ahead after it; nothing is lost."""
    said, prompt = prompt_of(5, 200), prompt_of(6, 9)
    steps: list[Step] = []
    asked: list[asyncio.Task[Reply]] = []
    loop = asyncio.get_running_loop()

    def ask(step: Step) -> None:
        if not steps:
            call = reply(engine, prompt, "other")
            loop.call_soon_threadsafe(lambda: asked.append(loop.create_task(call)))
        steps.append(step)

    async with LocalEngine.from_loaded(endless(loaded)) as engine:
        with before_steps(engine, ask):
            engine.prefill_ahead("c", known(said))
            await until_done(engine)
            await asked[0]
            got = await reply(engine, [*said, 7])
    ahead = [step.is_ahead for step in steps]
    begun = ahead.index(False)
    assert begun <= 2  # the step that ran, and one more where the request came between
    assert not any(ahead[begun : begun + 12]) and any(ahead[begun + 12 :])
    assert max(len(c.tokens) for s in steps if s.is_ahead for c in s.chunks) == AHEAD_TOKENS
    assert got.end.cached_tokens == 200
    assert got.tokens == reference([*said, 7], 12)


async def test_a_request_of_the_conversation_takes_over_what_is_computed(
    loaded: LoadedModel, reference: Reference
) -> None:
    """It goes on where prefilling ahead was, which then has nothing left to do."""
    said = prompt_of(7, 200)
    steps: list[Step] = []
    asked: list[asyncio.Task[Reply]] = []
    loop = asyncio.get_running_loop()

    def ask(step: Step) -> None:
        if len(steps) == 1:
            call = reply(engine, [*said, 7])
            loop.call_soon_threadsafe(lambda: asked.append(loop.create_task(call)))
        steps.append(step)

    async with LocalEngine.from_loaded(endless(loaded)) as engine:
        with before_steps(engine, ask):
            engine.prefill_ahead("c", known(said))
            await until(lambda: bool(asked))
            got = await asked[0]
            await until_done(engine)
    ahead = sum(len(c.tokens) for s in steps if s.is_ahead for c in s.chunks)
    assert 2 * AHEAD_TOKENS <= ahead <= 3 * AHEAD_TOKENS
    assert got.end.cached_tokens == ahead
    assert got.tokens == reference([*said, 7], 12)


async def test_a_busy_engine_reads_nothing(loaded: LoadedModel) -> None:
    """A burst of notes costs one reading, of the newest, once there is nothing else to do."""
    read: list[int] = []

    def beginning(number: int) -> Callable[[], Awaitable[Sequence[int]]]:
        async def ids() -> Sequence[int]:
            assert not engine.stats.running
            read.append(number)
            return prompt_of(8, 20)

        return ids

    async with LocalEngine.from_loaded(endless(loaded)) as engine:
        request = asyncio.create_task(reply(engine, prompt_of(9, 9), "other"))
        await until(lambda: engine.stats.running > 0)
        for number in range(5):
            engine.prefill_ahead("c", beginning(number))
        await request
        await until_done(engine)
    assert read == [4]


async def test_a_later_note_takes_the_place_of_an_earlier_one(loaded: LoadedModel) -> None:
    """What is being prefilled goes no further, and is the newer one's where they agree."""
    older = prompt_of(10, 220)
    newer = [*older[:80], *prompt_of(11, 20)]
    steps: list[Step] = []
    loop = asyncio.get_running_loop()

    def note(step: Step) -> None:
        if not steps:
            loop.call_soon_threadsafe(engine.prefill_ahead, "c", known(newer))
        steps.append(step)

    async with LocalEngine.from_loaded(loaded) as engine:
        with before_steps(engine, note):
            engine.prefill_ahead("c", known(older))
            await until(lambda: len(steps) > 1)
            await until_done(engine)
        assert in_cache(engine, "c") == newer
    assert sum(len(c.tokens) for s in steps for c in s.chunks) <= len(newer) + AHEAD_TOKENS


async def test_what_is_not_read_in_time_is_not_prefilled(loaded: LoadedModel) -> None:
    """A request that came meanwhile has all of it, and more."""
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow() -> Sequence[int]:
        begun.set()
        await gate.wait()
        return prompt_of(12, 90)

    steps: list[Step] = []
    async with LocalEngine.from_loaded(loaded) as engine:
        with before_steps(engine, steps.append):
            engine.prefill_ahead("c", slow)
            await begun.wait()
            await reply(engine, prompt_of(13, 9))
            gate.set()
            await until_done(engine)
    assert not any(step.is_ahead for step in steps)


async def test_a_beginning_that_cannot_be_read_is_logged_and_nothing_else(
    loaded: LoadedModel, caplog: pytest.LogCaptureFixture
) -> None:
    """The next one is read all the same; one that leaves no room, or is empty, is left."""

    async def broken() -> Sequence[int]:
        raise RuntimeError("no database")

    async with LocalEngine.from_loaded(loaded) as engine:
        engine.prefill_ahead("a", broken)
        engine.prefill_ahead("b", known(()))
        engine.prefill_ahead("c", known(prompt_of(14, CONTEXT)))
        engine.prefill_ahead("d", known(prompt_of(15, 30)))
        await until_done(engine)
        assert engine.stats.cached_tokens == 30
    assert caplog.text.count("could not be read") == 1 and "no database" in caplog.text


async def test_a_step_ahead_that_fails_is_given_up(
    loaded: LoadedModel, reference: Reference, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of it is used, it is not tried again, and requests are served as ever."""
    prompt = prompt_of(16, 60)

    def fail(step: Step) -> None:
        if step.is_ahead and step.chunks[0].start:
            raise RuntimeError("injected")

    async with LocalEngine.from_loaded(loaded) as engine:
        with before_steps(engine, fail):
            engine.prefill_ahead("c", known(prompt))
            await until_done(engine)
        assert engine.stats.cached_tokens == 0
        got = await reply(engine, prompt)
    assert got.tokens == without_end(reference(prompt, 12))
    assert caplog.text.count("RuntimeError: injected") == 1


async def test_closing_drops_what_is_noted_read_and_prefilled(loaded: LoadedModel) -> None:
    """Nothing is read afterwards, and a note after the end, or before the start, is nothing."""
    begun = asyncio.Event()

    async def endless_reading() -> Sequence[int]:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    engine = LocalEngine.from_loaded(loaded)
    engine.prefill_ahead("early", endless_reading)
    await engine.start()
    engine.prefill_ahead("a", endless_reading)
    engine.prefill_ahead("b", known([1]))
    await begun.wait()
    await engine.aclose()
    engine.prefill_ahead("late", endless_reading)
    assert not engine._ahead


async def test_prefilling_ahead_evicts_nothing_that_a_request_has_used(
    loaded: LoadedModel,
) -> None:
    """In a full cache it stays away; its own slot it may use."""
    options = EngineOptions(cache_tokens=2 * CONTEXT)
    async with LocalEngine.from_loaded(endless(loaded), options) as engine:
        for number, name in enumerate("ab"):
            await reply(engine, prompt_of(20 + number, 230), name)
        live = engine._slots.live
        engine.prefill_ahead("c", known(prompt_of(22, 50)))
        engine.prefill_ahead("a", known([*prompt_of(20, 230), 5, 6, 7]))
        await until_done(engine)
        assert engine._slots.live == live
        assert in_cache(engine, "a")[-3:] == [5, 6, 7]


async def test_a_burst_is_read_once_after_a_pause() -> None:
    """A little after its first message, so that one who keeps talking is read too."""
    read: list[str] = []

    def beginning(name: str) -> Callable[[], Awaitable[Sequence[int]]]:
        async def ids() -> Sequence[int]:
            read.append(name)
            return ()

        return ids

    scheduler = Scheduler(SlotTable(64, 64), max_batch=1, max_waiting=1, max_step_tokens=8)
    ahead = Ahead(scheduler, 64, lambda: None, pause=0.05)
    ahead.note("a", beginning("first"))
    ahead.look()
    await asyncio.sleep(0)
    ahead.note("a", beginning("second"))
    ahead.look()
    assert read == []
    await until(lambda: not ahead)
    assert read == ["second"]


async def test_of_too_many_conversations_the_newest_are_kept() -> None:
    """What is noted takes bounded memory."""
    scheduler = Scheduler(SlotTable(64, 64), max_batch=1, max_waiting=1, max_step_tokens=8)
    ahead = Ahead(scheduler, 64, lambda: None)
    for number in range(MOST + 3):
        ahead.note(str(number), known(()))
    assert len(ahead) == MOST and next(iter(ahead._noted)) == "3"


async def test_one_that_is_forgotten_before_its_reading_begins_stops_no_other() -> None:
    """A request may come between the look and the task's first step."""
    scheduler = Scheduler(SlotTable(64, 64), max_batch=1, max_waiting=1, max_step_tokens=8)
    ahead = Ahead(scheduler, 64, lambda: None)
    ahead.note("a", known((1, 2)))
    ahead.look()
    ahead.forget("a")
    await until(lambda: ahead._reading is None)
    ahead.note("b", known((3, 4)))
    ahead.look()
    await until(lambda: not ahead)
    assert scheduler._ahead is not None and scheduler._ahead.conversation == "b"
