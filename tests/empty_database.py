"""A database of which nobody has made use yet: what opens a copy need not migrate it first."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from bot.private import FILE_MODE
from storage.database import Database


def put_empty_database(file: Path) -> None:
    """Put one where nothing is yet."""
    file.write_bytes(_made())
    file.chmod(FILE_MODE)


@cache
def _made() -> bytes:
    """Its one file, once SQLite has put into it what it had beside it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "kaiwa.db")

        async def make() -> None:
            async with await Database.open(f"sqlite+aiosqlite:///{file}"):
                pass

        # Not in the caller's thread, whose event loop may be running.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, make()).result()
        assert list(Path(folder).iterdir()) == [file]
        return file.read_bytes()
