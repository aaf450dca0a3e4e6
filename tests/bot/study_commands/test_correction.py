"""/correct."""

from __future__ import annotations

import pytest

from bot.errors import BotError
from bot.notices import Notice, Style
from bot.study.correction.rewriting import Preset
from bot.study_commands import given
from tests.bot.study_commands.conftest import Ask
from tests.fakes.generator import FakeGenerator


def styled(notice: Notice, style: Style) -> list[str]:
    """The pieces of a notice's detail in a style."""
    assert not isinstance(notice.detail, str)
    return [span.text for span in notice.detail if span.style is style]


async def test_what_changed_is_marked_and_called_a_suggestion(
    ask: Ask, generator: FakeGenerator
) -> None:
    """What is gone, and what is new."""
    generator.script = [["昨日、映画を見ました。"]]
    notice = await ask("/correct 昨日、映画を見るました。")
    assert "suggestion" in notice.english and "提案" in notice.japanese
    assert "".join(styled(notice, Style.REMOVED)) and "".join(styled(notice, Style.ADDED))
    assert notice.both().endswith("→ 昨日、映画を見ました。")


async def test_no_change_is_said_plainly(ask: Ask, generator: FakeGenerator) -> None:
    """Not as a difference without one."""
    generator.script = [["昨日、映画を見ました。"]]
    notice = await ask("/correct 昨日、映画を見ました。")
    assert notice.english.startswith("No change") and not notice.detail


async def test_a_word_that_no_dictionary_has_is_marked(ask: Ask, generator: FakeGenerator) -> None:
    """The model makes words up."""
    generator.script = [["昨日、ヌベロムを見ました。"]]
    notice = await ask("/correct 昨日、映画を見ました。")
    assert "⚠" in notice.both() and "ヌベロム" in notice.both().split("⚠")[1]


@pytest.mark.parametrize("reply", ["Sorry, I don't know that.", "", "わかりません。"])
async def test_a_reply_that_is_no_rewrite_is_not_shown_as_one(
    ask: Ask, generator: FakeGenerator, reply: str
) -> None:
    """It is said that there is none."""
    generator.script = [[reply] if reply else []]
    notice = await ask("/correct 昨日、映画を見るました。")
    assert "no usable suggestion" in notice.english and not notice.detail


async def test_a_preset_asks_for_another_way_and_the_others_are_offered(
    ask: Ask, generator: FakeGenerator
) -> None:
    """Polite, casual."""
    generator.script = [["映画を見た。"], ["映画を見ました。"]]
    notice = await ask("/correct casual 映画を見ました。")
    await ask("/correct polite 映画を見た。")
    prompts = [request.prompt.text for request in generator.requests]
    assert prompts[0] != prompts[1]
    assert [offer.command for offer in notice.offers] == ["correct correct", "correct polite"]


async def test_a_long_text_is_refused_before_the_model_is_asked(
    ask: Ask, generator: FakeGenerator
) -> None:
    """With how much is too much."""
    with pytest.raises(BotError, match="I take 500 at a time"):
        await ask("/correct " + "映画を見ました。" * 100)
    assert not generator.requests


def test_the_presets_are_those_that_there_are() -> None:
    """The table of commands does not load what knows them."""
    assert tuple(Preset) == given.PRESETS
