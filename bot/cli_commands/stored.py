"""`kaiwa forget`: what is stored, and its end."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.command_line import ConfigOption, read_settings


def forget(
    conversation: Annotated[int | None, typer.Argument(help="id of a conversation")] = None,
    config: ConfigOption = None,
) -> None:
    """Delete a stored conversation for good; without an id, list what is stored."""
    from bot.offline import forget_conversation, stored_conversations

    settings = read_settings(config)
    if conversation is None:
        for line in asyncio.run(stored_conversations(settings)):
            print(line)
    else:
        print(asyncio.run(forget_conversation(settings, conversation)))
