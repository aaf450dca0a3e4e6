"""What the log has of a database that fails while the bot runs: once, not for each message that it
did not take or each time that it is tried again, and once more when it works again."""

from __future__ import annotations

import logging
from time import monotonic

log = logging.getLogger(__name__)

REMIND_SECONDS = 300.0


class Trouble:
    """One database's, or one connection's. `again`: what the log has when it is over."""

    def __init__(self, again: str = "the database works again", level: int = logging.ERROR) -> None:
        self._again = again
        self._level = level
        self._told: dict[str, float] = {}  # since when the log has each problem

    def began(self, problem: str) -> None:
        """Something was not written or read, and what is to be done about that."""
        told, now = self._told.get(problem), monotonic()
        if told is None or now - told > REMIND_SECONDS:
            self._told[problem] = now
            log.log(self._level, "%s", problem)

    def over(self) -> None:
        """It went well."""
        if self._told:
            self._told.clear()
            log.info("%s", self._again)
