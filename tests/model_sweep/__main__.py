"""Every causal architecture of the installed transformers, as a tiny random checkpoint.

    python -m tests.model_sweep [ARCHITECTURE …]

Prints for each whether this engine's replies are equal to those of `model.generate`, whether the
model is refused, and with which line, or whether it answers differently; takes minutes. Without
names it tries all and writes docs/models.md. Exit code 1 if one answers differently or ends in a
traceback.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.model_sweep.compare import Outcome
from tests.model_sweep.page import PAGE, failures, page
from tests.model_sweep.processes import tried
from tests.model_sweep.tiny_configs import all_variants


def main(names: Sequence[str]) -> int:
    """The exit code."""
    import transformers

    variants = [v for v in all_variants() if not names or v.kind in names or str(v) in names]
    results = []
    for result in tried(variants):
        results.append(result)
        print(f"{result.variant!s:28} {result.outcome:10} {result.line}".rstrip(), flush=True)
    bad = failures(results)
    equal = sum(result.outcome == Outcome.EQUAL for result in results)
    print(f"\n{len(results)} tried, {equal} equal, {len(bad)} different or with a traceback")
    if not names and not bad:
        PAGE.write_text(page(results, transformers.__version__), "utf-8")
        print(f"wrote {PAGE}")
    return 1 if bad else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m tests.model_sweep",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("architecture", nargs="*", help="a model_type, such as qwen3; default: all")
    sys.exit(main(parser.parse_args().architecture))
