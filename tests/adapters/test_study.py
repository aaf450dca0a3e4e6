"""Commands about Japanese, as people give them: one contract, over both platforms' servers."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.level import Held
from bot.study.levelling import StudyLeveller
from bot.study.study import Study
from bot.study_commands.table import STUDY_COMMANDS
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.giving import giving
from tests.adapters.stages.stage import Place, Stage
from tests.fakes.generator import FakeGenerator

everywhere = pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)

LONG = "今日は三本の映画を見ました。" * 290  # 4,060 characters
BAD = {
    "nothing": "",
    "no Japanese": "hello there",
    "emoji": "🎌🎉",
    "long": LONG[:1_900],
    "signs": "、。！？",
}
# What each is asked, and what the answer has.
GOOD = {
    "furigana": ({"text": "今日は三本の映画を見ました。"}, ["三本(さんぼん)", "見(み)ました"]),
    "reading": ({"word": "今日"}, ["きょう"]),
    "jisho": ({"word": "食べられませんでした"}, ["食べる", "to eat", "N5"]),
    "save": ({"word": "食べられませんでした"}, ["食べる", "to eat"]),
    "words": ({}, ["save 食べる"]),
    "review": ({}, ["save 食べる"]),
    "progress": ({}, ["save 食べる"]),
    "kanji": ({"kanji": "語"}, ["word", "14画", "ゴ"]),
    "analyze": ({"text": "日本語を勉強しています。"}, ["N5", "勉強", "study"]),
    "level": ({}, ["レベルを決めていません"]),
    "conjugate": ({"word": "食べさせられた"}, ["食べ・させ・られ・た", "causative", "passive"]),
    "pitch": ({"word": "箸"}, ["は", "し", "↘"]),
    "correct": ({"text": "映画を見るました。"}, ["suggestion"]),
    "daily": ({}, ["daily 08:30 Asia/Tokyo n4 word"]),
    "week": ({}, ["クイズ"]),
    "me": ({"name": "level", "value": "n4"}, ["n4"]),
    "quiz": ({"what": "scores"}, ["7日間"]),
    "about": ({}, ["JMdict", "Tatoeba", "KanjiVG"]),
    "anki": ({"words": "n5"}, ["682"]),
    "import": ({"table": "推し活,おしかつ,cheering for a favourite"}, ["1"]),
}


@pytest.fixture
def learning(stage: Stage, study: Study) -> Stage:
    """The stage with a dictionary."""
    stage.study = study
    return stage


async def typed(stage: Stage, place: Place, person: object, text: str) -> str:
    """What the bot says to a command that is typed after a mention."""

    def all_of_it() -> Counter[str]:
        return Counter([*stage.texts(place), *stage.told(place, person)])

    before = all_of_it()
    stage.ask(place, person, text)
    await stage.until(lambda: all_of_it() - before)
    return "\n".join(all_of_it() - before)


def test_every_command_of_the_table_is_tried() -> None:
    """One that is new needs a line above."""
    assert GOOD.keys() == {entry.name for entry in STUDY_COMMANDS}


@everywhere
@pytest.mark.parametrize("name", GOOD)
async def test_each_command_answers_by_the_platforms_own_means(
    learning: Stage, generator: FakeGenerator, name: str
) -> None:
    """With what the dictionaries say."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    generator.script = [["映画を見ました。"]]
    await learning.start()
    options, expected = GOOD[name]
    answer = await giving(learning).give(channel, tanaka, name, **options)
    told = answer.text.replace("*", "") + " ".join(learning.told(channel, tanaka))
    if isinstance(learning, DiscordStage) and answer.private:  # in the person's language
        expected = [each for each in expected if each not in ("suggestion",)]
    assert [each for each in expected if each not in told] == []


