"""What `scripts/gpu-check` runs: commands in an order, each with its limit of time.

Knows neither what they print nor what it means. The most telling come first, so that a slow
machine, on which the time ends early, still gives the figures that matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

TESTS = (
    "tests/bot/engine/test_attention.py",
    "tests/bot/engine/test_cuda.py",
    "tests/bot/engine/test_graphs.py",
    "tests/bot/engine/test_prefill_graphs.py",
    "tests/bot/engine/cuda",
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command, the folder that it runs in, and the seconds that it may take.

    Without a command it cannot be run, and `why` says so.
    """

    name: str
    arguments: tuple[str, ...] = ()
    folder: Path = Path()
    seconds: float = 60.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What is measured: a model, and how much is asked of it."""

    model: str
    channels: str
    sizes: tuple[str, ...]
    rounds: int = 3
    turns: int = 2


GPU = Load("rinna-shape", "1,4,8,16", ("--history", "256", "--reply", "48"))
TINY = Load(
    "demo",
    "1,2",
    ("--history", "8", "--preamble", "4", "--question", "3", "--reply", "3"),
    rounds=1,
    turns=1,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step went. `code` None: it did not run, or not to its end, and `why` says so."""

    step: Step
    code: int | None
    output: str
    seconds: float
    why: str = ""


Run = Callable[[Step, float], Outcome]
"""Runs a step within so many seconds."""


def plan(
    load: Load, python: str, root: Path, earlier: Path | str, cache: Path | None
) -> list[Step]:
    """The steps. `earlier`: the folder of the earlier build, or why there is none."""

    def bench(name: str, folder: Path, *more: str, channels: str = load.channels) -> Step:
        arguments = (python, "-m", "bot", "bench", "--json", "--model", load.model)
        kept = ("--cache", str(cache)) if cache else ()
        sizes = ("--channels", channels, *load.sizes, "--turns", str(load.turns))
        return Step(name, (*arguments, *kept, *sizes, *more), folder)

    def without(*parts: str) -> Step:
        """This build, with parts of it left out."""
        step = bench(f"without {' '.join(parts)}", root)
        left_out = ("tests.gpu_check.without", *parts, "--")
        return replace(step, arguments=(python, "-m", *left_out, *step.arguments[3:]))

    def before(name: str) -> Step:
        if isinstance(earlier, str):
            return Step(name, why=earlier)
        return bench(name, earlier, "--rounds", str(load.rounds))

    rounds = ("--rounds", str(load.rounds))
    few = ",".join(load.channels.split(",")[:2])  # generate answers one after the other
    model = ("--model", load.model, *(("--cache", str(cache)) if cache else ()))
    # They run on the model that is loaded, and in the new build on its products.
    peers = root if isinstance(earlier, str) else earlier
    tests = [path for path in TESTS if (root / path).exists()]
    return [
        Step("machine", (python, "-m", "tests.gpu_check.machine"), root, 40),
        Step("tests", (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests), root, 75),
        bench("new 1", root, *rounds),  # in turn, and in the opposite order, as machines drift
        before("earlier 1"),
        before("earlier 2"),
        bench("new 2", root, *rounds),
        bench("batching", peers, "--against", "batching"),
        bench("generate", peers, "--against", "generate", channels=few),
        Step(
            "profile",
            (python, "-m", "bot", "bench", "--profile", *model, "--channels", few, *load.sizes),
            root,
        ),
        without("ahead"),
        without("layers"),
    ]


def run_all(
    steps: Sequence[Step],
    run: Run,
    seconds: float,
    say: Callable[[str], None],
    now: Callable[[], float] = monotonic,
) -> list[Outcome]:
    """Run the steps one after the other, `seconds` in all; what no time is left for is skipped."""
    end = now() + seconds
    outcomes = []
    for step in steps:
        left = end - now()
        if step.why:
            outcome = Outcome(step, None, "", 0.0, step.why)
        elif left < 1:
            outcome = Outcome(step, None, "", 0.0, "no time was left")
        else:
            outcome = run(step, min(step.seconds, left))
        outcomes.append(outcome)
        how = outcome.why or ("done" if outcome.code == 0 else f"ended with {outcome.code}")
        say(f"{step.name}: {how}, {outcome.seconds:.0f} s")
    return outcomes
