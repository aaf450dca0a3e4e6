"""What is promised about learning, measured on this machine.

python -m bot.learning.evaluate [answers] [reviews]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from bot.errors import BotError
from bot.learning.evaluation import judging, reviews

PARTS: dict[str, Callable[[], list[str]]] = {
    "answers": judging.report,
    "reviews": reviews.report,
}


def main(chosen: Sequence[str]) -> None:
    """Print the figures of some parts, or of all."""
    for name in chosen or PARTS:
        print(name)
        for line in PARTS[name]():
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(PARTS):
        raise SystemExit(f"{', '.join(unknown)}: no part of {', '.join(PARTS)}")
    try:
        main(sys.argv[1:])
    except BotError as error:
        raise SystemExit(error.both()) from None
