"""What every QuizStore must do: a quiz goes on after any end, and an answer counts once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import OptedOut
from bot.learning.ports.quizzes import LATER, Attempt, Outcome, Quiz, Step
from bot.messages import ConversationKey
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
QUESTIONS = [(10, '{"a":1}'), (20, '{"b":2}'), (None, "{}")]


async def begun(store: SqlStore, key: ConversationKey = CHANNEL, at: datetime = START) -> Quiz:
    """A quiz with three questions."""
    quiz = await store.begin_quiz(key, "home", "u1", "{}", QUESTIONS, at)
    assert quiz is not None
    return quiz


async def asked(store: SqlStore, quiz: Quiz, position: int = 0) -> None:
    """A question that is open for twenty seconds."""
    assert await store.claim(quiz.id, position, Step.ASK, START)
    await store.asked(quiz.id, position, START + 20 * SECOND, f"m{position}")


def attempt(quiz: Quiz, who: str, answer: str = "", *, right: bool, **more: object) -> Attempt:
    """An answer to the first question."""
    at = START + SECOND
    made = Attempt(quiz.id, 0, "console", who, who.title(), answer, right, True, at)
    return replace(made, **more)  # type: ignore[arg-type]  # fields by their names


async def test_a_conversation_has_one_quiz_at_a_time(store: SqlStore) -> None:
    """Another begins where that has ended, and elsewhere at once."""
    quiz = await begun(store)
    assert await store.begin_quiz(CHANNEL, "home", "u2", "{}", QUESTIONS, START) is None
    other = await begun(store, replace(CHANNEL, channel="other"))
    assert await store.open_quizzes("console") == [quiz, other]
    assert await store.open_quizzes("slack") == []
    assert await store.end_quiz(quiz.id, START + SECOND)
    assert not await store.end_quiz(quiz.id, START + SECOND)
    newer = await begun(store)
    assert await store.open_quizzes("console") == [other, newer]
    assert await store.last_quiz(CHANNEL) == newer
    await store.reopen_quiz(quiz.id)  # too late: it would be the second
    assert await store.open_quizzes("console") == [other, newer]


async def test_what_is_said_is_claimed_by_one(store: SqlStore) -> None:
    """Until it is given back since it could not be said."""
    quiz = await begun(store)
    for step in Step:
        assert await store.claim(quiz.id, 0, step, START)
        assert not await store.claim(quiz.id, 0, step, START)
        await store.release(quiz.id, 0, step)
        assert await store.claim(quiz.id, 0, step, START)
    assert not await store.claim(quiz.id, 7, Step.ASK, START)
    await store.end_quiz(quiz.id, START)
    await store.reopen_quiz(quiz.id)
    assert await store.end_quiz(quiz.id, START)


async def test_all_of_a_quiz_is_read_as_it_was_kept(store: SqlStore) -> None:
    """Questions by position, answers as they came in."""
    quiz = await begun(store)
    await asked(store, quiz)
    await store.answer([attempt(quiz, "b", "x", right=False), attempt(quiz, "a", "y", right=True)])
    standing = await store.standing(quiz.id)
    assert standing is not None and standing.quiz == quiz
    assert [(each.entry, each.question) for each in standing.questions] == QUESTIONS
    first = standing.questions[0]
    assert (first.asked_at, first.closes_at) == (START, START + 20 * SECOND)
    assert (first.closed_at, first.told_at, first.platform_id) == (None, None, "m0")
    assert [(each.user_id, each.name, each.answer, each.right) for each in standing.answers] == [
        ("b", "B", "x", False),
        ("a", "A", "y", True),
    ]
    assert await store.standing(quiz.id + 1) is None


async def test_questions_are_added_once(store: SqlStore) -> None:
    """However often that is asked for."""
    quiz = await begun(store)
    assert await store.add_questions(quiz.id, 3, [(10, "{}")])
    assert not await store.add_questions(quiz.id, 3, [(10, "{}")])
    standing = await store.standing(quiz.id)
    assert standing is not None and len(standing.questions) == 4


async def test_the_first_right_answer_earns_most(store: SqlStore) -> None:
    """Whether they come together or not; practice earns nothing."""
    quiz = await begun(store)
    await asked(store, quiz)
    together = [attempt(quiz, who, right=who != "b") for who in "abc"]
    assert await store.answer(together) == [Outcome.COUNTED] * 3
    await store.answer([attempt(quiz, "d", right=True)])
    await store.answer([attempt(quiz, "e", right=True, practice=True)])
    standing = await store.standing(quiz.id)
    assert standing is not None
    points = {each.user_id: each.points for each in standing.answers}
    assert points == {"a": 3, "b": 0, "c": 2, "d": 1, "e": 0}


async def test_who_was_first_is_by_when_it_was_given_not_by_when_it_arrived(
    store: SqlStore,
) -> None:
    """As the platform says; settled when the question closes."""
    quiz = await begun(store)
    await asked(store, quiz)
    for who, seconds in (("a", 3), ("b", 1), ("c", 2), ("d", 0)):
        given = replace(
            attempt(quiz, who, right=who != "d"), sent_at=START + timedelta(seconds=seconds)
        )
        await store.answer([given])
    assert await store.close_question(quiz.id, 0, "reading", START + timedelta(seconds=20))
    standing = await store.standing(quiz.id)
    assert standing is not None
    assert [(each.user_id, each.points) for each in standing.answers] == [
        ("d", 0),
        ("b", 3),
        ("c", 2),
        ("a", 1),
    ]


async def test_a_persons_answer_counts_once(store: SqlStore) -> None:
    """However often it is delivered; the first press is the one."""
    quiz = await begun(store)
    await asked(store, quiz)
    once, again = attempt(quiz, "a", "x", right=False), attempt(quiz, "a", "y", right=True)
    assert await store.answer([once, once, again]) == [
        Outcome.COUNTED,
        Outcome.ALREADY,
        Outcome.ALREADY,
    ]
    assert await store.answer([once]) == [Outcome.ALREADY]
    standing = await store.standing(quiz.id)
    assert standing is not None and [each.answer for each in standing.answers] == ["x"]


async def test_a_typed_answer_that_is_wrong_may_be_followed_by_another(store: SqlStore) -> None:
    """Which takes its place, behind those that came in meanwhile; a right one stands."""
    quiz = await begun(store)
    await asked(store, quiz)

    def typed(who: str, answer: str, *, right: bool) -> Attempt:
        return attempt(quiz, who, answer, right=right, final=False)

    assert await store.answer([typed("a", "x", right=False)]) == [Outcome.TRIED]
    assert await store.answer([typed("b", "y", right=True)]) == [Outcome.COUNTED]
    assert await store.answer([typed("a", "y", right=True)]) == [Outcome.COUNTED]
    assert await store.answer([typed("a", "z", right=False)]) == [Outcome.ALREADY]
    standing = await store.standing(quiz.id)
    assert standing is not None
    assert [(each.user_id, each.points) for each in standing.answers] == [("b", 3), ("a", 2)]


async def test_an_answer_after_the_close_is_late(store: SqlStore) -> None:
    """Also where nobody has closed the question yet, and before it is asked."""
    quiz = await begun(store)
    early = attempt(quiz, "a", right=True)
    assert await store.answer([early]) == [Outcome.LATE]
    await asked(store, quiz)
    late = attempt(quiz, "a", right=True, at=START + 21 * SECOND)
    assert await store.answer([late]) == [Outcome.LATE]
    assert await store.close_question(quiz.id, 0, "reading", START)
    assert await store.answer([attempt(quiz, "b", right=True)]) == [Outcome.LATE]
    assert not await store.close_question(quiz.id, 0, "reading", START)
    assert await store.answer([attempt(quiz, "b", right=True, position=9)]) == [Outcome.LATE]


async def test_nothing_is_kept_of_who_opted_out(store: SqlStore) -> None:
    """They begin no quiz, answer none, and have no mistakes."""
    quiz = await begun(store)
    await asked(store, quiz)
    await store.answer([attempt(quiz, "b", right=False)])
    for who in ("a", "b"):
        await store.opt_out("console", who, True)
    assert await store.answer([attempt(quiz, "a", right=True)]) == [Outcome.REFUSED]
    await store.close_question(quiz.id, 0, "reading", START)
    assert await store.mistakes("console", "b", START + 9 * LATER, 10) == []
    elsewhere = replace(CHANNEL, channel="other")
    with pytest.raises(OptedOut):
        await store.begin_quiz(elsewhere, "home", "a", "{}", QUESTIONS, START)


async def test_a_mistake_is_due_on_another_day_and_goes_when_it_is_right_then(
    store: SqlStore,
) -> None:
    """Right on the same day is not enough; wrong again moves it on."""
    first = await begun(store)
    await asked(store, first)
    await store.answer([attempt(first, "a", right=False), attempt(first, "b", right=True)])
    await store.close_question(first.id, 0, "reading", START)
    assert await store.mistakes("console", "a", START, 10) == []
    assert await store.mistakes("console", "b", START + LATER, 10) == []
    (mistake,) = await store.mistakes("console", "a", START + LATER, 10)
    assert (mistake.entry, mistake.kind, mistake.question) == (10, "reading", '{"a":1}')
    assert (mistake.times, mistake.due) == (1, START + LATER)
    await store.end_quiz(first.id, START)

    async def next_quiz(after: timedelta, *, right: bool) -> None:
        quiz = await begun(store, at=START + after)
        assert await store.claim(quiz.id, 0, Step.ASK, START + after)
        await store.answer([attempt(quiz, "a", right=right, at=START + after)])
        await store.close_question(quiz.id, 0, "reading", START + after)
        await store.end_quiz(quiz.id, START + after)

    await next_quiz(timedelta(hours=1), right=True)
    assert len(await store.mistakes("console", "a", START + LATER, 10)) == 1
    await next_quiz(LATER, right=False)
    (mistake,) = await store.mistakes("console", "a", START + 2 * LATER, 10)
    assert (mistake.times, mistake.due) == (2, START + 2 * LATER)
    await next_quiz(3 * LATER, right=True)
    assert await store.mistakes("console", "a", START + 9 * LATER, 10) == []


async def test_scores_are_a_channels_with_its_threads(store: SqlStore) -> None:
    """Since a moment; the name is the one that somebody has now."""
    for number, key in enumerate(
        [CHANNEL, replace(CHANNEL, thread="t"), replace(CHANNEL, channel="other")]
    ):
        quiz = await begun(store, key)
        await asked(store, quiz)
        await store.answer([attempt(quiz, "a", right=True, name=f"A{number}")])
        await store.answer([attempt(quiz, "b", right=number == 0)])
    found = await store.scores(CHANNEL, START, 10)
    assert [(each.user_id, each.name, each.points, each.right) for each in found] == [
        ("a", "A1", 6, 2),
        ("b", "B", 2, 1),
    ]
    assert len(await store.scores(CHANNEL, START, 1)) == 1
    assert await store.scores(CHANNEL, START + timedelta(days=1), 10) == []


async def test_the_question_that_was_open_at_a_moment_is_found(store: SqlStore) -> None:
    """Between asking and closing it, in its conversation alone."""
    quiz = await begun(store)
    await asked(store, quiz)
    assert await store.posed_at(CHANNEL, START - SECOND) is None
    found = await store.posed_at(CHANNEL, START + SECOND)
    assert found is not None and found.position == 0
    assert await store.posed_at(replace(CHANNEL, channel="other"), START + SECOND) is None
    await store.close_question(quiz.id, 0, "reading", START + 5 * SECOND)
    assert await store.posed_at(CHANNEL, START + 4 * SECOND) is not None
    assert await store.posed_at(CHANNEL, START + 6 * SECOND) is None
