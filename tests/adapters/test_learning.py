"""Saved words and reviews, as people use them: one contract, over both platforms' servers."""

from __future__ import annotations

from typing import Any

import pytest

from bot.study.study import Study
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.giving import Answer, Giving, giving
from tests.adapters.stages.stage import Place, Stage

everywhere = pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)

SENTENCE = "大学で経済を学びました。"


@pytest.fixture
def learning(stage: Stage, study: Study) -> Stage:
    """The stage with a dictionary."""
    stage.study = study
    return stage


class Learner:
    """Somebody at work in a place: gives commands, and presses what is offered."""

    def __init__(self, hand: Giving, place: Place, person: Any) -> None:
        self.hand, self.place, self.person = hand, place, person

    async def give(self, name: str, **options: str) -> Answer:
        """Give a command; its answer is for them alone."""
        answer = await self.hand.give(self.place, self.person, name, **options)
        assert answer.private or self.place.native is getattr(self.person, "dm", None)
        return answer

    async def press(self, answer: Answer, label: str) -> Answer:
        """Press the button with this in its label, below an answer."""
        (button,) = [sent for each, sent in answer.offers.items() if label in each]
        pressed = await self.hand.press(self.place, self.person, answer.native, button)
        assert pressed.private
        return pressed


def bare(answer: Answer) -> str:
    """What an answer says, without marks of bold."""
    return answer.text.replace("*", "")


async def learner(stage: Stage, name: str = "田中") -> Learner:
    """Somebody in a channel, with the bot running."""
    person = stage.person(name)
    place = stage.channel(person)
    if not stage.running:
        await stage.start()
    return Learner(giving(stage), place, person)


@everywhere
async def test_a_word_of_a_text_is_saved_listed_and_removed(learning: Stage) -> None:
    """From the readings by three buttons, with its sentence; others see nothing of that."""
    tanaka = await learner(learning)
    readings = await tanaka.hand.give(
        tanaka.place, tanaka.person, "furigana", text=SENTENCE
    )  # to everybody
    words = await tanaka.press(readings, "言葉")
    saved = await tanaka.press(words, "経済")
    assert "経済【けいざい】" in bare(saved)
    listed = await tanaka.press(saved, "単語帳")
    assert SENTENCE in bare(listed)
    assert SENTENCE in bare(await tanaka.give("words", search="けいざい"))
    suzuki = await learner(learning, "鈴木")
    assert "経済" not in bare(await suzuki.give("words"))
    await tanaka.press(listed, "経済を削除" if _japanese(listed, "経済を削除") else "Remove 経済")
    assert "経済" not in bare(await tanaka.give("words"))


@everywhere
async def test_the_dictionarys_entry_has_a_button_that_saves_it(learning: Stage) -> None:
    """For whoever presses it, each for themself."""
    tanaka = await learner(learning)
    entry = await tanaka.hand.give(tanaka.place, tanaka.person, "jisho", word="猫")
    assert "猫【ねこ】" in bare(await tanaka.press(entry, "保存"))
    assert "猫" in bare(await tanaka.give("words"))


@everywhere
async def test_saved_words_are_reviewed_card_by_card(learning: Stage) -> None:
    """Show, answer, the next one; a second press of the same button counts nothing."""
    tanaka = await learner(learning)
    for word in ("猫", "犬"):
        await tanaka.give("save", word=word)
    front = await tanaka.give("review")
    assert "猫" in bare(front) and "ねこ" not in bare(front)
    back = await tanaka.press(front, _label(front, "Show", "答え"))
    assert "ねこ" in bare(back)
    easy = _label(back, "Easy", "簡単")
    following = await tanaka.press(back, easy)
    assert "犬" in bare(following)
    again = await tanaka.press(back, easy)
    assert "already" in again.text or "もう回答しています" in again.text
    undone = await tanaka.press(following, _label(following, "Undo", "取り消し"))
    assert "猫" in bare(undone)
    over = await tanaka.press(back, easy)
    assert "is over" in over.text or "終わっています" in over.text


@everywhere
async def test_a_groups_words_are_saved_by_another_member(learning: Stage) -> None:
    """From the group's list, without anybody's name on it."""
    tanaka, suzuki = learning.person("田中"), learning.person("鈴木")
    place = learning.channel(tanaka, suzuki)
    await learning.start()
    one, other = (Learner(giving(learning), place, each) for each in (tanaka, suzuki))
    await one.give("save", word="猫")
    listed = await other.give("words", search="group")
    assert "猫" in bare(listed) and "田中" not in listed.text
    await other.press(listed, "＋ 猫")
    assert "猫" in bare(await other.give("words"))


@everywhere
async def test_the_new_words_of_a_day_are_limited_by_who_studies(learning: Stage) -> None:
    """By an option of the command."""
    tanaka = await learner(learning)
    await tanaka.give("save", word="猫")
    await tanaka.give("review", what="new", value="0")
    assert "猫" not in bare(await tanaka.give("review"))
    waiting = await tanaka.give("review", what="due")
    assert "New 0" in waiting.text or "新規0" in waiting.text


def _japanese(answer: Answer, label: str) -> bool:
    return any(label in each for each in answer.offers)


def _label(answer: Answer, english: str, japanese: str) -> str:
    """A button's label in whatever language the platform shows."""
    return japanese if _japanese(answer, japanese) else english


@everywhere
async def test_progress_is_handed_over_as_a_picture(learning: Stage) -> None:
    """To who asks for it."""
    tanaka = await learner(learning)
    await tanaka.give("save", word="猫")
    told = await tanaka.give("progress")
    assert "N5" in bare(told)
    if isinstance(learning, DiscordStage):
        assert [file.name for file in told.native.attachments] == ["progress.png"]
    else:  # in direct messages: nothing there is for one person alone
        handed = tanaka.hand.handed
        await learning.until(lambda: handed(tanaka.place, tanaka.person) == ["progress.png"])
