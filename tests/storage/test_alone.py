"""One process of the bot on a file of SQLite."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.config import Settings, SlackSettings, StorageSettings, WebSettings
from bot.errors import BotError
from bot.serving import run_platforms
from storage.alone import AlreadyServed, alone


def test_a_second_one_is_refused_until_the_first_has_ended(url: str, tmp_path: Path) -> None:
    """In two languages on a line each, with what to do; the file beside is nobody else's."""
    with alone(url):
        with pytest.raises(AlreadyServed) as refused, alone(url):
            pass
        assert all("\n" not in text for text in (refused.value.english, refused.value.japanese))
        assert "PostgreSQL" in refused.value.english
        (beside,) = tmp_path.iterdir()
        assert beside.stat().st_mode & 0o777 == 0o600
    with alone(url):
        pass


def test_another_way_to_the_same_file_is_refused(url: str, tmp_path: Path) -> None:
    """And another file is not."""
    (tmp_path / "kaiwa.db").touch()
    (tmp_path / "link.db").symlink_to("kaiwa.db")
    with alone(url):
        with (
            pytest.raises(AlreadyServed),
            alone(f"sqlite+aiosqlite:///{tmp_path}/other/../link.db"),
        ):
            pass
        with alone(f"sqlite+aiosqlite:///{tmp_path}/other.db"):
            pass


@pytest.mark.parametrize("url", ["postgresql+asyncpg://localhost/kaiwa", "sqlite+aiosqlite://"])
def test_what_is_no_file_has_no_lock(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may have many."""
    monkeypatch.chdir(tmp_path)
    with alone(url), alone(url):
        assert not list(tmp_path.iterdir())


async def test_a_bot_beside_another_ends_before_it_loads_a_model(url: str) -> None:
    """`kaiwa run` and `kaiwa web`, whatever they serve."""
    settings = Settings(
        storage=StorageSettings(url=url),
        slack=SlackSettings(enabled=False),
        web=WebSettings(enabled=True),
    )
    said = list[str]()
    with alone(url), pytest.raises(AlreadyServed):
        await run_platforms(settings, said.append, asyncio.Event())
    assert said == []


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    """As for the database itself."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(BotError, match="cannot be opened"),
        alone(f"sqlite:///{tmp_path}/file/a.db"),
    ):
        pass
