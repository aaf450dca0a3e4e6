"""Asking for a rewrite, and getting it out of the reply."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BotError
from bot.messages import Role
from bot.prompt import RinnaFormat
from bot.study.correction.rewriting import LONGEST, Preset, cleaned, turns
from tests.fakes.letters import CharacterTokenizer

WRONG = "昨日、図書館に勉強しました。"
RIGHT = "昨日、図書館で勉強しました。"


@pytest.mark.parametrize("preset", Preset)
def test_the_prompt_is_an_instruction_examples_and_the_sentence(preset: Preset) -> None:
    """Speakers take turns, and the sentence is the last thing said."""
    made = turns(f" {WRONG}\n", preset)
    assert [turn.role for turn in made] == [Role.USER, Role.ASSISTANT] * 4 + [Role.USER]
    assert made[-1].text.splitlines()[-1] == WRONG
    assert len({turn.text.splitlines()[0] for turn in made[2::2]}) == 1


def test_each_preset_asks_for_something_else() -> None:
    """Correct, polite, casual."""
    assert len({turns(WRONG, preset) for preset in Preset}) == 3


def test_rinnas_format_writes_the_prompt_as_it_is() -> None:
    """No line of it is taken for a forged turn."""
    rendered = RinnaFormat(CharacterTokenizer()).render(turns(WRONG))
    assert rendered.endswith(f"ユーザー: 次の文を直してください。\n{WRONG}\nシステム: ")
    assert rendered.count("ユーザー: ") == rendered.count("システム: ") == 5


@pytest.mark.parametrize(
    "text", ["", "  \n", "hello", "😀", "\0", "あ" * (LONGEST + 1), "あ" * 4000]
)
def test_what_cannot_be_rewritten_is_told(text: str) -> None:
    """In both languages, with what to do."""
    with pytest.raises(BotError) as told:
        turns(text)
    assert "Please" in told.value.english and "ください" in told.value.japanese


@pytest.mark.parametrize(
    "reply",
    [
        RIGHT,
        f"「{RIGHT}」",
        f"修正: {RIGHT}",
        f"修正後の文：「{RIGHT}」",
        f"正しくは「{RIGHT}」です。",
        f"正しくは、{RIGHT}",
        f"{RIGHT}\n場所を表すときは「で」を使います。",
        f"{RIGHT}（場所を表すときは「で」を使います）",
        f"以下のように直します。\n{RIGHT}",
        f"はい、わかりました。\n\n「{RIGHT}」",
        f"1. {RIGHT}",
        f"Corrected: {RIGHT}",
        f"**{RIGHT}**",
        f"\u200b{RIGHT} ",
    ],
)
def test_the_rewrite_is_found_in_what_the_model_says(reply: str) -> None:
    """Without quotation marks, labels and explanations."""
    assert cleaned(reply, WRONG) == RIGHT


@pytest.mark.parametrize(
    "reply",
    [
        "",
        " \n",
        "Sorry, I don't know that",
        "I studied at the library yesterday.",
        "申し訳ありませんが、わかりません。",
        "すみません、よくわかりません。",
        "今日はいい天気ですね。",
        "昨日、",
        "昨日",
        "「」",
        "\0",
        RIGHT + "図書館では本を読んだり、友達と話したりすることができます。とても便利な場所です。",
    ],
)
def test_a_reply_that_is_no_rewrite_is_none(reply: str) -> None:
    """Empty, an apology, in another language, of something else, cut off, or going on."""
    assert cleaned(reply, WRONG) is None


def test_a_sentence_that_quotes_or_apologizes_is_kept_as_it_is() -> None:
    """Its own quotation marks and brackets are no wrapping."""
    assert cleaned("彼は「はい」と言った。", "彼は「はい」を言った。") == "彼は「はい」と言った。"
    assert cleaned("申し訳ありません。", "申し訳ありません") == "申し訳ありません。"
    assert cleaned("東京（首都）に行く。", "東京（首都）を行く。") == "東京（首都）に行く。"


def test_a_reply_that_changes_nothing_is_a_rewrite() -> None:
    """That nothing was to be changed is for others to say."""
    assert cleaned(RIGHT, RIGHT) == RIGHT


def test_a_casual_rewrite_may_share_little_but_its_words() -> None:
    """行く for 行きますか."""
    assert cleaned("明日、行く？", "明日、行きますか。") == "明日、行く？"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=30))
def test_no_reply_breaks_it(reply: str, original: str) -> None:
    """What comes out is one line with something in it, or nothing."""
    found = cleaned(reply, original)
    assert found is None or found.strip()


def test_a_reply_of_4000_characters_is_read() -> None:
    """As any other."""
    assert cleaned("猫" * 4000, WRONG) is None
    assert cleaned("「" * 4000, WRONG) is None
