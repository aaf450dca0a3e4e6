"""What is given to a command about Japanese."""

from __future__ import annotations

import pytest

from bot.errors import BotError
from tests.bot.study_commands.conftest import Ask


@pytest.mark.parametrize("name", ["conjugate", "pitch"])
async def test_a_sentence_is_taken_where_a_text_would_take_long(ask: Ask, name: str) -> None:
    """Or be answered with dozens of messages."""
    with pytest.raises(BotError, match="I take 500"):
        await ask(f"/{name} {'一二三四五六七八九十' * 51}")
