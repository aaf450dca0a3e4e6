"""/review: one card at a time, each answer once, the dates as they were announced."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import BotError, OptedOut
from bot.learning import calendar
from bot.learning.ports.reviews import Card, Rating, Review, State
from bot.notices import Notice
from storage.store import SqlStore
from tests.bot.study_commands.conftest import Ask
from tests.fakes.incoming import CHANNEL

ME = (CHANNEL.platform, "u1")
MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)


class Clock:
    """The time, as the test sets it: nine in the evening in Tokyo at first."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that reviews see."""
    clock = Clock()
    monkeypatch.setattr(calendar, "now", clock)
    return clock


def offered(notice: Notice) -> dict[str, str]:
    """What a notice offers: labels up to their date, with what they type."""
    return {offer.english.partition(" ·")[0]: offer.typed for offer in notice.offers}


def dates(notice: Notice) -> dict[str, str]:
    """The dates on the buttons of a card's back."""
    pairs = [offer.english.split(" · ") for offer in notice.offers if " · " in offer.english]
    return {pair[0]: pair[1] for pair in pairs}


async def answer(ask: Ask, front: Notice, rating: str) -> Notice:
    """Show a card and answer it; the next one."""
    back = await ask(offered(front)["Show"])
    return await ask(offered(back)[rating])


async def test_a_card_has_two_sides(ask: Ask, clock: Clock) -> None:
    """The word and its sentence; then how it is read and what it means, and four answers."""
    await ask(offered(await ask("/save 大学で経済を学びました。"))["＋ 経済"])
    front = await ask("/review")
    assert front.both().splitlines()[2:] == ["経済", "　大学で経済を学びました。"]
    back = await ask(offered(front)["Show"])
    word, meaning, sentence = back.both().splitlines()[2:]
    assert (word, sentence) == ("経済【けいざい】", "　大学で経済を学びました。")
    assert "economy" in meaning
    assert list(dates(back)) == ["Again", "Hard", "Good", "Easy"]
    assert dates(back) == {"Again": "1 min", "Hard": "6 min", "Good": "10 min", "Easy": "Apr 9"}
    labels = [offer.japanese for offer in back.offers]
    assert labels == ["もう一度・1分", "難しい・6分", "普通・10分", "簡単・4月9日"]


