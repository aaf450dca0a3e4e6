"""What every ReviewStore must do: what is asked when, each answer once, and back again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import OptedOut
from bot.learning.ports.reviews import (
    Card,
    Counts,
    Rating,
    Review,
    Standing,
    State,
    Tally,
    WordCard,
)
from bot.learning.ports.words import Word
from storage.learning.cards import as_json, from_json
from storage.store import SqlStore

ME, OTHER = ("console", "u1"), ("console", "u2")
DAY = date(2026, 4, 1)
NOW = datetime(2026, 4, 1, 12, 0, 0, 123456, UTC)
UNTIL = datetime(2026, 4, 2, 4, tzinfo=UTC)
MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)


def card(state: State, due: datetime, **other: object) -> Card:
    """A card that was asked before."""
    step = None if state is State.REVIEW else 0
    some = Card(due, state, step, 3.125000000000001, 5.5, NOW - A_DAY, NOW - 9 * A_DAY)
    return replace(some, **other)  # type: ignore[arg-type]


def answer(turn: int, rating: Rating = Rating.GOOD, state: State = State.NEW) -> Review:
    """An answer on that day."""
    return Review(turn, rating, state, True, DAY, NOW)


async def put(store: SqlStore, word: str, after: Card | None = None) -> int:
    """Save a word; `after`: with its card like this, after an answer."""
    saved, _ = await store.save_word(*ME, "home", Word(word, word, "meaning"))
    if after is not None:
        assert await store.answer_card(*ME, saved.id, answer(0), replace(after, turn=1))
    return saved.id


async def asked(store: SqlStore, *, new: bool = True, now: datetime = NOW) -> str | None:
    """The word that is asked next."""
    found = await store.next_card(*ME, now=now, until=UNTIL, new=new)
    return None if found is None else found.word.text.word


async def test_a_saved_word_has_a_new_card_that_is_due_at_once(store: SqlStore) -> None:
    """It is asked, of its owner alone, and only where new ones are wanted."""
    id = await put(store, "猫")
    found = await store.word_card(*ME, id)
    assert found is not None and found.card == Card(found.word.saved_at)
    assert await asked(store) == "猫"
    assert await asked(store, new=False) is None
    assert await store.next_card(*OTHER, now=NOW, until=UNTIL, new=True) is None
    assert await store.word_card(*OTHER, id) is None


async def test_a_card_comes_back_as_it_was_kept(store: SqlStore) -> None:
    """To the last bit and the microsecond, also by way of JSON."""
    kept = card(State.REVIEW, NOW + MINUTE / 7, lapses=3, suspended=True, turn=1)
    id = await put(store, "猫", kept)
    found = await store.word_card(*ME, id)
    assert found is not None and found.card == kept
    assert from_json(as_json(kept)) == kept
    assert from_json(as_json(Card(NOW))) == Card(NOW)


async def test_steps_come_first_then_what_is_due_then_new_words(store: SqlStore) -> None:
    """Each by its moment; steps when it is there, what is learnt from the day's beginning."""
    await put(store, "新一")
    await put(store, "新二")
    await put(store, "夜", card(State.REVIEW, UNTIL - MINUTE))
    await put(store, "朝", card(State.REVIEW, NOW - 5 * MINUTE))
    await put(store, "明日", card(State.REVIEW, UNTIL))
    await put(store, "後", card(State.LEARNING, NOW + MINUTE))
    await put(store, "今", card(State.RELEARNING, NOW))
    done = card(State.REVIEW, NOW + 30 * A_DAY, turn=2)
    order = []
    while (found := await store.next_card(*ME, now=NOW, until=UNTIL, new=True)) is not None:
        order.append(found.word.text.word)
        turn = found.card.turn
        moved = replace(done, turn=turn + 1)
        assert await store.answer_card(*ME, found.word.id, answer(turn), moved)
    assert order == ["今", "朝", "夜", "新一", "新二"]
    assert await asked(store, now=NOW + MINUTE) == "後"


async def test_what_waits_is_counted_until_the_days_end(store: SqlStore) -> None:
    """With the new words that were begun that day."""
    await put(store, "新")
    await put(store, "夜", card(State.REVIEW, UNTIL - MINUTE))
    await put(store, "明日", card(State.REVIEW, UNTIL))
    await put(store, "後", card(State.LEARNING, NOW + MINUTE))
    await put(store, "休み", card(State.REVIEW, NOW, suspended=True))
    assert await store.count_cards(*ME, until=UNTIL, day=DAY) == Counts(1, 1, 1, 4)
    tomorrow = await store.count_cards(*ME, until=UNTIL + A_DAY, day=DAY + A_DAY)
    assert tomorrow == Counts(1, 1, 2, 0)
    assert await store.count_cards(*OTHER, until=UNTIL, day=DAY) == Counts(0, 0, 0, 0)


async def test_the_first_that_is_due_is_known(store: SqlStore) -> None:
    """Of what was ever asked and is not suspended."""
    await put(store, "新")
    assert await store.next_due(*ME) is None
    await put(store, "休み", card(State.REVIEW, NOW, suspended=True))
    await put(store, "後", card(State.REVIEW, NOW + 3 * A_DAY))
    await put(store, "先", card(State.LEARNING, NOW + MINUTE))
    assert await store.next_due(*ME) == NOW + MINUTE


