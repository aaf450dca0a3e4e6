"""Results as text and as JSON. The tables are Markdown, so that they can be kept as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from bot.bench.overhead import Overhead
from bot.bench.results import FIGURES, KAIWA, Case, Results
from bot.bench.targets import Target, targets

HEADS = ("first token s", "turn s", "decode tok/s", "cold first s", "cold turn s", "prefill tok/s")


def text(results: Results, *, with_targets: bool) -> str:
    """Everything, for people."""
    loading = results.loading
    lines = [
        f"{results.model} on {results.device}",
        f"loaded in {loading.seconds:.1f} s; memory {loading.memory / 1e9:.3f} GB, "
        f"{loading.ratio:.2f} × its weights ({loading.weights / 1e9:.3f} GB)",
        "",
        *table(["channels", "history", "party", *HEADS], _figures(results.cases)),
        "",
        "event loop's lag, ms",
        *table(["channels", "history", "party", "median", "p99", "worst"], _lags(results.cases)),
    ]
    if ratios := list(_ratios(results.cases)):
        lines += ["", "Kaiwa over each peer (times: below 1 is faster; tok/s: above 1 is faster)"]
        lines += table(["channels", "history", "over", *HEADS], ratios)
    if results.overhead:
        lines += ["", overhead_text(results.overhead)]
    if with_targets:
        lines += ["", "targets", *table(["", "target", "measured", "bound"], _rows(results))]
    lines += ["", *results.failures] if results.failures else []
    return "\n".join(lines)


def overhead_text(overhead: Overhead) -> str:
    """One line."""
    return (
        f"a turn without the model, {overhead.messages:,} stored messages: median "
        f"{overhead.median * 1e3:.1f} ms, 99th percentile {overhead.p99 * 1e3:.1f} ms "
        f"({overhead.turns} turns)"
    )


def as_json(results: Results) -> str:
    """Everything, for programs: one line."""
    loading = results.loading
    return json.dumps(
        {
            "model": results.model,
            "device": results.device,
            "loading": asdict(loading) | {"ratio": loading.ratio},
            "overhead": asdict(results.overhead) if results.overhead else None,
            "cases": [_case(case) for case in results.cases],
            "targets": [asdict(target) | {"met": target.met} for target in targets(results)],
            "failures": list(results.failures),
        },
        ensure_ascii=False,
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table whose columns are aligned."""
    cells = [list(heads), *map(list, rows)]
    widths = [max(3, *(len(row[n]) for row in cells)) for n in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        return "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"

    return [line(cells[0]), line(["-" * width for width in widths]), *map(line, cells[1:])]


def _parties(cases: Sequence[Case]) -> Iterator[tuple[Case, str, list[str]]]:
    for case in cases:
        for party, runs in case.runs.items():
            if runs:
                yield case, party, [str(case.work.channels), str(case.work.history), party]


def _figures(cases: Sequence[Case]) -> list[list[str]]:
    return [
        begin + [_short(case.figure(party, name)) for name in FIGURES]
        for case, party, begin in _parties(cases)
    ]


def _lags(cases: Sequence[Case]) -> list[list[str]]:
    return [
        begin + [f"{value * 1e3:.2f}" for value in (lag.median, lag.p99, lag.worst)]
        for case, party, begin in _parties(cases)
        if (lag := case.lag(party))
    ]


def _ratios(cases: Sequence[Case]) -> Iterator[list[str]]:
    for case, party, begin in _parties(cases):
        if party != KAIWA and case.runs.get(KAIWA):
            yield begin + [_short(case.ratio(party, name)) for name in FIGURES]


def _rows(results: Results) -> list[list[str]]:
    return [
        [_MARKS[target.met], target.text, _measured(target), _bound(target)]
        for target in targets(results)
    ]


_MARKS = {True: "met", False: "NOT MET", None: "–"}


def _measured(target: Target) -> str:
    return f"not measured: {target.why}" if target.value is None else _short(target.value)


def _bound(target: Target) -> str:
    return f"{'at most' if target.at_most else 'at least'} {target.bound:g}"


def _case(case: Case) -> dict[str, object]:
    parties = {}
    for _, party, _ in _parties([case]):
        figures: dict[str, object] = {name: case.figure(party, name) for name in FIGURES}
        if lag := case.lag(party):
            figures["lag"] = asdict(lag)
        if party != KAIWA:
            figures["kaiwa_over_it"] = {name: case.ratio(party, name) for name in FIGURES}
        figures["runs"] = [asdict(run) for run in case.runs[party]]
        parties[party] = figures
    return {"work": asdict(case.work), "parties": parties}


def _short(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