async def test_the_date_on_the_button_is_the_date_that_comes(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    """At each of many answers, and the card is asked on that day and not before."""
    await ask("/save 猫")
    (word,) = await store.saved_words(*ME)
    for rating in ["Good", "Good", "Good", "Again", "Good", "Hard", "Easy", "Good"]:
        back = await ask(offered(await ask("/review"))["Show"])
        said = dates(back)[rating]
        told = await ask(offered(back)[rating])
        assert f"{rating}, next {'in' if 'min' in said else 'on'} {said}." in told.english
        found = await store.word_card(*ME, word.id)
        assert found is not None
        if "min" in said:
            clock.now = found.card.due
        else:
            assert f"{found.card.due.astimezone(calendar.days_of({}).zone):%b %-d}" in said
            day = calendar.days_of({}).day(found.card.due)
            clock.now = calendar.days_of({}).begins(day) - MINUTE
            assert "Nothing is due" in (await ask("/review")).english
            clock.now += MINUTE


async def test_the_next_card_comes_with_the_answer(ask: Ask, clock: Clock) -> None:
    """With what waits; at the end, when the next comes."""
    for word in ("猫", "犬"):
        await ask(f"/save {word}")
    front = await ask("/review")
    assert "New 2 · learning 0 · due 0" in front.english and "新規2・学習中0" in front.japanese
    following = await answer(ask, front, "Easy")
    assert "猫: Easy, next on Apr 9." in following.english and "犬" in following.both()
    assert "New 1" in following.english
    end = await answer(ask, following, "Good")
    assert "Nothing is due now. The next comes in 10 min." in end.english
    assert "次は10分後です。" in end.japanese
    assert "learning 1" in (await ask("/review due")).english


async def test_a_press_counts_once(ask: Ask, store: SqlStore, clock: Clock) -> None:
    """Pressed again, whatever the button of that card, it says what was done."""
    await ask("/save 猫")
    back = await ask(offered(await ask("/review"))["Show"])
    await ask(offered(back)["Easy"])
    for label in ("Easy", "Again"):
        again = await ask(offered(back)[label])
        assert "already: 猫, Easy. It comes again on Apr 9." in again.english
    assert [tally.times for tally in await store.tallies(*ME)] == [1]


async def test_an_answer_is_taken_back(ask: Ask, clock: Clock) -> None:
    """The card is shown again; its old buttons are over."""
    await ask("/save 猫")
    front = await ask("/review")
    back = await ask(offered(front)["Show"])
    end = await ask(offered(back)["Easy"])
    undone = await ask(offered(end)["Undo"])
    assert "Took back" in undone.english and "猫" in undone.both() and "New 1" in undone.english
    assert "is over" in (await ask(offered(back)["Good"])).english
    assert "is over" in (await ask(offered(front)["Show"])).english
    assert "next in 10 min" in (await answer(ask, undone, "Good")).english
    await ask("/review undo")
    assert "no answer to take back" in (await ask("/review undo")).english


async def test_five_times_easy_within_a_minute_are_one(ask: Ask, clock: Clock) -> None:
    """A card that is not due can be answered by hand alone, and is not moved by that."""
    await ask("/save 猫")
    first = offered(await ask("/review"))["Show"].rpartition(".")[0]
    for turn in range(5):
        told = await ask(f"{first}.{turn}.4")
        clock.now += MINUTE / 6
    assert "asked early" in told.english and "on Apr 9" in told.english
    assert "予定前" in told.japanese


async def test_new_words_are_limited_by_day(ask: Ask, clock: Clock) -> None:
    """Ten, or as many as somebody wants; the day changes at four."""
    for word in ("猫", "犬", "鳥"):
        await ask(f"/save {word}")
    assert "at most 2" in (await ask("/review new 2")).english
    second = await answer(ask, await ask("/review"), "Easy")
    end = await answer(ask, second, "Easy")
    assert "1 new words wait for tomorrow" in end.english and "明日以降" in end.japanese
    clock.now = datetime(2026, 4, 1, 18, 59, tzinfo=UTC)
    assert "Nothing is due" in (await ask("/review")).english
    clock.now += MINUTE
    assert "鳥" in (await ask("/review")).both()
    assert "At most 2" in (await ask("/review new")).english
    await ask("/review new 0")
    assert "Nothing is due" in (await ask("/review")).english


@pytest.mark.parametrize("value", ["-1", "x", "1000", "1.5"])
async def test_a_limit_is_a_number(ask: Ask, value: str) -> None:
    """Anything else is answered with how it is written."""
    with pytest.raises(BotError, match="/review new 5"):
        await ask(f"/review new {value}")


async def test_a_day_is_where_one_is(ask: Ask, clock: Clock) -> None:
    """By a zone that may be named by its city."""
    assert "Asia/Tokyo" in (await ask("/review zone")).english
    assert "Europe/Berlin" in (await ask("/review zone berlin")).english
    assert "Europe/Berlin" in (await ask("/復習 地域")).english
    with pytest.raises(BotError, match="no time zone 'Atlantis'"):
        await ask("/review zone Atlantis")


async def lapse(store: SqlStore, clock: Clock, lapses: int) -> None:
    """Have somebody's only word forgotten so often, and due today."""
    (word,) = await store.saved_words(*ME)
    day = calendar.days_of({}).day(clock.now)
    card = Card(clock.now, State.REVIEW, None, 5.0, 9.0, clock.now - 5 * A_DAY, clock.now, lapses)
    review = Review(0, Rating.GOOD, State.NEW, True, day - A_DAY, clock.now - 5 * A_DAY)
    moved = Card(**{name: getattr(card, name) for name in Card.__slots__} | {"turn": 1})
    assert await store.answer_card(*ME, word.id, review, moved)


async def test_a_word_that_is_forgotten_again_and_again_is_named(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    """With what may help; it may rest, and be taken up again."""
    await ask("/save 猫")
    await lapse(store, clock, 7)
    told = await answer(ask, await ask("/review"), "Again")
    assert "猫 was forgotten 8 times" in told.english and "8回忘れて" in told.japanese
    rests = await ask(offered(told)["Suspend"])
    clock.now += A_DAY
    assert "Nothing is due" in (await ask("/review")).english
    listed = await ask("/review hard")
    assert "猫" in listed.both() and "×8" in listed.both() and "💤" in listed.both()
    assert "asked again" in (await ask(offered(rests)["Resume"])).english
    back = await ask(offered(await ask("/review"))["Show"])
    assert "forgotten 8 times" in back.english and "Suspend" in offered(back)
    assert "Suspend 猫" in offered(await ask("/review hard"))


async def test_where_nothing_is_saved_that_is_said(ask: Ask, clock: Clock) -> None:
    """With how it is done."""
    assert "/save 食べる" in (await ask("/review")).english
    assert "New 0" in (await ask("/review due")).english
    assert "none rests" in (await ask("/review hard")).english


async def test_a_removed_words_buttons_are_over(ask: Ask, clock: Clock) -> None:
    """And nobody else's work on it."""
    await ask("/save 猫")
    front = await ask("/review")
    back = await ask(offered(front)["Show"])
    assert "not among yours" in (await ask(offered(back)["Good"], "u2")).english
    assert "not among yours" in (await ask("/review =suspend.1", "u2")).english
    await ask(offered(await ask("/words"))["Remove 猫"])
    for typed in (offered(front)["Show"], offered(back)["Good"]):
        assert "not among yours" in (await ask(typed)).english


async def test_nothing_is_answered_for_who_opted_out(
    ask: Ask, store: SqlStore, clock: Clock
) -> None:
    """They are told why."""
    await ask("/save 猫")
    back = await ask(offered(await ask("/review"))["Show"])
    await store.opt_out(*ME, True)
    with pytest.raises(OptedOut):
        await ask(offered(back)["Good"])
    with pytest.raises(OptedOut):
        await ask("/review new 3")


@pytest.mark.parametrize("argument", ["=", "=1", "=1.2.9", "=x.y", "=9999999999.1", "nonsense"])
async def test_what_is_no_option_is_said_to_be_none(ask: Ask, argument: str) -> None:
    """With those that there are."""
    with pytest.raises(BotError, match=re.escape("due, undo, new, hard, zone")):
        await ask(f"/review {argument}")
