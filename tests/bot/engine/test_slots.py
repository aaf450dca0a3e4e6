"""The rules of `bot/engine/slots.py`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.slot import Placement, common_prefix
from bot.engine.slots import SlotTable


def fill(table: SlotTable, conversation: str, tokens: list[int], room: int = 64) -> int:
    """Acquire, compute everything and release, as a finished request does; the slot's id."""
    found = table.acquire(conversation, tokens, room)
    assert found is not None
    slot, _ = found
    slot.tokens = list(tokens)
    table.release(slot)
    table.begin_step()
    return slot.id


@given(st.lists(st.integers(0, 2), max_size=200), st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=60)
def test_the_common_prefix_is_the_longest(tokens: list[int], cut: int, limit: int) -> None:
    """It ends at the first difference, at the limit or where a list ends."""
    other = tokens[:cut] + [9] * 70
    expected = 0
    while expected < min(limit, len(tokens), len(other)) and tokens[expected] == other[expected]:
        expected += 1
    assert common_prefix(tokens, other, limit) == expected


def test_the_next_turn_finds_its_own_slot() -> None:
    """A follow-up keeps what its conversation has in the cache."""
    table = SlotTable(64, 256)
    first = fill(table, "a", [1, 2, 3, 4])
    found = table.acquire("a", [1, 2, 3, 4, 5, 6], 64)
    assert found is not None
    assert found[1] == Placement(first, 64, keep=4, matched=4, source=None)
    assert found[0].tokens == [1, 2, 3, 4]


def test_the_last_prompt_token_is_never_taken_from_the_cache() -> None:
    """Somebody must compute the logits that follow the prompt."""
    table = SlotTable(64, 256)
    fill(table, "a", [1, 2, 3, 4])
    found = table.acquire("a", [1, 2, 3], 64)
    assert found is not None and found[1].matched == 2


def test_a_prefix_shared_with_another_conversation_is_copied() -> None:
    """A persona's preamble is computed once."""
    table = SlotTable(64, 256)
    source = fill(table, "a", [1, 2, 3, 4])
    found = table.acquire("b", [1, 2, 3, 9], 64)
    assert found is not None
    assert found[1] == Placement(found[0].id, 64, keep=0, matched=3, source=source)
    assert found[0].id != source


def test_a_longer_prefix_elsewhere_continues_the_own_slot() -> None:
    """Only what the own slot lacks is copied."""
    table = SlotTable(64, 256)
    own = fill(table, "a", [1, 2, 8])
    source = fill(table, "b", [1, 2, 3, 4, 5])
    found = table.acquire("a", [1, 2, 3, 4, 5, 6], 64)
    assert found is not None
    assert found[1] == Placement(own, 64, keep=2, matched=5, source=source)


def test_a_second_request_of_a_conversation_gets_a_slot_of_its_own() -> None:
    """Two running sequences never write to one region."""
    table = SlotTable(64, 256)
    first = table.acquire("a", [1, 2, 3], 64)
    second = table.acquire("a", [1, 2, 3], 64)
    assert first is not None and second is not None
    assert first[0] is not second[0]


def test_the_least_recently_used_slot_is_evicted_first() -> None:
    """Memory for a new conversation comes from the one that was silent longest."""
    table = SlotTable(64, 128)
    fill(table, "a", [1])
    kept = fill(table, "b", [2])
    found = table.acquire("c", [3], 64)
    assert found is not None
    assert table.live == {kept, found[0].id}


def test_running_slots_are_never_evicted() -> None:
    """A request waits where all memory is in use."""
    table = SlotTable(64, 128)
    assert table.acquire("a", [1], 64) and table.acquire("b", [2], 64)
    assert table.acquire("c", [3], 64) is None


def test_a_failed_reservation_evicts_nothing() -> None:
    """What cannot be made to fit does not cost others their cache."""
    table = SlotTable(64, 128)
    assert table.acquire("a", [1], 40)
    idle = fill(table, "b", [2], 16)
    assert table.acquire("c", [3], 40)
    assert table.acquire("d", [4], 64) is None
    assert idle in table.live


def test_under_pressure_the_source_is_taken_over() -> None:
    """With room for one context only, the shared prefix still counts."""
    table = SlotTable(64, 64)
    source = fill(table, "a", [1, 2, 3])
    found = table.acquire("b", [1, 2, 9], 64)
    assert found is not None
    assert found[1] == Placement(source, 64, keep=2, matched=2, source=None)
    assert found[0].conversation == "b"


