"""`scripts/gpu-check`: everything that only a machine with a GPU can show, as one file of JSON.

CUDA's tests, the speed of an earlier build and of this one in turn, transformers' continuous
batching and `model.generate` beside it, and where the time goes. Nothing is fetched: the model
is made of random numbers. In a folder of its own it leaves figures.json, log.txt, profile.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from tests.gpu_check.earlier import COMMIT, take_out
from tests.gpu_check.figures import as_text, summary
from tests.gpu_check.steps import GPU, TINY, Outcome, Run, Step, plan, run_all

ROOT = Path(__file__).parents[2]
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
NO_GPU = 3  # exit code


def run_step(step: Step, seconds: float) -> Outcome:
    """Run a step as a process of its own."""
    began = monotonic()
    try:
        done = subprocess.run(
            step.arguments,
            cwd=step.folder,
            env=os.environ | OFFLINE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode("utf-8", "replace")
        return Outcome(step, None, output, monotonic() - began, f"took over {seconds:.0f} s")
    return Outcome(
        step, done.returncode, done.stdout.decode("utf-8", "replace"), monotonic() - began
    )


def check(options: argparse.Namespace, run: Run = run_step) -> int:
    """Run all steps, leave the files, print how it went; 0 where every step could be run."""
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="kaiwa-gpu-check-") as temporary:
        earlier = options.earlier or take_out(ROOT, Path(temporary))
        load = TINY if options.cpu else GPU
        steps = plan(load, sys.executable, ROOT, earlier, options.cache)
        left = options.seconds - (monotonic() - began)
        outcomes = run_all(steps, run, left, lambda line: print(line, flush=True))
    found = summary(outcomes)
    (out / "figures.json").write_text(json.dumps(found, indent=1), "utf-8")
    log = "\n".join(
        f"== {o.step.name}: {o.why or o.code}, {o.seconds:.1f} s\n{o.output}" for o in outcomes
    )
    (out / "log.txt").write_text(log, "utf-8")
    profiles = [o.output for o in outcomes if o.step.name == "profile"]
    (out / "profile.txt").write_text("\n".join(profiles), "utf-8")
    print(as_text(found))
    print(f"{out / 'figures.json'}: all figures; log.txt beside it: what each step printed")
    if not options.cpu and found["machine"].get("device", "cpu") == "cpu":
        return NO_GPU
    return 0 if all(outcome.code == 0 for outcome in outcomes) else 1


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser("scripts/gpu-check", description=__doc__)
    default = Path(os.environ.get("OUT") or ROOT / "build" / "gpu-check")
    parser.add_argument("--out", type=Path, default=default, help="default: $OUT, or build/…")
    parser.add_argument("--earlier", type=Path, help=f"a folder with {COMMIT}, instead of git's")
    parser.add_argument("--cache", type=Path, help="where the random model is kept")
    parser.add_argument("--seconds", type=float, default=290.0, help="in all")
    parser.add_argument("--cpu", action="store_true", help="in a tiny form, to try the script")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(check(options()))
