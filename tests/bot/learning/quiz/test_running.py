"""A quiz from its first question to its table, by a clock that the test moves."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.errors import BotError, OptedOut
from bot.learning.ports.quizzes import LATER
from bot.learning.quiz import telling
from bot.learning.quiz.live import GoingOn
from bot.learning.quiz.question import Kind
from bot.learning.quiz.running import PATIENCE, RETRY_SECONDS, STALE
from bot.learning.quiz.wanted import Wanted
from bot.learning.quizzes import Attempted, Typed
from bot.study.study import Study
from storage.store import SqlStore
from tests.fakes.quiz_stage import ALONE, GROUP, FakeAnnouncer, Life, question


def said(text: str, who: str = "u1", *, private: bool = False) -> Typed:
    """A line that somebody typed."""
    return Typed(text, who, who.title(), private, private)


async def press(life: Life, who: str, quiz: int, position: int, choice: int = 1) -> str:
    """Press a button; what is said, in English."""
    told = await life.runner.press(GROUP, who, who.title(), quiz, position, choice)
    assert told is not None and not isinstance(told, BotError)
    return told.english


async def test_a_quiz_asks_tells_and_ends_with_a_table(store: SqlStore) -> None:
    """Who is right first earns more; nothing tells the others before the question closes."""
    life = await Life.begun(store)
    quiz = await life.start([question("犬"), question("猫犬")])
    assert len(life.announcer.said) == 1
    assert "Noted: いぬ" in await press(life, "a", quiz.id, 0)
    assert "Noted: ねこ" in await press(life, "b", quiz.id, 0, 0)
    assert "Noted: いぬ" in await press(life, "c", quiz.id, 0)
    assert len(life.announcer.said) == 1
    await life.pass_time(20)
    result, second = life.announcer.texts[1:]
    assert "○ A +3\n○ C +2" in result and "B" not in result.replace("The answer", "")
    assert second.startswith("2/2")
    for who in "ac":
        await press(life, who, quiz.id, 1)
    await life.pass_time(20)
    assert life.announcer.texts[-1].startswith("Once more: 1/1")
    await press(life, "b", quiz.id, 2)
    await life.pass_time(20)
    *_, last, end = life.announcer.texts
    assert "○ B" in last and "+" not in last  # practice
    assert [line.strip() for line in end.splitlines()[1:]] == [
        "1. A 6 points (2 right)",
        "2. C 4 points (2 right)",
        "3. B 0 points (0 right)",
    ]
    commands = [offer.typed for offer in life.announcer.said[-1][1].offers]
    assert commands == ["/quiz again", "/quiz scores", "/save =1001"]
    assert not life.runner.in_conversation(GROUP)


async def test_a_person_has_one_press(store: SqlStore) -> None:
    """Whatever is pressed or delivered after it; after the close it is too late."""
    life = await Life.begun(store)
    quiz = await life.start([question()])
    await press(life, "a", quiz.id, 0, 0)
    assert "first answer" in await press(life, "a", quiz.id, 0, 1)
    await life.pass_time(20)
    assert "Too late" in await press(life, "b", quiz.id, 0)
    assert "first answer" in await press(life, "a", quiz.id, 0)
    for wrong in ((99, 0, 1), (quiz.id, 9, 1), (quiz.id, 0, 7)):
        assert await press(life, "a", *wrong) == telling.OVER.english


async def test_a_button_is_its_channels(store: SqlStore) -> None:
    """It is typed elsewhere in vain."""
    life = await Life.begun(store)
    quiz = await life.start([question()])
    assert await life.runner.press(ALONE, "a", "A", quiz.id, 0, 1) == telling.OVER


async def test_a_question_closes_soon_after_all_who_play_have_answered(store: SqlStore) -> None:
    """With a moment for who is new; not the first, of which nobody knows who plays."""
    life = await Life.begun(store)
    quiz = await life.start([question(), question("猫犬")])
    await press(life, "a", quiz.id, 0)
    await life.pass_time(19)
    assert len(life.announcer.said) == 1
    await life.pass_time(1)
    await press(life, "a", quiz.id, 1)
    await life.pass_time(2)
    assert len(life.announcer.said) == 3
    await life.pass_time(1)
    assert not life.runner.in_conversation(GROUP)


async def test_a_streak_is_said(store: SqlStore) -> None:
    """From three right answers in a row."""
    life = await Life.begun(store)
    quiz = await life.start([question(str(n) * (n + 1)) for n in range(4)])
    for position in range(4):
        await press(life, "a", quiz.id, position)
        await life.pass_time(20)
    assert [("in a row" in text) for text in life.announcer.texts[1::2]] == [
        *(False, False, True, True)
    ]


async def test_typed_answers_race_and_a_wrong_one_is_no_end(store: SqlStore, study: Study) -> None:
    """Nothing is said to a group before it closes, which is shortly after the first right one."""
    life = await Life.begun(store, study)
    await life.start([question(typed=True, kind=Kind.MEANING)], typed=True)
    for who, text in [("a", "horse"), ("a", "univercity"), ("b", "dogs"), ("b", "dog")]:
        assert await life.runner.hear(GROUP, said(text, who)) == Attempted(None)
    await life.pass_time(4)
    assert await life.runner.hear(GROUP, said("hound", "c")) == Attempted(None)
    await life.pass_time(1)
    result = life.announcer.texts[1]
    assert "○ A +3" in result and "○ B +2" in result and "○ C +1" in result
    assert "counted; written: university" in result


async def test_what_is_no_answer_goes_its_usual_way(store: SqlStore, study: Study) -> None:
    """Long messages, other scripts, commands, questions to the bot; and all where buttons ask."""
    life = await Life.begun(store, study)
    await life.start([question(typed=True)], typed=True)
    talk = ["それは犬の読みかたですね", "I think so too", "/help", "犬", "x" * 50, "い\nぬ", ""]
    for text in talk:
        assert await life.runner.hear(GROUP, said(text)) is None
    asked = Typed("いぬ?", "u1", "U1", False, True)
    assert await life.runner.hear(GROUP, asked) is None
    assert await life.runner.hear(GROUP, said("ねこ")) == Attempted(None)
    await life.runner.stop(GROUP)
    assert await life.runner.hear(GROUP, said("いぬ")) is None
    await life.start([question()])
    assert await life.runner.hear(GROUP, said("いぬ")) is None


async def test_one_who_plays_alone_is_told_at_once(store: SqlStore, study: Study) -> None:
    """And goes on at once; "pass" shows the answer."""
    life = await Life.begun(store, study)
    words = [question("犬" * n, typed=n < 3) for n in range(1, 4)]
    await life.start(words, ALONE, typed=True)
    heard = await life.runner.hear(ALONE, said("ねこ", private=True))
    assert heard == Attempted(telling.NOT_IT)
    assert await life.runner.hear(ALONE, said("inu", private=True)) == Attempted(None)
    await life.settled()
    assert life.announcer.texts[1].startswith("Right!")
    assert await life.runner.hear(ALONE, said("パス", private=True)) == Attempted(None)
    await life.settled()
    assert life.announcer.texts[3].startswith("The answer:")
    assert await life.runner.hear(ALONE, said("2", private=True)) == Attempted(None)
    await life.settled()
    assert life.announcer.texts[5].startswith("Right!")
    assert life.announcer.texts[6].startswith("Once more: 1/1")
    assert await life.runner.hear(ALONE, said("いぬはどう読みますか？", private=True)) is None


async def test_there_is_one_quiz_in_a_place(store: SqlStore) -> None:
    """Until it is stopped; nobody's answers are lost by that."""
    life = await Life.begun(store)
    quiz = await life.start([question()])
    with pytest.raises(GoingOn):
        await life.start([question()])
    await press(life, "a", quiz.id, 0)
    stopped = await life.runner.stop(GROUP)
    assert stopped is not None and "A" in stopped.in_one(japanese=False)
    assert await life.runner.stop(GROUP) is None
    assert (await store.standing(quiz.id)).quiz.ended_at is not None  # type: ignore[union-attr]
    await life.start([question()])


