"""`kaiwa quantize`: a model in 4 bits, stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line import say


def quantize(
    source: Annotated[str, typer.Argument(help="Hub id or folder of the model")],
    folder: Annotated[Path, typer.Argument(help="where to store the copy")],
    revision: Annotated[str | None, typer.Option(help="of a Hub id: a branch or commit")] = None,
) -> None:
    """Store a 4-bit copy of a model, which later starts need not quantise."""
    from bot.app import named
    from bot.engine.quantize import store_quantized

    copy = store_quantized(named(source), folder, revision=revision, on_progress=say)
    say(
        f"{copy.bytes / 1e9:.2f} GB ({copy.source_bytes / 1e9:.2f} GB before), "
        f"{copy.seconds:.0f} s. [model] id = "
    )
    print(copy.folder.absolute())
