"""Figures, ratios and targets of runs whose times are known."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.bench import report
from bot.bench.loading import Loading
from bot.bench.measure import Lag, Run, Turn
from bot.bench.overhead import Overhead, overhead
from bot.bench.results import Case, Results
from bot.bench.targets import targets
from bot.bench.workload import Workload


def run(decode: float, first: float = 1.0, whole: float = 4.0) -> Run:
    """A run with one follow-up turn."""
    turn = Turn(first, whole, 100.0, decode)
    return Run(turn, (turn,), Lag(0.001, 0.002, 0.003))


FOUR = Case(
    Workload(channels=4),
    {
        "kaiwa": [run(40, first=0.6), run(20, first=0.6)],
        "llama": [run(20), run(15)],
        "generate": [run(10, whole=20.0)],
    },
    frozenset({"kaiwa", "generate"}),
)
RESULTS = Results("m", "cpu", [FOUR], ["x failed"], Loading(3.0, 120, 100), llama_cpp="llama")


def test_ratios_are_taken_round_by_round() -> None:
    """40 / 20 and 20 / 15: the median of the ratios, not of the speeds."""
    assert FOUR.figure("kaiwa", "decode") == 30
    assert FOUR.ratio("llama", "decode") == (2 + 20 / 15) / 2
    assert FOUR.ratio("absent", "decode") is None


def test_targets_are_met_missed_or_not_measured() -> None:
    """Each says which, and why where nothing was measured."""
    found = {target.key: target for target in targets(RESULTS)}
    assert found["decode_4"].met is True and found["first_token_4"].met is True
    assert found["turn_4_generate"].value == 4.0 / 20.0
    assert found["memory"].value == 1.2 and found["memory"].met is False
    assert found["prefill_4"].met is False  # equal is not 1.1 times
    assert found["decode_8"].met is None and "8 channels" in found["decode_8"].why
    assert found["long_history"].met is None and found["overhead_ms"].met is None
    none = {t.key: t for t in targets(replace(RESULTS, llama_cpp=None))}
    assert "no llama.cpp" in none["decode_4"].why


def test_text_and_json_tell_the_same() -> None:
    """Tables for people; for programs one line."""
    results = replace(RESULTS, overhead=Overhead(100_000, 200, 0.004, 0.009))
    text = report.text(results, with_targets=True)
    for words in ("NOT MET", "not measured: ", "1.67", "x failed", "median 4.0 ms", "2.00"):
        assert words in text
    line = report.as_json(results)
    assert "\n" not in line
    data = json.loads(line)
    (case,) = data["cases"]
    assert case["parties"]["llama"]["kaiwa_over_it"]["decode"] == FOUR.ratio("llama", "decode")
    assert "lag" in case["parties"]["generate"] and "lag" not in case["parties"]["llama"]


async def test_the_bot_alone_is_measured_over_stored_messages() -> None:
    """A small database does here."""
    measured = await overhead(messages=400, turns=3)
    assert measured.turns == 3 and 0 < measured.median <= measured.p99
