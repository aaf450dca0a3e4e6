"""Daily copies of the database while the bot runs: one a day, whatever restarts there are, of which
the newest are kept.

A day begins at the time that the settings name, by the machine's clock, and a copy bears its day
in its name: whether there is one is seen in the folder. So a clock that is set forward or back
makes a copy more at worst, and never takes away the one just made. What goes wrong is logged and
tried again; the bot goes on.
"""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import threading
import time as clock
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from bot.config import StorageSettings
from bot.copies import copy_to, name_of
from bot.errors import BotError, of_a_file

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0  # between two looks at the clock
AGAIN_SECONDS = 900.0  # after a failure
_LEFT_SECONDS = 86_400  # after which what a process left unfinished is nobody's


@asynccontextmanager
async def daily_copies(settings: StorageSettings) -> AsyncIterator[None]:
    """While it is entered, copies are made, if the settings name a folder for them."""
    if settings.backup_folder is None:
        yield
        return
    hour, minute = map(int, settings.backup_at.split(":"))
    copies = DailyCopies(
        settings.url, Path(settings.backup_folder), time(hour, minute), settings.backup_keep
    )
    making = asyncio.create_task(copies.keep_making(), name="kaiwa-daily-copies")
    try:
        yield
    finally:
        making.cancel()
        await asyncio.wait([making])


def newest(settings: StorageSettings) -> Path | None:
    """The newest daily copy; None where there is none."""
    copies = copies_in(Path(settings.backup_folder or ""), settings.url)
    return copies[-1] if copies else None


def copies_in(folder: Path, url: str) -> list[Path]:
    """The daily copies of a database in a folder, oldest first."""
    if not folder.is_dir():
        return []
    ours = re.compile(re.escape(name_of(url)) + r"-[0-9]{4}-[0-9]{2}-[0-9]{2}\.db")
    return sorted(each for each in folder.iterdir() if ours.fullmatch(each.name) and each.is_file())


@dataclass(slots=True)
class DailyCopies:
    """The copies of one database in a folder. `at`: when a day begins. `now`: what time it is."""

    url: str
    folder: Path
    at: time
    keep: int
    now: Callable[[], datetime] = datetime.now
    _made: Path | None = None  # today's, once it is known to be there
    _again: float = 0.0  # not before this moment of the event loop

    async def keep_making(self) -> None:
        """Make one whenever it is time, until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Make today's copy, if there is none; and take the oldest away."""
        loop_time = asyncio.get_running_loop().time
        file = self._file()
        if file == self._made or loop_time() < self._again:
            return
        try:
            made = await self._make(file)
            await asyncio.to_thread(self._prune, file)
        except Exception as error:
            self._again = loop_time() + AGAIN_SECONDS
            if isinstance(error, OSError) and error.filename is not None:
                error = of_a_file(error)
            foreseen = isinstance(error, BotError)
            log.warning(
                "no daily copy could be made; it is tried again in %.0f minutes: %s",
                AGAIN_SECONDS / 60,
                error if foreseen else type(error).__name__,
                exc_info=None if foreseen else error,
            )
        else:
            self._made, self._again = file, 0.0
            if made:
                log.info("today's copy of the database is %s (%s)", file, made)

    def _file(self) -> Path:
        """Today's copy."""
        past = timedelta(hours=self.at.hour, minutes=self.at.minute)
        return self.folder / f"{name_of(self.url)}-{self.now() - past:%Y-%m-%d}.db"

    async def _make(self, file: Path) -> str:
        """Make a copy; how large it is, or nothing where it was there."""
        stop = threading.Event()
        making = asyncio.ensure_future(
            asyncio.to_thread(copy_to, self.url, file, stopped=stop.is_set)
        )
        try:
            made = await asyncio.shield(making)
        except FileExistsError:
            return ""
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([making])
            if not making.cancelled():
                making.exception()  # that it was stopped
            raise
        return f"{made.bytes / 1e6:,.1f} MB"

    def _prune(self, file: Path) -> None:
        """Take away all but the newest, and what was never finished. Of the folder's other files
        it knows nothing."""
        from storage.backup import UNFINISHED

        others = [each for each in copies_in(self.folder, self.url) if each != file]
        for each in others[: max(0, len(others) - (self.keep - 1))]:
            each.unlink()
        for each in self.folder.glob(f"{UNFINISHED}*"):
            with suppress(FileNotFoundError):
                if clock.time() - each.stat().st_mtime > _LEFT_SECONDS:
                    shutil.rmtree(each)
