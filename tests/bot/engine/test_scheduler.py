"""The rules of `bot/engine/scheduler.py`. No model: tokens are made up."""

from __future__ import annotations

import pytest

from bot.engine.scheduler import AHEAD_TOKENS, Scheduler
from bot.engine.sequence import Sequence, State, Step
from bot.engine.slots import SlotTable
from bot.errors import EngineBusy
from bot.messages import Sampling


def sequence(
    length: int, conversation: str = "a", first: int = 0, deadline: float = 99
) -> Sequence:
    """A prompt of `length` different tokens with room for 8 more."""
    prompt = tuple(range(first, first + length))
    return Sequence(prompt, Sampling(), conversation, length + 8, deadline)


def scheduler(max_batch: int = 4, max_waiting: int = 8, budget: int = 10) -> Scheduler:
    """A scheduler over memory for four contexts of 256 tokens."""
    table = SlotTable(256, 1024)
    return Scheduler(table, max_batch=max_batch, max_waiting=max_waiting, max_step_tokens=budget)


def sizes(step: Step | None) -> list[int]:
    """How many tokens each chunk has."""
    assert step is not None
    return [len(chunk.tokens) for chunk in step.chunks]


def run(s: Scheduler, step: Step | None) -> list[tuple[Sequence, int]]:
    """Pretend that the step ran and sampled token 7 everywhere."""
    assert step is not None
    return s.advance(step, [7 for chunk in step.chunks if chunk.samples])


def test_a_long_prompt_is_prefilled_in_chunks() -> None:
    """No step runs more tokens than the budget; only the last chunk samples."""
    s = scheduler()
    s.add(sequence(25))
    seen = []
    for _ in range(3):
        step = s.schedule()
        seen.append((sizes(step), run(s, step) != []))
    assert seen == [([10], False), ([10], False), ([5], True)]


def test_decoding_goes_on_while_another_prefills() -> None:
    """Every decoding sequence gets its token in every step."""
    s = scheduler()
    s.add(sequence(3, "a"))
    run(s, s.schedule())
    s.add(sequence(30, "b", first=100))
    assert sizes(s.schedule()) == [1, 9]


def test_a_short_prompt_does_not_wait_behind_a_long_one() -> None:
    """Half of the budget is the first one's, the rest goes to the shortest."""
    s = scheduler()
    s.add(sequence(100, "a"))
    s.add(sequence(4, "b", first=200))
    step = s.schedule()
    assert sizes(step) == [6, 4]
    assert [q.conversation for q, _ in run(s, step)] == ["b"]


def test_the_first_prefill_always_gets_on() -> None:
    """Short prompts that keep coming do not starve a long one."""
    s = scheduler(max_batch=3)
    long = sequence(40, "long")
    s.add(long)
    for i in range(20):
        if long.generated:
            break
        s.add(sequence(9, f"short{i}", first=1000 * (i + 1)))
        for q, _ in run(s, s.schedule()):
            if q is not long:
                s.remove(q)
    assert long.generated


def test_more_decoding_sequences_than_the_budget_still_let_prefill_move() -> None:
    """At least one prefill token runs in every step."""
    s = scheduler(budget=2)
    for name in "abc":
        s.add(sequence(1, name))
        run(s, s.schedule())
    s.add(sequence(5, "d", first=50))
    assert sizes(s.schedule()) == [1, 1, 1, 1]


def test_the_queue_is_bounded() -> None:
    """A full queue answers "busy" with how many wait, and takes nothing."""
    s = scheduler(max_batch=1, max_waiting=2)
    s.add(sequence(2))
    s.schedule()
    s.add(sequence(2))
    s.add(sequence(2))
    with pytest.raises(EngineBusy) as busy:
        s.add(sequence(2))
    assert busy.value.waiting == 2
    assert (s.running, s.waiting) == (1, 2)


def test_free_places_do_not_count_as_queue() -> None:
    """Requests that can start at once are accepted even where nobody may wait."""
    s = scheduler(max_batch=2, max_waiting=0)
    s.add(sequence(2, "a"))
    s.add(sequence(2, "b"))
    with pytest.raises(EngineBusy):
        s.add(sequence(2, "c"))


def test_a_removed_sequence_is_not_in_the_next_step() -> None:
    """Cancelling frees the place and the slot before the next step."""
    s = scheduler(max_batch=1)
    first, second = sequence(3, "a"), sequence(3, "b", first=10)
    s.add(first)
    s.add(second)
    run(s, s.schedule())
    s.remove(first)
    step = s.schedule()
    assert step is not None and [c.sequence for c in step.chunks] == [second]
    assert first.state is State.FINISHED


def test_a_sequence_removed_while_its_step_runs_gets_nothing_from_it() -> None:
    """The outcome of a cancelled sequence is dropped; its cache ends where it was."""
    s = scheduler()
    first, second = sequence(3, "a"), sequence(3, "b", first=10)
    s.add(first)
    s.add(second)
    step = s.schedule()
    s.remove(first)
    assert [q for q, _ in run(s, step)] == [second]
    assert first.generated == 0
    again = sequence(3, "a")
    s.add(again)
    s.schedule()
    assert again.cached == 0


