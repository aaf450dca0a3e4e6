"""A copy of a database of SQLite's as one file, made while others read and write it.

What is copied is one moment: SQLite keeps what was committed until then for who reads, and
writers go on. Two steps: its pages as they are, and out of these a file that is written anew,
so that it holds no rest of a deleted row either (see scrubbing.py). That takes twice the room,
in the folder of the copy. The copy is read as a whole, its rows are counted and held against
that moment, and only then does it get its name: whole, on the disk, and mode 600.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import BotError, system_reason
from bot.private import private_file, private_folder
from storage.sqlite_files import Contents, Stopped, beside, contents, never, opened, verify

UNFINISHED = ".kaiwa-copy-"  # how a folder's name begins in which a copy is made
_PAGES = 1_000  # that are copied between two looks whether to stop


def back_up(
    database: Path, file: Path, *, replace: bool = False, stopped: Callable[[], bool] = never
) -> Contents:
    """Copy a database to a file; what is in it. It blocks, for some seconds each 100 MB.

    Raises BotError, FileExistsError unless it may `replace` that, and Stopped; then nothing is
    left of it.
    """
    if os.path.realpath(file) in map(os.path.realpath, beside(database)):
        raise BotError(
            "That is the database itself. Name another file.",
            "それはデータベース自身です。別のファイルを指定してください。",
        )
    must_not_be_there(file, replace)
    with file_errors(file.parent):
        private_folder(file.parent)
        with TemporaryDirectory(prefix=UNFINISHED, dir=file.parent) as folder:
            copied, made = copy(database, Path(folder), stopped=stopped)
            os.replace(copied, file)
        on_disk(file.parent)
    return made


def must_not_be_there(file: Path, replace: bool) -> None:
    """Raises FileExistsError for a file that is there and may not be replaced."""
    if os.path.exists(file) and not replace:  # also where that cannot be looked at
        raise FileExistsError(file)


def copy(
    database: Path, folder: Path, *, stopped: Callable[[], bool] = never
) -> tuple[Path, Contents]:
    """Copy a database into a folder, verified and on the disk; the copy, and what is in it."""

    def look(*_: int) -> None:
        if stopped():
            raise Stopped

    pages, copied = folder / "pages", folder / "copy"
    with opened(database, stopped=stopped) as source:
        source.execute("BEGIN")
        there = contents(source, database)  # from here on it is one moment
        _see_that_it_fits(folder.parent, 2 * there.bytes)
        private_file(pages)
        with opened(pages, stopped=stopped) as target:
            target.execute("PRAGMA synchronous = OFF")  # it is thrown away
            source.backup(target, pages=_PAGES, progress=look)
            source.execute("ROLLBACK")
            verify(target, database)
            private_file(copied)
            target.execute("VACUUM INTO ?", (str(copied),))
    for each in beside(pages):
        each.unlink(missing_ok=True)
    with opened(copied, mode="ro", stopped=stopped) as connection:
        verify(connection, copied)
        made = contents(connection, copied)
    if made.rows != there.rows:
        raise BotError(
            f"The copy of {database} differs from it, and was thrown away. Try again.",
            f"{database} のコピーが元と一致しないため破棄しました。もう一度お試しください。",
        )
    on_disk(copied)
    return copied, made


def on_disk(path: Path) -> None:
    """See that a file, or a folder's names, survive a power failure. No database that is open."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def file_errors(folder: Path) -> Iterator[None]:
    """Turn what the system says of files in a folder into BotError, with what to do."""
    try:
        yield
    except OSError as error:
        english, japanese = system_reason(error)
        raise BotError(
            f"{folder}: no copy can be written there ({english}). Check that it is a folder, that "
            "you may write there, and that it has space; or name another one.",
            f"{folder}：コピーを書き込めません（{japanese}）。フォルダーかどうか、書き込む権限、"
            "空き容量を確認するか、別のフォルダーを指定してください。",
        ) from error


def _see_that_it_fits(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BotError(
            f"There is no room for a copy: it takes {needed / 1e6:,.0f} MB while it is made, and "
            f"{folder} has {free / 1e6:,.0f} MB. Free some space, or use another disk.",
            f"コピーの空き容量が足りません（作成中に{needed / 1e6:,.0f} MB必要、"
            f"{folder} の空きは{free / 1e6:,.0f} MB）。"
            "空きを増やすか、別のディスクを使ってください。",
        )
