"""`kaiwa check`: a line for each part, as bot/check.py finds it."""

from __future__ import annotations

from typing import Any

from bot.command_line import ConfigOption


def check(config: ConfigOption = None) -> None:
    """Say of every part whether it is set up, and how to mend what is not."""
    from bot.check import run_checks

    if not all([_show(line) for line in run_checks(config)]):
        raise SystemExit(1)


def _show(line: Any) -> bool:
    print(line)
    return bool(line.good)
