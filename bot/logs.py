"""The log of `kaiwa run`: one form for all lines, on standard error or in a file.

Message text is never in it. Nothing that is logged can begin a line of its own.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from bot.config import LogSettings
from bot.errors import BotError, system_reason
from bot.meters import Tally
from bot.private import FILE_MODE, private_file, private_folder

log = logging.getLogger("kaiwa")

OURS = ("bot", "adapters", "storage", "kaiwa")
_ENDS_OF_LINES = {code: f"\\x{code:02x}" for code in (*range(32), 0x7F, 0x85, 0x2028, 0x2029)}
_ENDS_OF_LINES |= {0x0A: "\n    ", 0x0D: "\\r"}  # what follows is seen to belong to its line


def told(text: str) -> None:
    """Progress, as a line of the log; what is tried again is a warning."""
    level = logging.WARNING if "Trying again" in text else logging.INFO
    log.log(level, " / ".join(line.strip() for line in text.splitlines() if line.strip()))


class RunningLog:
    """The log while the bot runs. `lines` counts its lines by level.

    Raises BotError where the file cannot be written.
    """

    def __init__(self, settings: LogSettings, lines: Tally | None = None) -> None:
        self._file: _File | None = None
        handler: logging.Handler
        if settings.file is None:
            handler = logging.StreamHandler(sys.stderr)
        else:
            size = settings.rotate_megabytes * 2**20
            handler = self._file = _opened(Path(settings.file), size, settings.rotate_keep)
        handler.setFormatter(_Json() if settings.json else _Lines(_FORM))
        handlers = [handler] if lines is None else [handler, _Counting(lines)]
        for each in handlers:
            each.addFilter(_tidied)
        logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
        logging.captureWarnings(True)
        self.set_level(settings.level)

    def set_level(self, level: str) -> None:
        """Log our own events from this level on, and other libraries' warnings."""
        number = logging.getLevelNamesMapping()[level.upper()]
        for ours in OURS:
            logging.getLogger(ours).setLevel(number)
        logging.getLogger().setLevel(max(logging.WARNING, number))

    def reopen(self) -> None:
        """Go on in a new file, where the old one was moved away. Raises BotError, and goes on in
        the old one, where that cannot be."""
        if self._file is None:
            return
        try:
            self._file.reopen()
        except OSError as error:
            raise _cannot_write(Path(self._file.baseFilename), error) from error


_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def _tidied(record: logging.LogRecord) -> bool:
    """discord.py tells of a network that is away as of errors, with tracebacks, and mends it by
    itself: those are warnings of one line."""
    if record.name.startswith("discord") and record.exc_info:
        error = record.exc_info[1]
        short = " ".join(str(error).split())
        record.msg = f"{record.getMessage()} ({type(error).__name__}: {short})"
        record.args = record.exc_info = record.exc_text = None
        if "reconnect" in record.msg or "Retrying" in record.msg:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


class _Lines(logging.Formatter):
    """For people: time, level, where, what. Further lines of an event are indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself."""
        record.message = record.message.translate(_ENDS_OF_LINES)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """A traceback, whose error may say anything."""
        return "    " + super().formatException(ei).translate(_ENDS_OF_LINES)


class _Json(logging.Formatter):
    """For programs: an object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as JSON."""
        moment = datetime.fromtimestamp(record.created, UTC)
        told = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class _File(RotatingFileHandler):
    """A file that nobody else may read, and that may be moved away."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_APPEND | os.O_CREAT | os.O_WRONLY, FILE_MODE)
        return open(descriptor, "a", encoding="utf-8")

    def reopen(self) -> None:
        """See RunningLog."""
        assert self.lock is not None  # made with the handler
        with self.lock:
            old, self.stream = self.stream, self._open()  # which stays where that fails
            if old is not None:
                old.close()


class _Counting(logging.Handler):
    def __init__(self, lines: Tally) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record."""
        self._lines.add(record.levelname.lower())


def _opened(path: Path, size: int, keep: int) -> _File:
    try:
        private_folder(path.parent)
        private_file(path)
        return _File(path, maxBytes=size, backupCount=keep, encoding="utf-8")
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> BotError:
    english, japanese = system_reason(error)
    return BotError(
        f"The log {path} cannot be written ({english}). Set another [log] file, or none.",
        f"ログ {path} に書き込めません（{japanese}）。[log] の file を別のファイルにするか、"
        "消してください。",
    )
