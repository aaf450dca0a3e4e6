"""Quizzes as people play them: one contract, over both platforms' servers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.learning.ports.quizzes import Standing
from bot.learning.quiz.question import Question
from bot.study.study import Study
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.giving import Answer, giving
from tests.adapters.stages.stage import Place, Shown, Stage
from tests.fakes.generator import FakeGenerator
from tests.fakes.quiz_stage import FakeClock

everywhere = pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)


class Table:
    """A quiz on a stage, with a clock that the test moves."""

    def __init__(self, stage: Stage, place: Place) -> None:
        self.stage = stage
        self.place = place
        self.clock = FakeClock()
        self.clock.moment = datetime.now(UTC)

    async def sit(self) -> None:
        """Start the bot, and have its quizzes go by the clock."""
        await self.stage.start()
        await self.stage.until(lambda: self.stage.chat.announcements.connected(self.stage.name))
        (await self.stage.chat.quizzes.runner()).clock = self.clock

    async def begin(self, person: object, what: str, **options: str) -> Answer:
        """Give /quiz, and see the first question."""
        answer = await giving(self.stage).give(self.place, person, "quiz", what=what, **options)
        await self.saw("1/")
        return answer

    async def saw(self, text: str, count: int = 1) -> Shown:
        """Wait until the bot has said this so often; the last time."""

        def found() -> list[Shown]:
            return [each for each in self.stage.shown(self.place) if text in each.text]

        await self.stage.until(lambda: len(found()) >= count)
        return found()[-1]

    async def standing(self) -> Standing:
        """What is kept of it."""
        quizzes = await self.stage.store.open_quizzes(self.stage.name)
        standing = await self.stage.store.standing(quizzes[-1].id)
        assert standing is not None
        return standing

    async def question(self, position: int = 0) -> Question:
        """One of its questions."""
        return Question.load((await self.standing()).questions[position].question)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, once what was said has its time: a step under way would have it begin
        after that."""
        quizzes = await self.stage.store.open_quizzes(self.stage.name)
        await self.stage.chat.quizzes.settled(quizzes[-1].conversation)
        self.clock.move(seconds)

    async def press(self, person: object, shown: Shown, position: int, choice: int) -> Answer:
        """Press the button of a choice."""
        standing = await self.standing()
        button = f"kaiwa:do:quiz ={standing.quiz.id}.{position}.{choice + 1}"
        if not isinstance(self.stage, DiscordStage):
            button = f"kaiwa_do:{choice}"
        return await giving(self.stage).press(self.place, person, shown.native, button)


@pytest.fixture
def learning(stage: Stage, study: Study) -> Stage:
    """The stage with a dictionary."""
    stage.study = study
    return stage


@everywhere
async def test_a_group_plays_with_buttons(learning: Stage, generator: FakeGenerator) -> None:
    """Who presses is told alone that it counts; at the end all see who was right, and the table."""
    tanaka, suzuki = learning.person("田中"), learning.person("鈴木")
    table = Table(learning, learning.channel(tanaka, suzuki))
    await table.sit()
    begun = await table.begin(tanaka, "n5", kind="reading", more="1")
    assert "クイズを始めます" in begun.text and "1問20秒" in begun.text
    shown, question = await table.saw("1/1"), await table.question()
    assert all(choice in shown.text for choice in question.choices)
    first = await table.press(suzuki, shown, 0, question.right)
    assert first.private and question.answer in first.text
    again = await table.press(suzuki, shown, 0, question.right)
    assert again.private and ("最初の答え" in again.text or "first answer" in again.text)
    await table.press(tanaka, shown, 0, (question.right + 1) % 4)
    assert len(learning.texts(table.place)) == (2 if begun.private is False else 1)
    await table.pass_time(20)
    result = await table.saw("正解者")
    assert "鈴木" in result.text and "田中" not in result.text
    await table.saw("Once more")
    await table.pass_time(20)
    end = await table.saw("終了！")
    assert end.text.index("鈴木") < end.text.index("田中")
    scores = await giving(learning).give(table.place, tanaka, "quiz", what="scores")
    assert "鈴木" in scores.text
    assert not generator.running


@everywhere
async def test_a_group_plays_by_typing(learning: Stage, generator: FakeGenerator) -> None:
    """Answers are neither kept as talk nor answered by the model; a question to the bot is."""
    tanaka, suzuki = learning.person("田中"), learning.person("鈴木")
    table = Table(learning, learning.channel(tanaka, suzuki))
    await table.sit()
    await table.begin(tanaka, "n5", kind="reading", more="2 typed")
    question = await table.question()
    learning.say(table.place, tanaka, "ちがいますよ")
    right = learning.say(table.place, suzuki, question.readings[0])
    learning.again(right)
    talk = learning.ask(table.place, tanaka, "これは日本語でどういう意味ですか？")
    await learning.answered(table.place, "これは日本語でどういう意味ですか？")
    assert question.readings[0] not in await learning.kept(talk)
    standing = await table.standing()
    assert [(each.name, each.right) for each in standing.answers] == [
        ("田中", False),
        ("鈴木", True),
    ]
    await table.pass_time(5)
    result = await table.saw("正解者")
    assert "鈴木 +3" in result.text
    await table.saw("2/2")


@everywhere
async def test_one_alone_plays_in_direct_messages(
    learning: Stage, generator: FakeGenerator
) -> None:
    """And is told at once; no model answers."""
    tanaka = learning.person("田中")
    table = Table(learning, learning.dm(tanaka))
    await table.sit()
    await table.begin(tanaka, "n5", kind="reading", more="1 typed")
    question = await table.question()
    learning.say(table.place, tanaka, "ちがいますよ")
    await table.saw("もう一度どうぞ")
    learning.say(table.place, tanaka, question.readings[0])
    await table.saw("正解！")
    await table.saw("終了！")
    assert not generator.running and not generator.requests


@everywhere
async def test_a_quiz_goes_on_after_the_bot_was_away(
    learning: Stage, generator: FakeGenerator
) -> None:
    """The question stands, is not asked again, and what was typed meanwhile counts."""
    tanaka = learning.person("田中")
    table = Table(learning, learning.dm(tanaka))
    await table.sit()
    await learning.marked(table.place, tanaka, "こんにちは")
    await table.begin(tanaka, "n5", kind="reading", more="2 typed")
    question = await table.question()
    await learning.kill()
    learning.later()
    learning.say(table.place, tanaka, question.readings[0])
    await table.sit()
    await table.saw("正解！")
    await table.saw("2/2")
    assert sum("1/2" in text for text in learning.texts(table.place)) == 1
    assert len(generator.requests) == 1  # the one above


@everywhere
async def test_of_who_opted_out_no_answer_is_kept(
    learning: Stage, generator: FakeGenerator
) -> None:
    """They are told so alone."""
    tanaka, suzuki = learning.person("田中"), learning.person("鈴木")
    table = Table(learning, learning.channel(tanaka, suzuki))
    await table.sit()
    await giving(learning).give(table.place, suzuki, "privacy", choice="out")
    await table.begin(tanaka, "n5", kind="reading", more="1 typed")
    question = await table.question()
    learning.say(table.place, suzuki, question.readings[0])
    await learning.until(
        lambda: any(
            "保存しない設定" in told or "keep nothing" in told
            for told in learning.told(table.place, suzuki)
        )
    )
    assert not (await table.standing()).answers