async def test_a_quiz_that_nobody_answers_ends(store: SqlStore) -> None:
    """After three questions."""
    life = await Life.begun(store)
    await life.start([question("犬" * n) for n in range(1, 8)])
    for _ in range(6):
        await life.pass_time(20)
    assert life.announcer.asked == [0, 1, 2]
    assert "Nobody answered" in life.announcer.texts[-1]


async def test_of_who_opted_out_nothing_is_kept(store: SqlStore) -> None:
    """They are told so in private, once for what they type."""
    life = await Life.begun(store)
    await store.opt_out("chat", "a", True)
    with pytest.raises(OptedOut):
        await life.start([question()], by="a")
    quiz = await life.start([question()])
    assert isinstance(await life.runner.press(GROUP, "a", "A", quiz.id, 0, 1), OptedOut)
    await life.runner.stop(GROUP)


async def test_what_cannot_be_said_is_said_later(store: SqlStore) -> None:
    """Once, by the next try; meanwhile no time is lost."""
    life = await Life.begun(store, announcer=FakeAnnouncer(refusals=2))
    quiz = await life.start([question()])
    assert life.announcer.said == []
    await life.pass_time(30)
    assert life.announcer.said == []
    await life.pass_time(30)
    assert life.announcer.asked == [0]
    life.announcer.refusals = 1
    await press(life, "a", quiz.id, 0)
    await life.pass_time(20)
    assert len(life.announcer.said) == 1
    await life.pass_time(30)
    assert len(life.announcer.said) == 3


