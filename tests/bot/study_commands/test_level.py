"""/level, where the dictionary is gone."""

from __future__ import annotations

import pytest

from bot.errors import BotError
from bot.study.study import Study
from tests.bot.study_commands.conftest import Ask


async def test_a_level_can_be_unset_without_a_dictionary(
    ask: Ask, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then it is said that no reply is held to it."""
    await ask("/level n4", administrator=True)
    monkeypatch.setattr(study, "file", None)
    for argument in ("", " n5"):
        with pytest.raises(BotError, match="kaiwa study setup"):
            await ask(f"/level{argument}", administrator=True)
    assert "held to no level" in (await ask("/level off", administrator=True)).english
    assert "held to no level" in (await ask("/level")).english
