"""The table of the commands of `kaiwa`, and how each of them ends.

A command is a function of a module in bot/cli_commands/ or next to what it is about: it reads
arguments and calls the part that does the work. That part is imported by the command itself, when
it is given: `--help` and a mistake in the settings need none, and are to be told at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.bench.command import bench
from bot.cli_commands.backup import backup, restore
from bot.cli_commands.chat import chat
from bot.cli_commands.check import check
from bot.cli_commands.config import config
from bot.cli_commands.gguf import gguf
from bot.cli_commands.init import init
from bot.cli_commands.move import move
from bot.cli_commands.prompt import prompt
from bot.cli_commands.quantize import quantize
from bot.cli_commands.serve import run, web
from bot.cli_commands.slack import slack
from bot.cli_commands.stats import stats
from bot.cli_commands.stored import export, forget
from bot.cli_commands.version import version
from bot.command_line import fail
from bot.errors import BotError, of_a_file
from bot.explore.command import explore
from bot.home import VARIABLE as HOME
from bot.study_setup import study

# In the order of --help.
COMMANDS = (
    init,
    chat,
    run,
    web,
    stats,
    check,
    config,
    export,
    forget,
    backup,
    restore,
    move,
    prompt,
    explore,
    bench,
    quantize,
    gguf,
)
GROUPS = {
    "study": study,
    "slack": slack,
}

app = typer.Typer(
    help="Kaiwa (会話): a chat bot that talks Japanese and English on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command()(command)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command line; an error that a user can act on is shown without a traceback."""
    try:
        app(prog_name="kaiwa")
    except BotError as error:
        fail(error)
    except OSError as error:
        if error.filename is None:
            raise
        fail(of_a_file(error))
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version())
        raise typer.Exit


@app.callback()
def _prepare(
    home: Annotated[
        Path | None,
        typer.Option(help="folder for config.toml and data; else KAIWA_HOME, else this folder"),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="print and end"),
    ] = False,
) -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    if home is not None:
        os.environ[HOME] = str(home.expanduser().absolute())