async def test_the_question_that_stood_stands_on_after_a_restart(store: SqlStore) -> None:
    """With its time anew and the answers that were given; nothing is said again."""
    first = await Life.begun(store)
    quiz = await first.start([question(), question("猫犬")])
    await press(first, "a", quiz.id, 0)
    first.runner.close()
    first.clock.move(300)
    second = await Life.begun(store, None, first.clock, first.announcer)
    assert second.announcer.asked == [0]
    assert "first answer" in await press(second, "a", quiz.id, 0, 0)
    assert "Noted" in await press(second, "b", quiz.id, 0)
    await second.pass_time(19)
    assert len(second.announcer.said) == 1
    await second.pass_time(1)
    assert "○ A +3\n○ B +2" in second.announcer.texts[1]
    assert second.announcer.asked == [0, 1]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_process_that_ends_while_it_speaks_says_nothing_twice(
    store: SqlStore, when: str
) -> None:
    """Whether it was heard is not known then; the quiz goes on all the same."""
    announcer = FakeAnnouncer()
    life = await Life.begun(store, announcer=announcer)

    def end() -> None:
        life.runner.close()
        raise asyncio.CancelledError

    setattr(announcer, when, end)
    quiz = await life.runner.start(GROUP, "home", "u1", _wanted(), [question(), question("猫犬")])
    life.runner.go(quiz)
    await life.settled()
    setattr(announcer, when, lambda: None)
    again = await Life.begun(store, None, life.clock, announcer)
    await again.pass_time(20)
    assert announcer.asked == ([0, 1] if when == "after" else [1])
    await again.pass_time(20)
    assert not again.runner.in_conversation(GROUP)


async def test_a_quiz_that_nobody_waits_for_any_more_ends_silently(store: SqlStore) -> None:
    """Where the process was away for long."""
    life = await Life.begun(store)
    await life.start([question()])
    life.runner.close()
    life.clock.move(STALE.total_seconds() + 1)
    again = await Life.begun(store, None, life.clock, life.announcer)
    assert not again.runner.in_conversation(GROUP)
    assert len(life.announcer.said) == 1


async def test_a_press_finds_a_quiz_with_which_nobody_has_gone_on_yet(store: SqlStore) -> None:
    """Right after a restart."""
    life = await Life.begun(store)
    quiz = await life.start([question()])
    life.runner.close()
    again = await Life.begun(store, None, life.clock, life.announcer, resume=False)
    assert "Noted" in await press(again, "a", quiz.id, 0)


async def test_mistakes_wait_for_another_day(store: SqlStore) -> None:
    """And are replayed at the end besides."""
    life = await Life.begun(store)
    quiz = await life.start([question()])
    await press(life, "a", quiz.id, 0, 0)
    await life.pass_time(20)
    assert life.announcer.asked == [0, 1]
    await press(life, "a", quiz.id, 1, 1)
    await life.pass_time(20)
    later = life.clock.now() + LATER
    (mistake,) = await store.mistakes("chat", "a", later, 10)
    assert mistake.kind == "reading"


async def test_many_answers_at_once_are_all_counted_in_order(store: SqlStore, study: Study) -> None:
    """In few transactions."""
    life = await Life.begun(store, study)
    await life.start([question(typed=True, kind=Kind.MEANING)], typed=True)
    people = [f"p{number}" for number in range(30)]
    heard = await asyncio.gather(
        *(life.runner.hear(GROUP, said("universty", who)) for who in people)
    )
    assert heard == [Attempted(None)] * 30
    standing = await store.standing(1)
    assert standing is not None
    assert [each.user_id for each in standing.answers] == people
    assert [each.points for each in standing.answers] == [3, 2, *[1] * 28]


def _wanted() -> Wanted:
    return Wanted("n5")


