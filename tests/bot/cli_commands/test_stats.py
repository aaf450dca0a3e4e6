"""`kaiwa stats`: what the bot does now, and what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.monitoring.server import monitoring
from bot.config import MonitoringSettings, load_settings
from bot.stats import STORED, now, stored
from storage.database import Database
from storage.schema import Base
from tests.adapters.monitoring.watching import whole
from tests.bot.commands import Result
from tests.fakes.shared.listening import free_port

Kaiwa = Callable[..., Result]


def test_where_nothing_runs_and_nothing_is_stored_it_says_so(
    kaiwa: Kaiwa, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With monitoring and without; no file is made by looking."""
    assert "not known" in kaiwa("stats").out
    monkeypatch.setenv("KAIWA_MONITORING__ENABLED", "true")
    monkeypatch.setenv("KAIWA_MONITORING__PORT", str(free_port()))
    result = kaiwa("stats")
    assert result.code == 0
    assert "no bot runs here" in result.out and "not there yet" in result.out
    assert not list(tmp_path.iterdir())


async def test_what_a_running_bot_tells_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP, as it is told; also by one that is not ready."""
    watched = whole()
    watched.meters.first.add(0.5)
    async with monitoring(MonitoringSettings(enabled=True, port=0), watched) as port:
        monkeypatch.setenv("KAIWA_MONITORING__ENABLED", "true")
        monkeypatch.setenv("KAIWA_MONITORING__PORT", str(port))
        settings = load_settings()
        shown = "\n".join(await asyncio.to_thread(lambda: list(now(settings))))
        assert "Kaiwa 1.2: 準備完了 / ready" in shown
        assert "discord: ok" in shown and "2 書いています" in shown
        assert "ends: end 1" in shown and "first words 0.50 s" in shown
        watched.meters.is_lost("discord")
        shown = "\n".join(await asyncio.to_thread(lambda: list(now(settings))))
        assert "not ready" in shown and "discord: away" in shown


async def test_what_is_stored_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without being changed."""
    monkeypatch.setenv("KAIWA_STORAGE__URL", url := f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db")
    await (await Database.open(url)).close()
    lines = await stored(load_settings())
    assert lines[0].startswith(f"{tmp_path}/kaiwa.db: ") and lines[0].endswith(" MiB")
    assert "  メッセージ / messages: 0" in lines


def test_every_amount_that_is_shown_is_a_tables() -> None:
    """A table that was renamed would count as empty."""
    assert set(STORED) <= set(Base.metadata.tables)
