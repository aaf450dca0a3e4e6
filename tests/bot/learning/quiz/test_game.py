"""The rules of a quiz, without a clock and without a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.learning.ports.quizzes import Given, Posed, Quiz, Score, Standing
from bot.learning.quiz import game, scores
from bot.messages import ConversationKey
from tests.fakes.quiz_stage import question

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
QUIZ = Quiz(1, ConversationKey("chat", "home", "general"), "home", "u1", "{}", START)


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


def given(position: int, who: str, *, right: bool = True, after: float = 1) -> Given:
    """An answer."""
    return Given(position, who, who.title(), "x", right, 3 if right else 0, at(after))


def posed(position: int, state: str = "") -> Posed:
    """A question that was asked, closed or told."""
    found = Posed(position, 1, "{}")
    if state:
        found = replace(found, asked_at=START, closes_at=at(20))
    if state in ("closed", "told"):
        found = replace(found, closed_at=at(20))
    return replace(found, told_at=at(20)) if state == "told" else found


def standing(*states: str, answers: tuple[Given, ...] = ()) -> Standing:
    """A quiz whose questions are in these states."""
    return Standing(QUIZ, [posed(place, state) for place, state in enumerate(states)], answers)


def step(
    of: Standing, now: float = 0, *, typed: bool = False, alone: bool = False, again: int = 0
) -> game.Next | None:
    """What comes next. `again`: so many questions at the end are asked once more."""
    questions = [question(typed=typed) for _ in of.questions]
    for place in range(len(questions) - again, len(questions)):
        questions[place] = questions[place].once_more()
    return game.next_step(of, questions, at(now), alone=alone)


def test_questions_come_one_after_the_other() -> None:
    """Asked, waited for, closed, told; then the next."""
    assert step(standing("", "")) == game.Ask(0)
    assert step(standing("asked", ""), 19) == game.Wait(0, at(20))
    assert step(standing("asked", ""), 20) == game.Close(0)
    assert step(standing("closed", "")) == game.Tell(0)
    assert step(standing("told", "")) == game.Ask(1)
    assert step(standing("told", "told")) == game.End()
    assert step(replace(standing(""), quiz=replace(QUIZ, ended_at=START))) is None


def test_a_question_that_was_being_asked_gets_its_time() -> None:
    """Where the process ended meanwhile."""
    unsure = replace(posed(0), asked_at=START)
    assert step(Standing(QUIZ, [unsure], ())) == game.Extend(0)


def test_what_was_wrong_is_asked_once_more() -> None:
    """At the end, and not a third time; nothing where all was right."""
    wrong = (given(0, "a", right=False), given(1, "a"))
    assert step(standing("told", "told", answers=wrong)) == game.Again((0,))
    third = (*wrong, given(2, "a", right=False))
    assert step(standing("told", "told", "", answers=wrong), again=1) == game.Ask(2)
    assert step(standing("told", "told", "told", answers=third), again=1) == game.End()
    assert step(standing("told", answers=(given(0, "a"),))) == game.End()


def test_one_alone_waits_for_nobody() -> None:
    """A press or a right answer closes; a wrong one that is typed does not, giving up does."""
    right, wrong = (given(0, "a"),), (given(0, "a", right=False),)
    assert step(standing("asked", answers=right), 2, alone=True) == game.Close(0)
    assert step(standing("asked", answers=wrong), 2, alone=True) == game.Close(0)
    waiting = step(standing("asked", answers=wrong), 2, alone=True, typed=True)
    assert waiting == game.Wait(0, at(20))
    gave_up = (replace(wrong[0], answer=""),)
    assert step(standing("asked", answers=gave_up), 2, alone=True, typed=True) == game.Close(0)


def test_a_group_waits_for_those_who_play() -> None:
    """All who answered the question before; then a moment for who is new."""
    before = (given(0, "a"), given(0, "b"))
    one = (*before, given(1, "a", after=4))
    assert step(standing("told", "asked", answers=one), 5) == game.Wait(1, at(20))
    both = (*one, given(1, "b", right=False, after=6))
    assert step(standing("told", "asked", answers=both), 7) == game.Wait(1, at(9))
    assert step(standing("told", "asked", answers=both), 9) == game.Close(1)
    late = (*one, given(1, "b", after=19))
    assert step(standing("told", "asked", answers=late), 19) == game.Wait(1, at(20))


def test_the_first_right_answer_that_all_can_read_ends_the_race() -> None:
    """Shortly after it."""
    answers = (given(0, "b", right=False, after=1), given(0, "a", after=3))
    assert step(standing("asked", answers=answers), 4, typed=True) == game.Wait(0, at(8))
    assert step(standing("asked", answers=answers), 8, typed=True) == game.Close(0)


def test_a_quiz_ends_where_nobody_plays() -> None:
    """Three questions without an answer."""
    assert step(standing("told", "told", "told", "")) == game.End()
    played = (given(1, "a"),)
    assert step(standing("told", "told", "told", "", answers=played)) == game.Ask(3)


def test_the_table_has_points_before_right_answers() -> None:
    """Each person once, by the name that they have now."""
    answers = (
        given(0, "a"),
        given(0, "b", right=False),
        replace(given(1, "b"), points=3),
        replace(given(1, "a"), points=2, name="Anna"),
    )
    table = scores.table(standing("told", "told", answers=answers))
    assert table == [Score("a", "Anna", 5, 2), Score("b", "B", 3, 1)]


def test_a_streak_ends_with_a_question_that_was_wrong_or_missed() -> None:
    """Counted backwards."""
    answers = (given(0, "a"), given(2, "a"), given(3, "a"))
    asked = standing("told", "told", "told", "told", answers=answers)
    assert scores.streak(asked, 3, "a") == 2
    assert scores.streak(asked, 1, "a") == 0
    assert scores.streak(asked, 3, "b") == 0
