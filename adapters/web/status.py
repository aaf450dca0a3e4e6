"""What the bot is doing, for its administrators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Status:
    """`model`: which it is; `platforms`: those that are served, as they are called and as the core
    names them; `busy`: how many replies are written and how many wait, now."""

    model: str
    platforms: tuple[tuple[str, str], ...]
    busy: Callable[[], tuple[int, int]]
    since: datetime

    def uptime(self) -> str:
        """How long it has been running: 3:07:21."""
        seconds = int((datetime.now(UTC) - self.since).total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