@everywhere
async def test_bad_input_is_answered_with_what_to_do(
    learning: Stage, generator: FakeGenerator
) -> None:
    """Whatever the command; nothing goes wrong, and no message is too long."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    await learning.start()
    for entry in STUDY_COMMANDS:
        for kind, text in BAD.items():
            told = await typed(learning, channel, tanaka, f"/{entry.name} {text}")
            assert "問題が起きました" not in told, f"/{entry.name} with {kind}"
    assert not generator.running


@everywhere
async def test_a_command_has_a_japanese_name(learning: Stage) -> None:
    """Which needs no slash after a mention, as the unmistakable English ones do not."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    await learning.start()
    assert "食べる" in await typed(learning, channel, tanaka, "辞書 食べる")
    assert "食べる" in await typed(learning, channel, tanaka, "jisho 食べる")


@everywhere
async def test_the_button_below_a_reply_shows_how_it_is_read_while_the_model_is_busy(
    learning: Stage, generator: FakeGenerator
) -> None:
    """To who presses it alone; the text can be had in other forms from there."""
    tanaka = learning.person("田中")
    channel, other = learning.channel(tanaka), learning.channel(tanaka)
    generator.script = [["三本の映画を見ました。"], ["まだ", asyncio.Event()]]
    await learning.start()
    learning.ask(channel, tanaka, "どうぞ")
    shown = await learning.answered(channel, "三本の映画を見ました。")
    learning.ask(other, tanaka, "話して")
    await learning.until(lambda: generator.running)
    hand = giving(learning)
    answer = await hand.press(
        channel,
        tanaka,
        shown.native,
        "kaiwa:readings" if isinstance(learning, DiscordStage) else "kaiwa_readings",
    )
    assert answer.private and "三本(さんぼん)" in answer.text
    (button,) = [sent for label, sent in answer.offers.items() if "ローマ字" in label]
    romaji = await hand.press(channel, tanaka, answer.native, button)
    assert romaji.private and "sanbon" in romaji.text.lower()
    assert learning.texts(channel) == ["三本の映画を見ました。"]
    await learning.kill()


@everywhere
@pytest.mark.parametrize(
    ("label", "expected"), [("Readings", "映画(えいが)"), ("Look up", "映画"), ("Correct", "見")]
)
async def test_a_command_in_a_messages_menu_is_about_what_it_says(
    learning: Stage, generator: FakeGenerator, label: str, expected: str
) -> None:
    """And its answer is for who chose it."""
    tanaka, suzuki = learning.person("田中"), learning.person("鈴木")
    channel = learning.channel(tanaka, suzuki)
    await learning.start()
    await learning.marked(channel, tanaka)
    generator.script = [["映画を見ました。"]]
    said = learning.say(channel, suzuki, "映画を見るました。")
    answer = await giving(learning).choose(channel, tanaka, label, said.native)
    assert answer.private and expected in answer.text.replace("*", "")


@everywhere
async def test_a_group_corrects_a_reading_and_an_administrator_takes_it_back(
    learning: Stage,
) -> None:
    """Anybody may correct, by a candidate or a field; what somebody else corrected is theirs and
    the administrators' to change."""
    boss = learning.person("部長", administrator=True)
    tanaka, suzuki = learning.person("田中"), learning.person("鈴木")
    channel = learning.channel(boss, tanaka, suzuki)
    await learning.start()
    hand = giving(learning)
    answer = await hand.give(channel, tanaka, "furigana", text="人気の店です。")
    (button,) = [sent for label, sent in answer.offers.items() if "読みが違う" in label]
    words = await hand.press(channel, tanaka, answer.native, button)
    if "どの言葉" in words.text:
        words = await hand.press(channel, tanaka, words.native, words.offers["人気"])
    assert "にんき" in words.text and "ひとけ" in words.offers
    kept = await hand.press(channel, tanaka, words.native, words.offers["ひとけ"])
    assert "ひとけ" in kept.text
    answer = await hand.give(channel, suzuki, "furigana", text="人気の店です。")
    assert "人気(ひとけ)" in answer.text
    refused = await hand.give(channel, suzuki, "reading", word="人気", kana="default")
    assert "管理者" in refused.text or "administrators" in refused.text
    assert "人気" in (await hand.give(channel, suzuki, "reading")).text
    await hand.give(channel, boss, "reading", word="人気", kana="default")
    answer = await hand.give(channel, suzuki, "furigana", text="人気の店です。")
    assert "人気(にんき)" in answer.text

    words = await hand.give(channel, suzuki, "reading", word="市場")
    (button,) = [sent for label, sent in words.offers.items() if "ほかの読み" in label]
    kept = await hand.fill(channel, suzuki, words.native, button, "いちば")
    assert "いちば" in kept.text


