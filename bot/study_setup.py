"""`kaiwa study`: making the dictionary's file, and offering that where there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command_line import ConfigOption, read_settings, say
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.study.study import Study

study = typer.Typer(help="Dictionary, readings and levels of Japanese.", no_args_is_help=True)


@study.callback()
def _study() -> None:
    """A group, however many commands it has."""


@study.command()
def setup(
    jmdict: Annotated[Path | None, typer.Option(help="a newer JMdict file (.xml or .gz)")] = None,
    kanjidic: Annotated[Path | None, typer.Option(help="a newer KANJIDIC2 file")] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="only where the file is not there yet")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Make the dictionary's file, once, from the installed packages or newer files."""
    from bot.app import studying

    made = studying(read_settings(config))
    if not (missing and made.is_set_up):
        set_up(made, jmdict, kanjidic)


def set_up(study: Study, jmdict: Path | None = None, kanjidic: Path | None = None) -> None:
    """Make the file and say how far it is. Raises BotError."""
    if not study.installed:
        raise BotError(
            "Studying needs more packages. Install them with: pip install 'kaiwa[study]'",
            "学習機能には追加のパッケージが必要です：pip install 'kaiwa[study]'",
        )
    from bot.study.building.build import build
    from bot.study.reading import pronunciation

    assert study.file is not None
    shown = _Shown()
    build(study.file, shown, jmdict=jmdict, kanjidic=kanjidic)
    pronunciation.prepare(lambda folder: shown(f"Unpacking readings into {folder}", 1.0))
    shown.end()
    say(f"✓ {study.file} ({study.file.stat().st_size / 1e6:.0f} MB)")


def offer(settings: Settings) -> None:
    """Where studying is installed and nothing is set up, ask at a terminal whether to do it now."""
    from bot.app import studying

    made = studying(settings)
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    if not asks or not made.installed or made.is_set_up:
        return
    say(
        "辞書と読みがなを使えるようにしますか（1分、約100 MB）。\n"
        "Set up dictionary and readings now? It takes a minute and 100 MB. [Y/n]"
    )
    try:
        answer = input()
    except EOFError:
        answer = "n"
    if answer.strip().lower() in ("", "y", "yes", "はい"):
        try:
            set_up(made)
        except BotError as error:  # all the rest works without
            say(error.both())


class _Shown:
    """Progress on standard error: one line that changes at a terminal, else a line a step."""

    def __init__(self) -> None:
        self._changes = sys.stderr.isatty()
        self._last = ""

    def __call__(self, what: str, share: float) -> None:
        if self._changes:
            print(f"\r\033[K{share:4.0%} {what}", end="", file=sys.stderr, flush=True)
        elif what != self._last:
            say(f"{share:4.0%} {what}")
        self._last = what

    def end(self) -> None:
        """Leave the line."""
        if self._changes:
            print(file=sys.stderr, flush=True)
