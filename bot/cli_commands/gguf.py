"""`kaiwa gguf`: a model as llama.cpp's server reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.command_line import say


def gguf(
    source: Annotated[str, typer.Argument(help="Hub id or folder of a SentencePiece GPT-NeoX")],
    file: Annotated[Path, typer.Argument(help="the file to write")],
    kind: Annotated[
        Literal["q4_0", "q8_0", "bf16", "f16", "f32"],
        typer.Option("--type", help="how weights are stored"),
    ] = "q4_0",
    revision: Annotated[str | None, typer.Option(help="of a Hub id: a branch or commit")] = None,
) -> None:
    """Write a model as a GGUF file, for llama.cpp's server."""
    from bot.app import named
    from bot.engine.gguf_writer.file import write_gguf

    written = write_gguf(named(source), file, kind, revision=revision, on_progress=say)
    say(f"{written.bytes / 1e9:.2f} GB, {written.seconds:.0f} s. llama-server --model")
    print(written.file.absolute())
