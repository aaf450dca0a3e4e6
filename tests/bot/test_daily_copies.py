from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest

from bot import daily_copies as daily_copies_module
from bot.config import StorageSettings
from bot.copies import copy_to
from bot.daily_copies import DailyCopies, daily_copies
from storage.store import SqlStore
from tests.fakes.incoming import incoming


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 12, 0)

    def __call__(self) -> datetime:
        """The time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The machine's clock."""
    return Clock()


@pytest.fixture
def copies(store: SqlStore, tmp_path: Path, clock: Clock) -> DailyCopies:
    """Copies of the store's database, of which three are kept."""
    url = f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db"
    return DailyCopies(url, tmp_path / "copies", time(4), 3, clock)


def made(copies: DailyCopies) -> list[str]:
    """The names of what is in the folder."""
    return sorted(each.name for each in copies.folder.iterdir())


async def test_there_is_one_copy_a_day_whatever_restarts_there_are(
    copies: DailyCopies, clock: Clock
) -> None:
    """A day begins at four."""
    await copies.look()
    first = copies.folder / "kaiwa-2026-11-28.db"
    was = first.stat()
    again = DailyCopies(copies.url, copies.folder, copies.at, copies.keep, clock)
    for clock.now in (datetime(2026, 11, 28, 12, 1), datetime(2026, 11, 29, 3, 59)):
        await copies.look()
        await again.look()
    assert made(copies) == [first.name] and first.stat().st_ino == was.st_ino
    clock.now = datetime(2026, 11, 29, 4, 0)
    await copies.look()
    assert made(copies) == [first.name, "kaiwa-2026-11-29.db"]


async def test_the_oldest_are_taken_away_and_nothing_else(
    copies: DailyCopies, clock: Clock
) -> None:
    """Whatever else somebody keeps there; what a process left unfinished goes after a day."""
    copies.folder.mkdir()
    others = ["kaiwa-2020-01-01.db.gz", "kaiwa-before-upgrade.db", "mine-2020-01-01.db", "x.db"]
    for name in others:
        (copies.folder / name).touch()
    left, new = copies.folder / ".kaiwa-copy-old", copies.folder / ".kaiwa-copy-new"
    for folder in (left, new):
        folder.mkdir()
    os.utime(left, (0, 0))
    for day in range(1, 7):
        clock.now = datetime(2026, 12, day, 5)
        await copies.look()
    days = [f"kaiwa-2026-12-0{day}.db" for day in (4, 5, 6)]
    assert made(copies) == sorted([*others, *days, new.name])


async def test_a_clock_that_jumps_takes_no_new_copy_away(copies: DailyCopies, clock: Clock) -> None:
    """Back by years, and forward by years, and right again."""
    for clock.now in (
        *(datetime(2026, 11, day, 5) for day in (26, 27, 28)),
        datetime(2001, 1, 1, 5),
        datetime(2001, 1, 2, 5),
        datetime(2044, 1, 1, 5),
        datetime(2026, 11, 28, 5),
        datetime(2026, 11, 29, 5),
    ):
        await copies.look()
        newest = max(copies.folder.iterdir(), key=lambda each: each.stat().st_mtime_ns)
        assert f"kaiwa-{clock.now:%Y-%m-%d}.db" in made(copies)
        assert len(made(copies)) <= 3 and newest.stat().st_size
    assert made(copies) == [f"kaiwa-{day}.db" for day in ("2026-11-28", "2026-11-29", "2044-01-01")]


async def test_a_failure_is_told_once_and_tried_again_later(
    copies: DailyCopies, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file stands in the folder's place, until somebody moves it."""
    copies.folder.write_text("x")
    with caplog.at_level(logging.WARNING):
        await copies.look()
        await copies.look()
    (told,) = caplog.messages
    assert "tried again in 15 minutes" in told and "Check that it is a folder" in told
    copies.folder.unlink()
    await copies.look()
    assert not copies.folder.exists()
    copies._again = asyncio.get_running_loop().time()
    await copies.look()
    assert made(copies) == ["kaiwa-2026-11-28.db"]


async def test_a_folder_that_the_system_refuses_is_named_with_its_reason(
    copies: DailyCopies, caplog: pytest.LogCaptureFixture
) -> None:
    """In one line, which says what to do."""
    copies.folder = copies.folder / ("x" * 300)
    with caplog.at_level(logging.WARNING):
        await copies.look()
    (line,) = caplog.records
    assert "File name too long" in line.getMessage() and not line.exc_info


async def test_what_nobody_foresaw_does_not_stop_the_bot(
    copies: DailyCopies, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged with its traceback."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(daily_copies_module, "copy_to", fail)
    with caplog.at_level(logging.WARNING):
        await copies.look()
    assert "RuntimeError" in caplog.messages[0] and caplog.records[0].exc_info


async def test_the_end_of_the_bot_does_not_wait_for_a_copy(
    copies: DailyCopies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is broken off, and nothing is left of it."""
    begun = threading.Event()

    def slow(url: str, file: Path, *, stopped: Callable[[], bool]) -> Any:
        begun.set()
        while not stopped():
            pass
        return copy_to(url, file, stopped=stopped)

    monkeypatch.setattr(daily_copies_module, "copy_to", slow)
    looking = asyncio.create_task(copies.keep_making())
    await asyncio.to_thread(begun.wait)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert made(copies) == []


async def test_copies_are_made_while_the_bot_runs(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the settings; without a folder none is."""
    await store.add_message(incoming("m1"))
    url = f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db"
    async with daily_copies(StorageSettings(url=url)):
        await asyncio.sleep(0)
    folder = tmp_path / "copies"
    async with daily_copies(StorageSettings(url=url, backup_folder=str(folder))):
        while not list(folder.glob("kaiwa-*.db")):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
