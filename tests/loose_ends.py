"""What Python and asyncio say of work that was begun and left: no log may have such a line."""

from __future__ import annotations

import logging

SAID = ("was never awaited", "was never retrieved", "Task was destroyed but it is pending")


def loose_ends(text: str) -> list[str]:
    """The lines of a log, or of a process's standard error, that tell of work that was left."""
    return [line for line in text.splitlines() if any(said in line for said in SAID)]


class LooseEnds(logging.Handler):
    """Notes such records of asyncio's logger, until they are taken."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._noted: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """A record is written."""
        text = record.getMessage()
        if loose_ends(text):
            self._noted.append(text)

    def take(self) -> list[str]:
        """What was noted since the last time."""
        noted, self._noted = self._noted, []
        return noted


LOOSE_ENDS = LooseEnds()  # asyncio's, in this process: see tests/conftest.py