@everywhere
async def test_a_level_is_set_by_an_administrator(learning: Stage) -> None:
    """And shown to anybody."""
    boss, tanaka = learning.person("部長", administrator=True), learning.person("田中")
    channel = learning.channel(boss, tanaka)
    await learning.start()
    assert "管理者" in await typed(learning, channel, tanaka, "/level n4")
    assert "N4" in await typed(learning, channel, boss, "/level n4")
    assert "N4" in await typed(learning, channel, tanaka, "/level")
    assert "n5" in await typed(learning, channel, boss, "/level n9")
    assert "held to no level" in await typed(learning, channel, boss, "/level off")


@everywhere
async def test_homographs_are_reached_from_the_likely_one(learning: Stage) -> None:
    """By a button each."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    await learning.start()
    hand = giving(learning)
    answer = await hand.give(channel, tanaka, "jisho", word="はし")
    others = [sent for label, sent in answer.offers.items() if label.endswith("はし")]
    assert others
    other = await hand.press(channel, tanaka, answer.native, others[0])
    assert other.private and "はし" in other.text


@everywhere
async def test_a_picture_of_readings_and_of_strokes_is_handed_over(learning: Stage) -> None:
    """As a file."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    await learning.start()
    hand = giving(learning)
    await hand.give(channel, tanaka, "furigana", form="picture", text="映画を見ました。")
    await learning.until(lambda: hand.handed(channel, tanaka) == ["furigana.png"])
    await hand.give(channel, tanaka, "kanji", kanji="語")
    await learning.until(lambda: "kanji-08a9e.png" in hand.handed(channel, tanaka))


@everywhere
async def test_without_a_dictionary_each_command_says_what_to_install(stage: Stage) -> None:
    """And no reply has the button."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    for name in ("furigana", "jisho", "kanji", "analyze", "conjugate", "pitch", "correct"):
        assert "kaiwa study setup" in await typed(stage, channel, tanaka, f"/{name} 映画")
    assert "I am Kaiwa" in await typed(stage, channel, tanaka, "/about")
    stage.ask(channel, tanaka, "やあ")
    shown = await stage.answered(channel, "やあ")
    if isinstance(stage, DiscordStage):
        assert "kaiwa:readings" not in shown.native.custom_ids
    else:
        assert all(each["action_id"] != "kaiwa_readings" for each in shown.native.actions())


@everywhere
async def test_a_reply_held_to_a_level_is_the_easiest_with_its_share_and_glosses_below(
    learning: Stage, generator: FakeGenerator, study: Study
) -> None:
    """What is stored, and what the next prompt has, is the reply alone."""
    boss = learning.person("部長", administrator=True)
    channel = learning.channel(boss)
    learning.levels = Held(StudyLeveller(study), candidates=2)
    easy, hard = "毎日、経済の本を読みます。", "環境の影響の程度を検討します。"
    await learning.start()
    await typed(learning, channel, boss, "/level n5")
    generator.script = [[hard], [easy]]
    said = learning.ask(channel, boss, "話して")
    await learning.until(lambda: any("【けいざい】" in text for text in learning.texts(channel)))
    shown = next(text for text in learning.texts(channel) if "【けいざい】" in text)
    assert easy in shown and hard not in shown and "N5: " in shown
    await learning.until_kept(said, lambda kept: kept == ["話して", easy])


@everywhere
async def test_a_button_that_fails_is_answered_with_an_apology(
    learning: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever; what went wrong is in the log."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    await learning.start()
    hand = giving(learning)
    answer = await hand.give(channel, tanaka, "furigana", text="映画")
    (button,) = [sent for label, sent in answer.offers.items() if "かな" in label]

    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Study, "ask", broken)
    told = await hand.press(channel, tanaka, answer.native, button)
    assert told.private and "問題が起きました" in told.text