def test_a_waiting_sequence_can_be_removed() -> None:
    """It leaves the queue and is never run."""
    s = scheduler()
    q = sequence(3)
    s.add(q)
    s.remove(q)
    assert s.schedule() is None


def test_a_failed_step_ends_its_sequences_and_forgets_their_slots() -> None:
    """What may be half written is not used again; others go on."""
    s = scheduler(max_batch=2)
    q = sequence(6, "a")
    s.add(q)
    step = s.schedule()
    run(s, step)
    s.add(sequence(6, "b", first=10))
    step = s.schedule()
    assert step is not None
    assert len(s.fail(step)) == 2
    assert s.running == 0
    again = sequence(6, "a")
    s.add(again)
    assert s.schedule() is not None and again.cached == 0


def test_a_failed_step_also_forgets_the_slot_of_a_sequence_cancelled_meanwhile() -> None:
    """Its cache was prepared by the step that failed."""
    s = scheduler()
    q = sequence(6, "a")
    s.add(q)
    run(s, s.schedule())
    step = s.schedule()
    s.remove(q)
    assert step is not None and s.fail(step) == []
    again = sequence(6, "a")
    s.add(again)
    s.schedule()
    assert again.cached == 0


def test_a_failed_step_also_ends_a_sequence_that_it_only_prepared() -> None:
    """Its slot was given room and a copied prefix, perhaps; the budget left it no token."""
    s = scheduler(budget=1)
    s.add(sequence(6, "a"))
    s.add(sequence(6, "b", first=10))
    step = s.schedule()
    assert step is not None and sizes(step) == [1]
    assert len(s.fail(step)) == 2


def test_sequences_past_their_deadline_are_named() -> None:
    """Running or waiting makes no difference."""
    s = scheduler(max_batch=1)
    late, later, fine = (
        sequence(2, deadline=5),
        sequence(2, deadline=6),
        sequence(2, deadline=7),
    )
    for q in (late, later, fine):
        s.add(q)
    s.schedule()
    assert s.expired(6) == [late, later]


def test_prompts_that_start_together_run_their_common_part_once() -> None:
    """The second waits for a step's share and takes over what the first has computed."""
    s = scheduler(budget=8)
    first, second = sequence(20, "a"), sequence(20, "b")
    s.add(first)
    s.add(second)
    ran = 0
    while not (first.generated and second.generated):
        step = s.schedule()
        ran += sum(sizes(step))
        run(s, step)
    assert ran < 32
    assert second.cached > 8


def ahead(length: int, conversation: str = "a", first: int = 0) -> Sequence:
    """A prompt that nobody asked for yet."""
    prompt = tuple(range(first, first + length))
    return Sequence(prompt, Sampling(), conversation, length + 8, ahead=True)


def test_prefilling_ahead_runs_only_where_there_is_no_request() -> None:
    """Its steps sample nothing, and between them its slot is nobody's."""
    s = scheduler(budget=100)
    s.prefill_ahead(ahead(80, "a"))
    first = s.schedule()
    assert first is not None and first.is_ahead and sizes(first) == [AHEAD_TOKENS]
    s.add(sequence(20, "b", first=500))
    assert run(s, first) == []
    assert all(not slot.in_use for slot in s._slots._slots.values())
    second = s.schedule()
    assert second is not None and not second.is_ahead and sizes(second) == [20]
    ((request, _),) = run(s, second)
    s.remove(request)
    rest = []
    while (step := s.schedule()) is not None:
        rest += sizes(step)
        run(s, step)
    assert rest == [AHEAD_TOKENS, 80 - 2 * AHEAD_TOKENS]
    assert s._slots.cached == 100 and s.is_idle


def test_a_request_takes_over_what_was_prefilled_ahead_of_it() -> None:
    """Also in the middle of a step; the rest is then its own to compute."""
    s = scheduler(budget=100)
    s.prefill_ahead(ahead(80, "a"))
    step = s.schedule()
    request = sequence(80, "a")
    s.add(request)
    run(s, step)
    assert sizes(s.schedule()) == [80 - AHEAD_TOKENS]
    assert request.cached == AHEAD_TOKENS
    s.remove(request)
    assert s.schedule() is None


def test_a_failed_step_ahead_is_not_tried_again() -> None:
    """It fails no request, and its slot is forgotten."""
    s = scheduler()
    s.prefill_ahead(ahead(80, "a"))
    step = s.schedule()
    assert step is not None and s.fail(step) == []
    assert s.schedule() is None and s._slots.live == frozenset()


@pytest.mark.parametrize("conversations", [{"a"}, None])
def test_what_waits_while_its_conversation_is_forgotten_leaves_nothing_behind(
    conversations: set[str] | None,
) -> None:
    """Its prompt was made before; another conversation's slot stays, unless all are forgotten."""
    s = scheduler(budget=200)
    asked, other = sequence(20, "a"), sequence(30, "b", first=500)
    s.add(asked)
    s.add(other)
    s.forget(conversations)
    run(s, s.schedule())
    s.remove(asked)
    s.remove(other)
    assert s._slots.cached == (30 if conversations else 0)
