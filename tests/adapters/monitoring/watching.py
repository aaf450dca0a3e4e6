"""A bot of which everything is watched."""

from __future__ import annotations

from adapters.monitoring.watched import Database, Engine, Watched
from bot.errors import BotError
from bot.meters import DatabaseTimes, EngineTotals, Meters


class Bot:
    """What a test changes about it."""

    def __init__(self) -> None:
        self.ended = False
        self.broken = False
        self.watched = Watched(Meters(), {"version": "1.2"})
        self.watched.engine = Engine(
            EngineTotals(), lambda: (2, 5), lambda: 100, lambda: self.ended
        )
        self.watched.database = Database(DatabaseTimes(), self._ping)
        self.watched.meters.is_connected("discord")

    async def _ping(self) -> None:
        if self.broken:
            raise BotError("The database is away.", "データベースが見つかりません。")


def whole() -> Watched:
    """One in which something of each kind was counted."""
    watched = Bot().watched
    meters = watched.meters
    for tally, labels in (
        (meters.replies, ("discord", "end")),
        (meters.commands, ("help",)),
        (meters.quiz_answers, ("counted", "right")),
        (meters.pages, ("/chat", "200")),
        (meters.requests, ("discord", "ok")),
        (meters.log_lines, ("warning",)),
    ):
        tally.add(*labels)
    meters.is_lost("discord")
    meters.is_connected("discord")
    assert watched.database is not None
    watched.database.times.read.add(0.002)
    return watched
