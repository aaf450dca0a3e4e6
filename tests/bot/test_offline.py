"""The rules of `bot/offline.py`, and of the context that the settings bound."""

from __future__ import annotations

from bot.app import open_engine
from bot.config import Settings
from bot.offline import _format


async def test_the_settings_bound_the_context_whether_a_model_runs_or_not() -> None:
    """One line at start says so; prompts that are only shown keep to the same length."""
    settings = Settings.model_validate(
        {"engine": {"context_length": 96}, "model": {"quantization": "none"}}
    )
    assert _format(settings)[1] == 96
    lines: list[str] = []
    async with open_engine(settings, lines.append) as (engine, _):
        assert engine.context_length == 96
    assert any("A prompt and its reply are 96 tokens at most" in line for line in lines)
    beyond = Settings.model_validate({"engine": {"context_length": 10**6}})
    assert _format(beyond)[1] == _format(Settings())[1]
