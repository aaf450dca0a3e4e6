"""What all replies of a cell come to, and in which order cells are offered.

The order is by what can be counted, and is a beginning: which replies are good, people say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from bot.explore.grid import Cell
from bot.explore.measures import japanese_share, repetition, variety
from bot.explore.running import Reply
from bot.messages import FinishReason
from bot.study.levels import Level, Profile

STEP = 0.1  # of repetition, below which a difference is chance
LOOPS = 0.4  # a reply of which more is repeated goes round in circles
HOLDS = 0.9  # of a text's words, of which as many are known it is of a level

Judge = Callable[[str], Profile]


@dataclass(frozen=True, slots=True)
class Flaws:
    """How many replies failed, said nothing, went round in circles, or were cut at the limit."""

    failed: int = 0
    blank: int = 0
    loops: int = 0
    cut: int = 0

    @property
    def all(self) -> int:
        """Together."""
        return self.failed + self.blank + self.loops + self.cut


@dataclass(frozen=True, slots=True)
class Summary:
    """A cell's figures: means over its replies, shares from 0 to 1.

    `characters`: of a reply; `speed`: tokens a second of one reply. `levels`: the share of words
    of each level and easier ones among those that are listed; None where nobody can tell.
    """

    cell: Cell
    replies: tuple[Reply, ...]
    flaws: Flaws
    repetition: float
    variety: float
    characters: float
    japanese: float
    speed: float | None
    levels: Mapping[Level, float] | None = None

    @property
    def level(self) -> Level | None:
        """The easiest level that holds nearly all words; None where nobody can tell."""
        known = self.levels or {}
        return next((level for level in known if known[level] >= HOLDS), None)


def flaw(reply: Reply) -> str:
    """The name of what is wrong with it at first sight, as in `Flaws`; empty where nothing is."""
    if reply.reason is None:
        return "failed"
    if not reply.text:
        return "blank"
    if repetition(reply.text) > LOOPS:
        return "loops"
    return "cut" if reply.reason is FinishReason.LENGTH else ""


def summary(cell: Cell, replies: Sequence[Reply], judge: Judge | None) -> Summary:
    """Its figures. `judge` knows the words' levels."""
    mine = tuple(reply for reply in replies if reply.cell == cell.number)
    flawed = [flaw(reply) for reply in mine]
    texts = [reply.text for reply in mine if reply.text]
    speeds = [speed for reply in mine if (speed := reply.speed) is not None]
    counts = {name: flawed.count(name) for name in ("failed", "blank", "loops", "cut")}
    return Summary(
        cell,
        mine,
        Flaws(**counts),
        repetition=_mean([repetition(text) for text in texts]),
        variety=variety(texts),
        characters=_mean([len(text) for text in texts]),
        japanese=_mean([japanese_share(text) for text in texts]),
        speed=fmean(speeds) if speeds else None,
        levels=None if judge is None else _levels([judge(text) for text in texts]),
    )


def ranked(summaries: Sequence[Summary], level: Level | None = None) -> list[Summary]:
    """The best first: the fewest flawed replies, then, where a level is asked for, the fewest
    words above it, then the least repetition, then the settings as they are now."""

    def worse(found: Summary) -> tuple[float, ...]:
        known = 1.0 if level is None or not found.levels else found.levels[level]
        flawed = found.flaws.all / max(1, len(found.replies))
        return (flawed, -known, int(found.repetition / STEP), not found.cell.now, found.cell.number)

    return sorted(summaries, key=worse)


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def _levels(profiles: Sequence[Profile]) -> Mapping[Level, float] | None:
    """None where no reply has a listed word."""
    counts = dict.fromkeys(Level, 0)
    for profile in profiles:
        for word in profile.words:
            if word.level is not None:
                counts[word.level] += word.count
    total = sum(counts.values())
    if not total:
        return None
    return {
        level: sum(counts[easier] for easier in Level if easier <= level) / total for level in Level
    }
