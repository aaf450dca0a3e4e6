"""Where the lines are kept that were typed at `kaiwa chat`, for the arrow keys to bring back.

A file of the home, which only its owner may read. What forgets the console empties it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from bot.home import placed

CONSOLE = "console"
_NAME = ".kaiwa_history"


def history_file() -> Path:
    """The file; it need not be there."""
    return Path(placed(_NAME))


def forgotten_at_the_console(platform: str) -> None:
    """What was said on a platform was deleted: where it was typed here, these lines go too."""
    if platform == CONSOLE:
        with suppress(FileNotFoundError), open(history_file(), "r+b") as file:
            file.truncate(0)
