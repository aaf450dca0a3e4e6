"""From what the steps of `scripts/gpu-check` printed to figures, and which targets they meet.

The targets hold for rinna's shape on a card of an H200's kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.gpu_check.steps import Outcome

EMBEDDING = 65_536 * 2_816 * 2  # bytes of rinna's shape of which a step reads a few rows alone
SHOWN = ("decode", "prefill", "first_token", "turn")
OVER_EARLIER = {  # figure, channels -> the bound of new over earlier
    ("decode", 1): 2.5,
    ("decode", 4): 3.5,
    ("decode", 8): 3.5,
    ("decode", 16): 3.0,
    **{("prefill", channels): 3.0 for channels in (1, 4, 8, 16)},
    **{("first_token", channels): 0.4 for channels in (1, 4, 8, 16)},
}


@dataclass(frozen=True, slots=True)
class Target:
    """A figure beside its bound; `value` and `met` are None where it was not measured."""

    text: str
    value: float | None
    bound: float
    met: bool | None


Figures = dict[str, dict[str, float]]
"""Channels -> figure -> value."""


def last_json(output: str) -> dict[str, Any] | None:
    """The last line of an output, where it is an object of JSON."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                found: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            return found
    return None


def merged(benches: Sequence[Mapping[str, Any]], party: str) -> Figures:
    """The median over several runs of `kaiwa bench`, by channels."""
    values: dict[str, dict[str, list[float]]] = {}
    for bench in benches:
        for case in bench["cases"]:
            figures = case["parties"].get(party)
            if figures is None:
                continue
            of_case = values.setdefault(str(case["work"]["channels"]), {})
            for name in SHOWN:
                if figures.get(name) is not None:
                    of_case.setdefault(name, []).append(figures[name])
    return {
        channels: {name: median(each) for name, each in of_case.items()}
        for channels, of_case in values.items()
    }


def ratios(mine: Figures, theirs: Figures) -> Figures:
    """One's figures over another's, where both have them."""
    return {
        channels: {
            name: value / theirs[channels][name]
            for name, value in figures.items()
            if theirs.get(channels, {}).get(name)
        }
        for channels, figures in mine.items()
        if channels in theirs
    }


def memory_share(new: Figures, weights: float | None, bandwidth: float | None) -> float | None:
    """One channel's decoding over what reading every weight once a token would allow.

    `weights`: bytes of the model's files. Only of rinna's shape, whose embedding is known.
    """
    speed = new.get("1", {}).get("decode")
    if not speed or not bandwidth or not weights or weights < 2 * EMBEDDING:
        return None
    return speed * (weights - EMBEDDING) / bandwidth


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Everything, for the one file of JSON."""
    printed = {
        outcome.step.name: found
        for outcome in outcomes
        if outcome.code == 0 and (found := last_json(outcome.output))
    }
    builds = {
        build: [found for name, found in printed.items() if name.split()[0] == build]
        for build in ("new", "earlier")
    }
    new, earlier = (merged(builds[build], "kaiwa") for build in ("new", "earlier"))
    batching = merged([printed[name] for name in printed if name == "batching"], "batching")
    generate = merged([printed[name] for name in printed if name == "generate"], "generate")
    machine = printed.get("machine", {})
    without = {
        name.removeprefix("without "): merged([found], "kaiwa")
        for name, found in printed.items()
        if name.startswith("without ")
    }
    over = ratios(new, earlier)
    weights = builds["new"][0]["loading"]["weights"] if builds["new"] else None
    share = memory_share(new, weights, machine.get("copied_bytes_per_second"))
    return {
        "machine": machine,
        "steps": [
            {"name": o.step.name, "code": o.code, "seconds": round(o.seconds, 1), "why": o.why}
            for o in outcomes
        ],
        "new": new,
        "earlier": earlier,
        "without": without,
        "new_over_without": {part: ratios(new, figures) for part, figures in without.items()},
        "batching": batching,
        "generate": generate,
        "new_over_earlier": over,
        "new_over_batching": ratios(new, batching),
        "new_over_generate": ratios(new, generate),
        "targets": [asdict(target) for target in _targets(over, ratios(new, batching), share)],
        "runs": printed,
    }


def _targets(over: Figures, over_batching: Figures, share: float | None) -> Iterable[Target]:
    for (name, channels), bound in OVER_EARLIER.items():
        value = over.get(str(channels), {}).get(name)
        less = name == "first_token"
        text = f"{name}, {channels} channels, over the earlier build"
        yield _target(text, value, bound, less)
    for count, figures in over_batching.items():
        text = f"prefill, {count} channels, over continuous batching"
        yield _target(text, figures.get("prefill"), 1.0)
    yield _target("decode of 1 channel over the limit of memory", share, 0.25)


def _target(text: str, value: float | None, bound: float, less: bool = False) -> Target:
    if value is None:
        return Target(text, None, bound, None)
    return Target(text, value, bound, value <= bound if less else value >= bound)


def as_text(found: Mapping[str, Any]) -> str:
    """The targets, a line each; without a GPU they say nothing."""
    if found["machine"].get("device", "cpu") == "cpu":
        return "no CUDA device: the targets are not looked at"
    marks = {True: "met", False: "NOT MET", None: "not measured"}
    lines = [f"{found['machine'].get('device', 'unknown device')}"]
    for target in found["targets"]:
        value = "–" if target["value"] is None else f"{target['value']:.2f}"
        lines.append(f"{marks[target['met']]}: {target['text']}: {value} (bound {target['bound']})")
    return "\n".join(lines)
