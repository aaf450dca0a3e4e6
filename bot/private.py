"""Files and folders that nobody but the account that runs Kaiwa may read, whatever its umask.

SQLite gives the files beside a database the database's own mode. On a system without such modes
(Windows) a file is its owner's by the folder it stands in.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from bot.errors import BotError, system_reason

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing. One that is there stays as it is."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        private_folder(folder.parent)
    with suppress(FileExistsError):  # somebody else made it just now; or it is a file, told below
        folder.mkdir(mode=FOLDER_MODE)
        folder.chmod(FOLDER_MODE)  # what the umask took away
    if not folder.is_dir():
        raise NotADirectoryError(20, "Not a directory", str(folder))


def private_file(path: Path) -> bool:
    """Make an empty file where there is none; whether it was made."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
    except FileExistsError:
        return False
    os.close(descriptor)
    path.chmod(FILE_MODE)
    return True


def readable_by_others(paths: Iterable[Path]) -> list[Path]:
    """Those of the files that other accounts of this machine may read or write."""
    others = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
    found = []
    for path in paths:
        with suppress(OSError):
            if os.name != "nt" and path.stat().st_mode & others:
                found.append(path)
    return found


def warning(paths: Sequence[Path]) -> BotError | None:
    """What an operator is told of files that others may read; None where nobody else may."""
    if not (found := readable_by_others(paths)):
        return None
    mend = f"chmod 600 {shlex.join(str(path) for path in found)}"
    return BotError(
        f"Other accounts of this machine can read {found[0]}. Mend it with: {mend}",
        f"このマシンの他のアカウントが {found[0]} を読めます。次のコマンドで直せます：{mend}",
    )


@contextmanager
def whole_file(path: Path, *, replace: bool = False) -> Iterator[TextIO]:
    """A file to be written, whole or not at all: it has its name once it is on the disk.

    Raises BotError where there is one already, unless it may `replace` that, or where it cannot
    be written.
    """
    if path.exists() and not replace:
        raise BotError(
            f"{path} is there already. Name another file, or add --force to replace it.",
            f"{path} はすでにあります。別の名前にするか、--force で置き換えてください。",
        )
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.unlink(missing_ok=True)
        private_file(beside)
        with open(beside, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def not_written(path: Path, error: OSError) -> BotError:
    """Why a file could not be written, and what to do."""
    english, japanese = system_reason(error)
    return BotError(
        f"{path} could not be written ({english}). Name another place.",
        f"{path} に書き込めませんでした（{japanese}）。別の場所を指定してください。",
    )
