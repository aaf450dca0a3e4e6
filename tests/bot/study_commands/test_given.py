"""What is given to a command about Japanese."""

from __future__ import annotations

import pytest

from bot.errors import BotError
from bot.study_commands import given
from tests.bot.study_commands.conftest import Ask


@pytest.mark.parametrize("name", ["conjugate", "pitch"])
async def test_a_sentence_is_taken_where_a_text_would_take_long(ask: Ask, name: str) -> None:
    """Or be answered with dozens of messages."""
    with pytest.raises(BotError, match="I take 500"):
        await ask(f"/{name} {'一二三四五六七八九十' * 51}")


@pytest.mark.parametrize("space", [" ", "　", "\n"])
def test_a_choice_may_stand_before_any_white_space(space: str) -> None:
    """The space of a Japanese keyboard is a wide one."""
    assert given.option(f"Romaji{space}今日 は", given.FORMS, "inline") == ("romaji", "今日 は")
    assert given.option(f"今日{space}romaji", given.FORMS, "inline")[0] == "inline"