async def test_an_answer_that_is_delivered_again_is_none_to_the_next_question(
    store: SqlStore, study: Study
) -> None:
    """By when it was sent."""
    life = await Life.begun(store, study)
    await life.start([question(typed=True), question("猫犬", typed=True)], typed=True)
    life.clock.move(3)
    answer = Typed("いぬ", "a", "A", False, False, life.clock.now())
    assert await life.runner.hear(GROUP, answer) == Attempted(None)
    await life.pass_time(5)
    assert life.runner.in_conversation(GROUP) and len(life.announcer.said) == 3
    life.clock.move(3)
    assert await life.runner.hear(GROUP, answer) == Attempted(None)
    standing = await store.standing(1)
    assert standing is not None and [each.position for each in standing.answers] == [0]


async def test_a_quiz_can_be_stopped_where_this_process_has_not_gone_on_with_it(
    store: SqlStore,
) -> None:
    """Otherwise neither it nor another could be played: it could not be resumed, perhaps."""
    life = await Life.begun(store)
    await life.start([question()])
    life.runner.close()
    again = await Life.begun(store, None, life.clock, life.announcer, resume=False)
    stopped = await again.runner.stop(GROUP)
    assert stopped is not None and stopped.english.startswith("Stopped.")
    assert await again.runner.stop(GROUP) is None
    await again.start([question()])


async def test_a_quiz_that_the_store_could_not_end_goes_on(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is stopped by the next try."""

    async def locked(*_: object) -> bool:
        raise BotError("busy", "使用中")

    life = await Life.begun(store)
    await life.start([question()])
    with monkeypatch.context() as patched:
        patched.setattr(store, "end_quiz", locked)
        with pytest.raises(BotError):
            await life.runner.stop(GROUP)
    assert life.runner.in_conversation(GROUP)
    assert await life.runner.stop(GROUP) is not None


async def test_a_quiz_is_given_up_where_nothing_can_be_said_for_long(store: SqlStore) -> None:
    """Its channel was deleted, perhaps: nobody is asked for ever, and one can begin anew."""
    life = await Life.begun(store)
    quiz = await life.start([question()])
    life.announcer.refusals = 1_000
    tries = int(PATIENCE.total_seconds() / RETRY_SECONDS) + 2
    for _ in range(tries):
        assert life.runner.in_conversation(GROUP)
        await life.pass_time(RETRY_SECONDS)
    assert not life.runner.in_conversation(GROUP)
    standing = await store.standing(quiz.id)
    assert standing is not None and standing.quiz.ended_at is not None
    assert all(timer.cancelled for timer in life.clock.timers)


async def test_a_clock_that_is_set_back_keeps_no_question_open(store: SqlStore) -> None:
    """It has its time anew, and no hour more."""
    life = await Life.begun(store)
    quiz = await life.start([question()])
    await press(life, "a", quiz.id, 0)
    life.clock.moment -= timedelta(hours=1)
    life.runner.go(quiz)
    await life.settled()
    assert len(life.announcer.said) == 1
    await life.pass_time(20)
    assert "○ A" in life.announcer.texts[1]


async def test_a_question_that_is_being_asked_is_not_asked_after_the_end(store: SqlStore) -> None:
    """Who stops the quiz then is told how it went below it."""
    life = await Life.begun(store)
    quiz = await life.runner.start(GROUP, "home", "u1", _wanted(), [question(), question("猫犬")])
    life.runner.go(quiz)
    stopped = await life.runner.stop(GROUP)
    assert stopped is not None and life.announcer.asked == [0]
    assert await life.runner.press(GROUP, "a", "A", quiz.id, 0, 1) == telling.OVER
    await life.pass_time(20)
    assert life.announcer.asked == [0] and len(life.announcer.said) == 1


async def test_several_processes_run_one_quiz_together(store: SqlStore, study: Study) -> None:
    """Answers may come to any of them; each question is asked and told of once."""
    one = await Life.begun(store, study)
    two = await Life.begun(store, study, one.clock, one.announcer)
    quiz = await one.start([question(typed=True), question("猫犬", typed=True)], typed=True)
    await two.runner.join(await store.open_quizzes(GROUP.platform))
    assert two.runner.in_conversation(GROUP)
    heard = await two.runner.hear(GROUP, said("いぬ", "a"))
    assert isinstance(heard, Attempted)
    for _ in range(4):
        await two.settled()
        await one.pass_time(20)
        await two.settled()
    standing = await store.standing(quiz.id)
    assert standing is not None and standing.quiz.ended_at is not None
    assert [(given.user_id, given.right) for given in standing.answers] == [("a", True)]
    asked = [text for text in one.announcer.texts if "1/2" in text or "2/2" in text]
    assert len(asked) == len(set(asked)) and len(one.announcer.said) == len(
        set(one.announcer.texts)
    )
    assert not one.runner.in_conversation(GROUP) and not two.runner.in_conversation(GROUP)
