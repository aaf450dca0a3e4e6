"""docs/models.md: what becomes of every architecture, as one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.engine.language_part import KINDS
from tests.model_sweep.compare import Outcome, Result

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
HEAD = """# Which models run

Every causal architecture of transformers {version}, tried: a tiny checkpoint with random weights
in float32, four conversations at once, prompts in chunks, two of which share a beginning, then a
second turn on what the first has left in the cache.

- *equal*: greedy tokens and logits are those of `model.generate` with each prompt alone.
- *refused*: the model is not loaded, and the line says why, and to choose another model or, where
  it goes on with a text as others do, to have a server run it (`[engine] base_urls`).
- *not built*: transformers makes no such language model of a tiny configuration, or cannot run it.

Of a model that also sees (Gemma 3, Mistral Small, Qwen-VL) the language model alone is loaded, and
is equal where the whole, given text alone, answers the same.

None answers differently: where a model computes otherwise than this engine can, its first step
while it is loaded shows that. `python -m tests.model_sweep` tries them all and writes this page.

A reply with a seed is drawn by numbers of its own, whatever else is written at the time. Its logits
are not quite its own: what else is in a step changes their last digits, by less than 1e-5 of their
size in float32 and 1e-2 in 16 bits, 4-bit layers included. Beside others, 0 of 144 replies of the
built-in model at temperature 1.3 were other ones in float32, and 9 in 4 bits on a processor
(`python -m tests.seeds`).

{counts}

| architecture | | |
| --- | --- | --- |
"""
SAID = (
    "This engine cannot run the model: ",
    " Choose another model, or have a server run it and name that in [engine] base_urls.",
    " Choose another model.",
)


def page(results: Sequence[Result], version: str) -> str:
    """The whole page."""
    counted = Counter(result.outcome for result in results)
    counts = ", ".join(f"{counted[outcome]} {outcome}" for outcome in Outcome if counted[outcome])
    rows = "".join(f"| {r.variant} | {r.outcome} | {_line(r)} |\n" for r in results)
    return HEAD.format(version=version, counts=f"{len(results)} tried: {counts}.") + rows


def told(page: str) -> dict[str, str]:
    """The outcome of each architecture by a page."""
    cells = (line.split(" | ") for line in page.splitlines() if line.startswith("| "))
    return {first.removeprefix("| "): second for first, second, *_ in cells}


def _line(result: Result) -> str:
    line = result.line if result.outcome != Outcome.UNBUILT else result.line[:100]
    if result.outcome == Outcome.EQUAL and result.variant.kind in KINDS:
        line = "its language model"
    for part in SAID:
        line = line.replace(part, "")
    return " ".join(line.replace("|", "/").split()).removesuffix(".")


def failures(results: Iterable[Result]) -> list[Result]:
    """What must not be."""
    return [r for r in results if r.outcome in (Outcome.DIFFERENT, Outcome.TRACEBACK)]
