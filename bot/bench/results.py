"""What was measured, and the figures made of it: medians over turns and rounds.

Machines are noisy, so a ratio is taken round by round, between runs that followed each other,
and then the median of those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bot.bench.loading import Loading
from bot.bench.measure import Lag, Run
from bot.bench.overhead import Overhead
from bot.bench.workload import Workload

KAIWA = "kaiwa"

FIGURES: Mapping[str, Callable[[Run], float]] = {  # of one run; seconds, or tokens a second
    "first_token": lambda run: median(turn.first_token for turn in run.turns),
    "turn": lambda run: median(turn.whole for turn in run.turns),
    "decode": lambda run: median(turn.decode for turn in run.turns),
    "cold_first_token": lambda run: run.cold.first_token,
    "cold_turn": lambda run: run.cold.whole,
    "prefill": lambda run: run.cold.prefill,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One workload, and each party's runs of it, round by round. A party that failed has none."""

    work: Workload
    runs: Mapping[str, Sequence[Run]]
    in_process: frozenset[str]

    def figure(self, party: str, name: str) -> float | None:
        """One of FIGURES for a party: the median over rounds. None where it did not run."""
        runs = self.runs.get(party)
        return median(map(FIGURES[name], runs)) if runs else None

    def ratio(self, peer: str, name: str) -> float | None:
        """Kaiwa's figure over a peer's."""
        mine, theirs = self.runs.get(KAIWA), self.runs.get(peer)
        if not mine or not theirs:
            return None
        pairs = zip(map(FIGURES[name], mine), map(FIGURES[name], theirs), strict=False)
        ratios = [a / b for a, b in pairs if b]
        return median(ratios) if ratios else None

    def lag(self, party: str) -> Lag | None:
        """The event loop's lag while a party of this process ran: the worst round."""
        runs = self.runs.get(party)
        if not runs or party not in self.in_process:
            return None
        return max((run.lag for run in runs), key=lambda lag: lag.p99)


@dataclass(frozen=True, slots=True)
class Results:
    """A whole `kaiwa bench`. `failures`: parties that failed, and why."""

    model: str
    device: str
    cases: Sequence[Case]
    failures: Sequence[str]
    loading: Loading
    overhead: Overhead | None = None
    llama_cpp: str | None = None  # the party that is llama.cpp's server

    def case(self, channels: int, history: int | None = None) -> Case | None:
        """The first case with so many channels (and so long a history)."""
        for case in self.cases:
            if case.work.channels == channels and history in (None, case.work.history):
                return case
        return None
