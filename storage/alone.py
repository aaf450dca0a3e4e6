"""One process of the bot on a file of SQLite: a second one is refused.

Held by a lock on a file beside the database, which the system takes back when the process ends,
however it ends. Not on the database's own file: closing that would drop the locks that SQLite
holds on it (https://www.sqlite.org/howtocorrupt.html, 2.2). Commands that only look or delete
take no such lock.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from bot.errors import BotError
from bot.private import private_folder
from storage.errors import cannot_open


class AlreadyServed(BotError):
    """Another process of the bot has the database."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"Another Kaiwa is already running with {file}. Stop it first; several can share a "
            "PostgreSQL database only.",
            f"別の Kaiwa がすでに {file} を使っています。先にそれを終了してください。"
            "複数で共有できるのは PostgreSQL のデータベースだけです。",
        )


def is_served(url: str) -> bool:
    """Whether a process serves from a file of SQLite just now. Makes no file."""
    beside = _lock_of(url)
    if beside is None or not beside.exists():
        return False
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # another account's
        return False
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


def _lock_of(url: str) -> Path | None:
    """The file whose lock a process holds that serves; None where several may."""
    parsed = make_url(url)
    file = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or not file or file.startswith((":", "file:")):
        return None
    return Path(os.path.realpath(file) + ".lock")


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Be, while it is entered, the only process that serves from a file of SQLite; nothing for
    another database. Raises AlreadyServed."""
    file, beside = make_url(url).database or "", _lock_of(url)
    if beside is None:
        yield
        return
    try:
        private_folder(beside.parent)
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise cannot_open(file) from error
    try:
        if not _locked(descriptor):
            raise AlreadyServed(file)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _locked(descriptor: int) -> bool:
        """Whether the file could be locked; until it is closed."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(descriptor: int) -> bool:
        """Whether the file could be locked; until it is closed."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
