"""One cell is chosen, and written where the bot reads its settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from bot.command_line import say
from bot.config import settings_file, usual_file
from bot.config_edit import assignments, change
from bot.config_file import write
from bot.errors import BotError
from bot.explore.grid import NAMES, Cell

SECTION = "generation"


def cell_of(cells: Sequence[Cell], number: int) -> Cell:
    """The cell with a number. Raises BotError."""
    if not 1 <= number <= len(cells):
        raise BotError(
            f"There is no setting {number}: they are numbered from 1 to {len(cells)}.",
            f"{number}番の設定はありません（1から{len(cells)}まで）。",
        )
    return cells[number - 1]


def ask(cells: Sequence[Cell]) -> Cell | None:
    """The one that somebody at the terminal wants to keep; None where they keep things as they
    are."""
    say("どの番号を残しますか（Enter：このまま）。 / Which number is to be kept? Enter: none")
    while True:
        try:
            answer = input("> ").strip()
        except EOFError:
            answer = ""
        if not answer:
            return None
        try:
            return cell_of(cells, int(answer) if answer.isdecimal() else 0)
        except BotError as error:
            say(error.both())


def lines(cell: Cell) -> list[str]:
    """A cell as it is written into config.toml."""
    return [f"[{SECTION}]", *assignments(cell.values)]


def keep(cell: Cell, config: Path | None) -> Path:
    """Write a cell into the settings' file, which is made where there is none. Raises BotError."""
    file = settings_file(config)
    if file is None:
        file = usual_file()
        write(file, {(SECTION, name): value for name, value in cell.values.items()}, force=False)
    else:
        change(file, SECTION, cell.values)
    return file


def above_it() -> list[str]:
    """The variables of the environment that win over what was written."""
    names = (f"KAIWA_{SECTION}__{name}".upper() for name in NAMES)
    return [name for name in names if os.environ.get(name)]
