"""`kaiwa chat`: a conversation in this terminal, or through a pipe."""

from __future__ import annotations

import asyncio
import sys
from typing import IO, TYPE_CHECKING, Annotated

import typer

from bot.command_line import ConfigOption, read_settings, say
from bot.input_history import history_file
from bot.study_setup import offer

if TYPE_CHECKING:
    from bot.config import Settings


def chat(
    config: ConfigOption = None,
    conversation: Annotated[str, typer.Option(help="which console conversation")] = "default",
    no_history: Annotated[
        bool, typer.Option("--no-history", help="keep no lines typed, to bring back by arrow keys")
    ] = False,
) -> None:
    """Talk in the terminal; through a pipe, one message a line in, one reply a line out."""
    settings = read_settings(config)
    offer(settings)
    # A file object of our own: the interpreter's may not be in use when it shuts down.
    with open(sys.stdin.fileno(), "rb", closefd=False) as source:
        failed = asyncio.run(_chat(settings, conversation, source, history=not no_history))
    if failed:
        raise SystemExit(1)


async def _chat(settings: Settings, name: str, source: IO[bytes], *, history: bool) -> int:
    """Talk until it is over; how many replies failed that nobody was there to see fail."""
    from adapters import console
    from bot.app import open_app
    from bot.serving import while_engine_serves

    async with open_app(settings, say) as parts:
        key = console.conversation_key(name)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            piped = console.run_pipe(parts.chat, key, source, sys.stdout, sys.stderr)
            return await while_engine_serves(parts.engine.ended, piped)
        from adapters.console_input import InputHistory, kept_in, session

        typed = kept_in(history_file() if history else None)

        async def heed() -> None:  # the wish that nothing be kept
            if isinstance(typed, InputHistory):
                out = await parts.chat.store.opted_out(console.PLATFORM, console.USER)
                typed.keeps = not out

        def forget(platform: str, user: str) -> None:
            if platform == console.PLATFORM and isinstance(typed, InputHistory):
                typed.forget()

        parts.chat.when_forgotten(forget)
        at = session(parts.chat, typed)
        talk = console.run_terminal(parts.chat, key, at, sys.stdout, heed)
        await while_engine_serves(parts.engine.ended, talk)
        return 0
