"""Everything about Japanese measured, on this machine, as `docs/study.md` quotes it.

    python -m bot.study.evaluate

Takes some minutes; needs the dictionary's file and a checkout of the source.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable

from bot.app import studying
from bot.config import load_settings
from bot.errors import BotError
from bot.study.evaluation import dictionary, forms, held, readings
from bot.study.levels import Level, above, profile
from bot.study.lexicon.dictionary import Dictionary
from bot.study.study import Study


def main() -> None:
    """Print every figure. Raises BotError where studying is not set up."""
    study = studying(load_settings())
    if (lacking := study.lacking()) is not None:
        raise lacking
    path = study.file
    assert path is not None
    parts: dict[str, Callable[[], list[str]]] = {
        "Readings": readings.report,
        "Dictionary and levels": lambda: dictionary.report(path),
        "Forms": forms.report,
        "Replies held to a level": lambda: asyncio.run(held.report(_judge(study))),
    }
    print(f"{platform.platform()}, Python {platform.python_version()}", flush=True)
    for title, report in parts.items():
        print(f"\n{title}", flush=True)
        for line in report():
            print(f"  {line.strip()}", flush=True)
    study.close()


def _judge(study: Study) -> held.Judge:
    """How many of a reply's words are above a level, and how many there are."""
    opened: Dictionary = study.dictionary

    def judge(level: str, text: str) -> tuple[int, int]:
        wanted = Level[level.upper()]
        return sum(word.count for word in above(text, wanted, opened)), profile(text, opened).total

    return judge


if __name__ == "__main__":
    try:
        main()
    except BotError as error:
        raise SystemExit(error.both()) from None
