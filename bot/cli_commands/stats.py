"""`kaiwa stats`: what the bot does, and what is stored."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command_line import ConfigOption, read_settings

if TYPE_CHECKING:
    from bot.config import Settings

PAUSE = 2.0  # seconds between looks


def stats(
    watch: Annotated[bool, typer.Option("--watch", help="look every 2 s, until Ctrl-C")] = False,
    config: ConfigOption = None,
) -> None:
    """Show what the bot does now, and what is stored."""
    settings = read_settings(config)
    with suppress(KeyboardInterrupt):
        while True:
            lines = _lines(settings)
            if watch and sys.stdout.isatty():
                print("\x1b[H\x1b[2J", end="")
            print("\n".join(lines), flush=True)
            if not watch:
                return
            time.sleep(PAUSE)


def _lines(settings: Settings) -> list[str]:
    from bot.stats import now, stored

    return [*now(settings), *asyncio.run(stored(settings))]
