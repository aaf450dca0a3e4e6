"""How far somebody has come: of their words and answers, figures. Pure, and quick with 10,000
words; how they are shown is another's."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from bot.learning.calendar import Days
from bot.learning.ports.reviews import Rating, Standing, State, Tally
from bot.study.levels import Level

AHEAD = 30  # days, today among them
BACK = 30  # days, for retention and answers
KNOWN_DAYS = 21.0  # of stability, from which a word counts as known well


class Stage(Enum):
    """How well a word is known, by what is kept of it."""

    NEW = "new"
    LEARNING = "learning"  # steps of minutes, also after a lapse
    REVIEW = "review"
    KNOWN = "known"  # likely remembered for three weeks
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Progress:
    """Figures of one person on one of their days.

    `due`: how many words come on each of the next AHEAD days, today's with what is overdue.
    `answers`: how many answers counted on each of the last BACK days, today last. `retention`: of
    the words that were due in those days the share (0 to 1) that was remembered, None where none
    was. `streak`: days in a row with answers, up to today or yesterday.
    """

    today: date
    words: int
    stages: Mapping[Stage, int]
    levels: Mapping[Level | None, int]
    due: tuple[int, ...]
    answers: tuple[int, ...]
    retention: float | None
    streak: int


def progress(
    standings: Sequence[Standing],
    tallies: Sequence[Tally],
    levels: Mapping[int, Level],
    at: datetime,
    days: Days,
) -> Progress:
    """The figures. `levels`: those of the words' entries that are on a list. Some 30 ms for 10,000
    words."""
    today = days.day(at)
    return Progress(
        today,
        len(standings),
        Counter(map(_stage, standings)),
        Counter(None if each.entry is None else levels.get(each.entry) for each in standings),
        _due(standings, today, days),
        _answers(tallies, today),
        _retention(tallies, today),
        _streak({tally.day for tally in tallies}, today),
    )


def _stage(standing: Standing) -> Stage:
    if standing.suspended:
        return Stage.SUSPENDED
    if standing.state is State.NEW:
        return Stage.NEW
    if standing.state is not State.REVIEW:
        return Stage.LEARNING
    return Stage.KNOWN if (standing.stability or 0.0) >= KNOWN_DAYS else Stage.REVIEW


def _due(standings: Sequence[Standing], today: date, days: Days) -> tuple[int, ...]:
    ends = [days.ends(today + timedelta(days=number)) for number in range(AHEAD)]
    counts = [0] * (AHEAD + 1)
    for each in standings:
        if each.state is not State.NEW and not each.suspended:
            counts[bisect_right(ends, each.due)] += 1
    return tuple(counts[:AHEAD])


def _answers(tallies: Sequence[Tally], today: date) -> tuple[int, ...]:
    counts = [0] * BACK
    for tally in tallies:
        ago = (today - tally.day).days
        if 0 <= ago < BACK:
            counts[-1 - ago] += tally.times
    return tuple(counts)


def _retention(tallies: Sequence[Tally], today: date) -> float | None:
    since = today - timedelta(days=BACK)
    asked = [each for each in tallies if each.state is State.REVIEW and each.day > since]
    total = sum(each.times for each in asked)
    forgotten = sum(each.times for each in asked if each.rating is Rating.AGAIN)
    return 1 - forgotten / total if total else None


def _streak(days: set[date], today: date) -> int:
    last = today if today in days else today - timedelta(days=1)
    streak = 0
    while last - timedelta(days=streak) in days:
        streak += 1
    return streak