async def test_a_turn_is_answered_once(store: SqlStore) -> None:
    """Of two presses, also at the same time, one is kept."""
    id = await put(store, "猫")
    after = card(State.LEARNING, NOW + MINUTE, turn=1)
    answers = (store.answer_card(*ME, id, answer(0), after) for _ in range(3))
    assert sorted(await asyncio.gather(*answers)) == [False, False, True]
    assert await store.review_of(*ME, id, 0) == answer(0)
    assert await store.review_of(*ME, id, 1) is None
    assert await store.review_of(*OTHER, id, 0) is None
    assert not await store.answer_card(*ME, id, answer(7), after)
    assert not await store.answer_card(*OTHER, id, answer(1), after)


async def test_answers_are_undone_one_after_the_other(store: SqlStore) -> None:
    """The newest first, whatever the word; the card is as it was, and waits for another turn."""
    first, second = await put(store, "猫"), await put(store, "犬")
    new = await store.word_card(*ME, first)
    assert new is not None
    step, learnt = card(State.LEARNING, NOW, turn=1), card(State.REVIEW, UNTIL, turn=2)
    await store.answer_card(*ME, first, answer(0), step)
    await store.answer_card(*ME, second, answer(0), step)
    await store.answer_card(*ME, first, answer(1), learnt)

    undone = await store.undo_review(*ME)
    assert undone == WordCard(new.word, replace(step, turn=3))
    undone = await store.undo_review(*ME)
    assert undone is not None and undone.word.id == second
    undone = await store.undo_review(*ME)
    assert undone == WordCard(new.word, replace(new.card, turn=4))
    assert await store.undo_review(*ME) is None
    assert await store.tallies(*ME) == []
    assert not await store.answer_card(*ME, first, answer(1), learnt)  # a button of before
    assert await store.answer_card(*ME, first, answer(4), replace(learnt, turn=5))


async def test_nobody_undoes_what_somebody_else_answered(store: SqlStore) -> None:
    """Each has their own newest."""
    await put(store, "猫", card(State.LEARNING, NOW))
    assert await store.undo_review(*OTHER) is None
    assert len(await store.tallies(*ME)) == 1


async def test_a_suspended_word_is_not_asked_until_it_is_taken_up_again(store: SqlStore) -> None:
    """Its schedule stays; an answer that is undone changes nothing of that."""
    id = await put(store, "猫", card(State.REVIEW, NOW))
    before = await store.word_card(*ME, id)
    suspended = await store.suspend_card(*ME, id, True)
    assert before is not None and suspended is not None
    assert suspended.card == replace(before.card, suspended=True)
    assert await asked(store) is None
    assert await store.suspend_card(*OTHER, id, False) is None
    undone = await store.undo_review(*ME)
    assert undone is not None and undone.card.suspended
    await store.suspend_card(*ME, id, False)
    assert await asked(store) == "猫"


async def test_troublesome_words_are_those_often_forgotten_and_those_suspended(
    store: SqlStore,
) -> None:
    """The worst first."""
    await put(store, "楽", card(State.REVIEW, NOW, lapses=7))
    await put(store, "難", card(State.REVIEW, NOW, lapses=8))
    await put(store, "最悪", card(State.REVIEW, NOW, lapses=12))
    await put(store, "休み", card(State.REVIEW, NOW, suspended=True))
    found = await store.troublesome(*ME, 8)
    assert [each.word.text.word for each in found] == ["最悪", "難", "休み"]


async def test_where_words_stand_and_what_was_answered_is_told_for_progress(
    store: SqlStore,
) -> None:
    """Standings of all words; answers by day, as far as they counted."""
    await put(store, "新")
    id = await put(store, "猫", card(State.REVIEW, NOW))
    early = replace(answer(1, state=State.REVIEW), counted=False)
    await store.answer_card(*ME, id, early, card(State.REVIEW, NOW, turn=2))
    later = replace(answer(2, Rating.AGAIN, State.REVIEW), day=DAY + A_DAY)
    await store.answer_card(*ME, id, later, card(State.RELEARNING, NOW, turn=3))
    new, forgotten = await store.standings(*ME)
    assert (new.state, new.stability) == (State.NEW, None)
    assert forgotten == Standing(None, State.RELEARNING, NOW, 3.125000000000001, False)
    assert await store.tallies(*ME) == [
        Tally(DAY, State.NEW, Rating.GOOD, 1),
        Tally(DAY + A_DAY, State.REVIEW, Rating.AGAIN, 1),
    ]
    assert await store.tallies(*OTHER) == []


async def test_nothing_is_kept_of_what_somebody_answers_who_opted_out(store: SqlStore) -> None:
    """Until they opt in again."""
    id = await put(store, "猫")
    await store.opt_out(*ME, True)
    with pytest.raises(OptedOut):
        await store.answer_card(*ME, id, answer(0), card(State.LEARNING, NOW, turn=1))
    assert await store.review_of(*ME, id, 0) is None


async def test_a_word_goes_with_its_card_and_its_answers(store: SqlStore) -> None:
    """And comes back as a new one."""
    id = await put(store, "猫", card(State.REVIEW, NOW))
    await store.remove_word(*ME, id)
    assert await store.word_card(*ME, id) is None
    assert await store.tallies(*ME) == []
    again = await store.word_card(*ME, await put(store, "猫"))
    assert again is not None and again.card.state is State.NEW
