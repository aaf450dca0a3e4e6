"""`python -m tests.gpu_check.without PART … -- bench …`: runs `kaiwa` with parts left out.

What each part is worth shows in the same build with and without it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from unittest.mock import patch

from bot.cli import main


def _nothing(*_: object) -> None:
    """Leave everything as it is."""


PARTS: dict[str, tuple[str, Callable[..., None]]] = {
    "products": ("bot.engine.loader.fuse", _nothing),
    "layers": ("bot.engine.loader.fuse_layers", _nothing),
    "rotary": ("bot.engine.cuda.layers.fuse_rotary", _nothing),
    "norms": ("bot.engine.cuda.layers.fuse_norms", _nothing),
    "ahead": ("bot.engine.model_runner.ModelRunner.runs_ahead", _nothing),
}


def run(arguments: Sequence[str], command: Callable[[], object] = main) -> None:
    """Raises KeyError for a part that there is not, SystemExit as the command does."""
    end = list(arguments).index("--")
    for part in arguments[:end]:
        patch(*PARTS[part]).start()
    sys.argv[1:] = arguments[end + 1 :]
    command()


if __name__ == "__main__":
    run(sys.argv[1:])
