"""`scripts/gpu-check`, as far as a machine without a GPU can show it."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.bot.commands import Result
from tests.gpu_check.__main__ import check, options, run_step
from tests.gpu_check.earlier import take_out
from tests.gpu_check.figures import last_json, memory_share, merged, ratios, summary
from tests.gpu_check.steps import TINY, Outcome, Step, plan, run_all
from tests.gpu_check.without import PARTS
from tests.gpu_check.without import run as run_without


def bench(decode: float, first: float, channels: int = 1) -> str:
    """A line as `kaiwa bench --json` prints it, with one party."""
    figures = {"decode": decode, "prefill": 10 * decode, "first_token": first, "turn": 1.0}
    case = {"work": {"channels": channels}, "parties": {"kaiwa": figures}}
    return json.dumps({"loading": {"weights": 2.0e9}, "cases": [case]})


def outcome(name: str, output: str, code: int | None = 0) -> Outcome:
    """A step that printed this."""
    return Outcome(Step(name), code, output, 1.0)


def test_builds_are_measured_in_turn_and_in_both_orders(tmp_path: Path) -> None:
    """A machine that grows slower does not always do so for the same one."""
    steps = plan(TINY, "python", tmp_path, tmp_path / "earlier", None)
    names = [step.name for step in steps]
    assert names[2:6] == ["new 1", "earlier 1", "earlier 2", "new 2"]
    folders = [step.folder for step in steps[2:6]]
    assert folders == [tmp_path, tmp_path / "earlier", tmp_path / "earlier", tmp_path]
    assert len({step.arguments for step in steps[2:6]}) == 1  # the same work


def test_without_git_history_the_earlier_build_is_skipped_with_a_word(tmp_path: Path) -> None:
    """The copy on a machine with a GPU may have none."""
    reason = take_out(tmp_path, tmp_path / "into")
    assert isinstance(reason, str) and "no git history" in reason
    ran = []

    def run(step: Step, seconds: float) -> Outcome:
        ran.append(step.name)
        return outcome(step.name, "")

    outcomes = run_all(plan(TINY, "python", tmp_path, reason, None), run, 100.0, lambda line: None)
    assert "earlier 1" not in ran and "new 2" in ran
    assert {each.why for each in outcomes if each.step.name.startswith("earlier")} == {reason}


def test_a_build_is_taken_out_of_git_as_it_was(tmp_path: Path) -> None:
    """Without what was changed since, or is not committed."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_text("then", "utf-8")
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    for command in (("init", "-q"), ("add", "file"), (*who, "commit", "-qm", "then")):
        subprocess.run(["git", *command], cwd=root, check=True)
    (root / "file").write_text("now", "utf-8")
    folder = take_out(root, tmp_path / "into", "HEAD")
    assert isinstance(folder, Path) and (folder / "file").read_text("utf-8") == "then"


def test_what_no_time_is_left_for_is_not_begun() -> None:
    """And each step may only take what is left."""
    clock = [0.0]
    limits = []

    def run(step: Step, seconds: float) -> Outcome:
        limits.append(seconds)
        clock[0] += 50
        return outcome(step.name, "")

    steps = [Step(str(n), ("x",)) for n in range(4)]
    outcomes = run_all(steps, run, 120.0, lambda line: None, lambda: clock[0])
    assert limits == [60.0, 60.0, 20.0]
    assert outcomes[3].code is None and outcomes[3].why == "no time was left"


def test_a_step_that_takes_too_long_is_ended_and_its_output_kept(tmp_path: Path) -> None:
    """A real process."""
    slow = "import time; print('begun', flush=True); time.sleep(60)"
    late = run_step(Step("slow", (sys.executable, "-Sc", slow), tmp_path), 1.5)
    assert late.code is None and late.why == "took over 2 s" and late.output == "begun\n"
    done = run_step(Step("ends", (sys.executable, "-Sc", "raise SystemExit(7)"), tmp_path), 30.0)
    assert (done.code, done.why) == (7, "")


def test_figures_are_medians_over_runs_and_held_against_the_targets() -> None:
    """The new build over the earlier one, each of two runs."""
    outcomes = [
        outcome("machine", json.dumps({"device": "card", "copied_bytes_per_second": 4.0e12})),
        outcome("new 1", "a warning\n" + bench(400, 0.03)),
        outcome("earlier 1", bench(180, 0.1)),
        outcome("earlier 2", bench(220, 0.1)),
        outcome("new 2", bench(800, 0.05)),
        outcome("batching", "a traceback", code=1),
    ]
    found = summary(outcomes)
    assert found["new"]["1"]["decode"] == 600 and found["earlier"]["1"]["decode"] == 200
    assert found["new_over_earlier"]["1"]["decode"] == 3
    targets = {target["text"]: target for target in found["targets"]}
    first = targets["first_token, 1 channels, over the earlier build"]
    assert first["met"] is True and round(first["value"], 2) == 0.4
    assert targets["prefill, 1 channels, over the earlier build"]["met"] is True
    assert targets["decode, 4 channels, over the earlier build"]["met"] is None
    assert targets["decode of 1 channel over the limit of memory"]["met"] is False
    assert found["new_over_batching"] == {} and found["steps"][-1]["code"] == 1


def test_the_same_build_is_measured_with_parts_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same work; every part that can be named is there to be left out."""
    steps = {step.name: step for step in plan(TINY, "python", tmp_path, "none", None)}
    left_out = steps["without layers"].arguments
    assert left_out[:5] == ("python", "-m", "tests.gpu_check.without", "layers", "--")
    same = steps["batching"].arguments[3:-2]
    assert left_out[5:] == same
    monkeypatch.setattr(sys, "argv", ["kaiwa"])
    ran: list[list[str]] = []

    def command() -> None:
        ran.append(sys.argv[1:])
        assert all(pkgutil.resolve_name(name) is nothing for name, nothing in PARTS.values())

    try:
        run_without([*PARTS, "--", "bench", "--json"], command)
    finally:
        patch.stopall()
    assert ran == [["bench", "--json"]]
    both = [outcome("new 1", bench(400, 0.03)), outcome("without layers", bench(200, 0.06))]
    assert summary(both)["new_over_without"]["layers"]["1"]["decode"] == 2


def test_memory_s_limit_counts_what_a_step_reads() -> None:
    """All weights but the embedding, of which it reads one row; nothing of another model."""
    new = {"1": {"decode": 500.0}}
    share = memory_share(new, 2.369e9, 4.0e12)
    assert share is not None and round(share, 3) == 0.25
    assert memory_share(new, 1e6, 4.0e12) is None and memory_share({}, 2.4e9, 4.0e12) is None
    assert last_json("no {json}\n{broken") is None
    assert ratios({"1": {"decode": 2.0}}, {"2": {"decode": 1.0}}) == {} == merged([], "kaiwa")


def test_the_whole_of_it_in_its_tiny_form(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """The bench is the real one, in this process; the others are not run."""

    def run(step: Step, seconds: float) -> Outcome:
        if step.name != "new 1":
            return replace(outcome(step.name, "", code=None), step=step, why="not run here")
        result = kaiwa(*step.arguments[3:])
        return Outcome(step, result.code, result.out, 0.0)

    assert check(options(["--cpu", "--out", str(tmp_path), "--earlier", str(tmp_path)]), run) == 1
    found = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert set(found["new"]) == {"1", "2"} and found["new"]["2"]["decode"] > 0
    log = (tmp_path / "log.txt").read_text("utf-8")
    assert "== new 1: 0" in log and "== batching: not run here" in log