def test_a_slot_that_is_copied_from_survives_the_planned_step() -> None:
    """It may not be evicted before the copy has been made."""
    table = SlotTable(64, 128)
    source = fill(table, "a", [1, 2, 3])
    assert table.acquire("b", [1, 2, 9], 64)
    assert table.acquire("c", [5], 64) is None
    assert source in table.live
    table.begin_step()
    assert table.acquire("c", [5], 64)


def test_a_running_slot_hands_on_what_it_has_computed_meanwhile() -> None:
    """Conversations that start together run a common preamble once."""
    table = SlotTable(64, 256)
    first, second = table.acquire("a", [1, 2, 3, 4], 64), table.acquire("b", [1, 2, 3, 5], 64)
    assert first and second
    first[0].tokens.extend([1, 2, 3])
    placement = table.extend(second[0], [1, 2, 3, 5])
    assert placement == Placement(second[0].id, 64, keep=0, matched=3, source=first[0].id)
    assert table.extend(second[0], [1, 2, 3, 5]) is None


def test_a_cache_smaller_than_a_context_is_refused() -> None:
    """Otherwise a long request could wait for ever."""
    with pytest.raises(ValueError, match="cannot hold"):
        SlotTable(64, 63)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.lists(st.integers(0, 1), min_size=1, max_size=40),
            st.booleans(),
        ),
        max_size=40,
    )
)
@settings(max_examples=60)
def test_reservations_never_exceed_the_cache(
    requests: list[tuple[str, list[int], bool]],
) -> None:
    """Whatever comes: memory is bounded, slots in use stay, prefixes are true prefixes."""
    table = SlotTable(64, 160)
    running = []
    for conversation, prompt, ends in requests:
        table.begin_step()
        found = table.acquire(conversation, prompt, len(prompt) + 8)
        if found:
            slot, placement = found
            assert slot.tokens == prompt[: placement.matched]
            assert placement.matched < len(prompt)
            slot.tokens = list(prompt)
            running.append(slot)
        if ends and running:
            table.release(running.pop(0))
        assert table.reserved <= 160
        assert {s.id for s in running} <= table.live


def fill_ahead(table: SlotTable, conversation: str, tokens: list[int], room: int = 64) -> int:
    """Prefill ahead and release; the slot's id."""
    found = table.acquire_ahead(conversation, tokens, room)
    assert found is not None
    found[0].tokens = list(tokens)
    table.release(found[0])
    table.begin_step()
    return found[0].id


def test_prefilling_ahead_continues_the_own_slot_and_copies_from_others() -> None:
    """As a request would; the last token counts too, since nothing is sampled."""
    table = SlotTable(64, 256)
    own = fill(table, "a", [1, 2, 3])
    source = fill(table, "b", [1, 2, 3, 4, 5])
    found = table.acquire_ahead("a", [1, 2, 3, 4, 6], 64)
    assert found is not None
    assert found[1] == Placement(own, 64, keep=3, matched=4, source=source)


def test_what_is_all_in_the_cache_is_not_prefilled_ahead() -> None:
    """And a slot that holds more than that keeps it."""
    table = SlotTable(64, 256)
    fill(table, "a", [1, 2, 3, 4])
    assert table.acquire_ahead("a", [1, 2, 3], 64) is None
    assert table.acquire_ahead("b", [1, 2, 3, 4], 64) is None
    assert table.cached == 4


def test_prefilling_ahead_evicts_only_what_nobody_asked_for() -> None:
    """Older guesses go, the oldest first; what a request has used stays, also its own guess."""
    table = SlotTable(64, 192)
    asked = fill(table, "a", [1])
    guess = fill_ahead(table, "b", [2])
    used = fill_ahead(table, "c", [3])
    assert fill(table, "c", [3, 4]) == used
    newer = fill_ahead(table, "d", [5])
    assert table.live == {asked, used, newer} and guess not in table.live
    fill(table, "d", [5, 6])
    assert table.acquire_ahead("e", [7], 64) is None
    assert table.live == {asked, used, newer}


def test_a_request_evicts_what_was_prefilled_ahead_like_anything_else() -> None:
    """The least recently used goes first."""
    table = SlotTable(64, 128)
    guess = fill_ahead(table, "a", [1])
    kept = fill(table, "b", [2])
    fill(table, "c", [3])
    assert guess not in table.live and kept in table.live
