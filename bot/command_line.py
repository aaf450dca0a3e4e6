"""What the commands of `kaiwa` have in common: the settings they read, and how they speak."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.errors import BotError

if TYPE_CHECKING:
    from bot.config import Settings

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="settings file; without it the home's config.toml")
]


def read_settings(path: Path | None) -> Settings:
    """The settings; what is wrong with them ends the process with 2."""
    from bot.config import load_settings

    try:
        return load_settings(path)
    except BotError as error:
        fail(error, code=2)


def fail(error: BotError, code: int = 1) -> NoReturn:
    """Show an error on standard error and end the process."""
    print(error.both(), file=sys.stderr)
    raise SystemExit(code)


def say(text: str) -> None:
    """Show progress: standard error, so that standard output holds results only."""
    print(text, file=sys.stderr, flush=True)
