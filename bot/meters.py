"""What is counted while the bot runs: plain numbers, which whoever watches it reads.

To count costs an addition, for a histogram a search among its dozen bounds besides. Labels are
words of the program's own, never ids nor anything that somebody wrote, and there is room for so
many only: what does not fit is counted as `other`. Knows not who reads it, nor in what format.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

MOST_LABELS = 200  # of one tally
OTHER = "other"

# Upper bounds, in seconds but for the speed. The last bucket of each has none.
WAITS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 35.0, 50.0, 75.0, 100.0, 200.0, 500.0)  # tokens a second
TRANSACTIONS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0)


class Tally:
    """How often what happened, by one or more labels."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[tuple[str, ...], int] = {}

    def add(self, *labels: str) -> None:
        """It happened once more."""
        counts = self.counts
        if labels not in counts and len(counts) >= MOST_LABELS:
            labels = (OTHER,) * len(labels)
        counts[labels] = counts.get(labels, 0) + 1


class Histogram:
    """How many of what was measured lie below each of some bounds."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # below each bound and above the one before it
        self.total = 0.0

    def add(self, value: float) -> None:
        """Something was measured."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class DatabaseTimes:
    """Seconds that transactions took, with their wait for a connection or the only writer."""

    def __init__(self) -> None:
        self.read = Histogram(TRANSACTIONS)
        self.write = Histogram(TRANSACTIONS)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Measure how long what is inside takes, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        histogram.add(time.perf_counter() - began)


class EngineTotals:
    """What an engine has computed since its start. `step_began`: when the step began that runs
    now, by `time.monotonic()`; None between steps, and where servers compute."""

    def __init__(self) -> None:
        self.steps = 0
        self.sequences = 0  # in all steps: divided by them, the mean batch
        self.generated = 0  # tokens
        self.prompt = 0  # tokens of the prompts of what ended
        self.cached = 0  # of these, those that were not computed again
        self.step_began: float | None = None


class Meters:
    """What the core and the adapters count. One of each process.

    `first`: seconds from a question's turn to the first words of its reply; `waits`: from the
    question to its turn. `connected`: since when events come in from a platform, in seconds since
    1970; None where they do not now.
    """

    def __init__(self) -> None:
        self.replies = Tally()  # platform, end
        self.waits = Histogram(WAITS)
        self.first = Histogram(WAITS)
        self.lengths = Histogram(WAITS)  # seconds from a reply's turn to its end
        self.speeds = Histogram(SPEEDS)
        self.commands = Tally()  # name
        self.quiz_answers = Tally()  # what became of each, and whether it was right
        self.pages = Tally()  # route, status
        self.requests = Tally()  # platform, outcome: what was asked of a platform's API
        self.log_lines = Tally()  # level
        self.losses = Tally()  # platform: how often a connection was lost
        self.connections = Tally()  # platform: how often there was one
        self.connected: dict[str, float | None] = {}

    def is_connected(self, platform: str) -> None:
        """Events come in from a platform."""
        if self.connected.get(platform) is None:
            self.connected[platform] = time.time()
            self.connections.add(platform)

    def is_lost(self, platform: str) -> None:
        """They do no more."""
        if self.connected.get(platform) is not None:
            self.losses.add(platform)
        self.connected[platform] = None
