"""`kaiwa chat`: a conversation in this terminal, or through a pipe."""

from __future__ import annotations

import asyncio
import sys
from typing import IO, TYPE_CHECKING, Annotated

import typer

from bot.command_line import ConfigOption, read_settings, say
from bot.study_setup import offer

if TYPE_CHECKING:
    from bot.config import Settings


def chat(
    config: ConfigOption = None,
    conversation: Annotated[str, typer.Option(help="which console conversation")] = "default",
) -> None:
    """Talk in the terminal; through a pipe, one message a line in, one reply a line out."""
    settings = read_settings(config)
    offer(settings)
    # A file object of our own: the interpreter's may not be in use when it shuts down.
    with open(sys.stdin.fileno(), "rb", closefd=False) as source:
        asyncio.run(_chat(settings, conversation, source))


async def _chat(settings: Settings, name: str, source: IO[bytes]) -> None:
    from adapters import console
    from bot.app import open_app
    from bot.serving import while_engine_serves

    async with open_app(settings, say) as parts:
        key = console.conversation_key(name)
        if sys.stdin.isatty() and sys.stdout.isatty():
            from prompt_toolkit import PromptSession

            talk = console.run_terminal(parts.chat, key, PromptSession(), sys.stdout)
        else:
            talk = console.run_pipe(parts.chat, key, source, sys.stdout)
        await while_engine_serves(parts.engine.ended, talk)
