"""What was measured of the whole bot, as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from statistics import mean

from bot.bench.report import table
from bot.bench.system.size import Growth
from bot.bench.system.whole import Load, Measured

_LOADS = ["database", "processes", "load", "turns/s", "a process", "CPU ms a turn"]
_TIMES = ["first words ms", "p99", "whole reply ms", "p99", "lag p99 ms", "MB"]
_SIZES = ["seconds", "large", "small", "ratio", "bound"]
MOST_MEMORY = 1.2  # times that of a process which knows hardly any conversation


def text(measured: Measured) -> str:
    """Everything, for people."""
    lines = [
        f"{measured.messages:,} messages in {measured.conversations:,} conversations; times are "
        "what the bot adds to the engine's",
        "",
        *table([*_LOADS, *_TIMES], list(_loads(measured))),
    ]
    if measured.growth is not None:
        lines += ["", *table(_SIZES, list(_sizes(measured.growth)))]
    if (memory := measured.memory) is not None:
        before, after = memory["before"], memory["after"]
        new = measured.asked - memory["known"]
        lines += [
            "",
            f"memory: {before / 1e6:.1f} MB with {memory['known']} conversations, "
            f"{after / 1e6:.1f} MB after a turn in each of {measured.asked:,}: "
            f"{after / before:.2f} ×, {(after - before) / max(1, new) / 1e3:.2f} kB each "
            f"(at most {MOST_MEMORY} ×)",
        ]
    return "\n".join(lines)


def as_json(measured: Measured) -> str:
    """Everything, for programs: one line."""
    return json.dumps({"system": asdict(measured)}, ensure_ascii=False)


def _loads(measured: Measured) -> Iterator[list[str]]:
    for load in measured.loads:
        yield _load(load, "full")
        yield _load(load, "half")


def _load(load: Load, kind: str) -> list[str]:
    """One row: sums of all processes, and the worst of their times."""
    figures = [process[kind] for process in load.processes]
    rate = sum(figure["rate"] for figure in figures)
    times = [
        f"{max(figure[name][which] for figure in figures) * 1e3:.0f}"
        for name in ("first", "whole")
        for which in (0, 1)
    ]
    return [
        load.database,
        str(len(figures)),
        kind,
        f"{rate:.1f}",
        f"{rate / len(figures):.1f}",
        f"{mean(figure['cpu'] for figure in figures) * 1e3:.2f}",
        *times,
        f"{max(figure['lag']['p99'] for figure in figures) * 1e3:.1f}",
        f"{max(process['resident'] for process in load.processes) / 1e6:.0f}",
    ]


def _sizes(growth: Growth) -> Iterator[list[str]]:
    start, taken_up, new, old = growth.start, growth.take_up, growth.new_turn, growth.old_turn
    yield ["a start", *_pair(start), "at most 1 s more"]
    yield ["taking up what was left", *_pair(taken_up), "at most 2 s"]
    yield ["a turn, new conversation", *_pair(new), "at most 1.3 ×"]
    yield ["a turn, old conversation", *_pair(old), "at most 1.3 ×"]


def _pair(seconds: tuple[float, float]) -> list[str]:
    large, small = seconds
    return [f"{large:.4f}", f"{small:.4f}", f"{large / small:.2f}"]
